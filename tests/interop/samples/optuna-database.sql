BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'one');
INSERT INTO "studies" VALUES(2,'two');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MINIMIZE',1,0);
INSERT INTO "study_directions" VALUES(2,'MINIMIZE',2,0);
INSERT INTO "study_directions" VALUES(3,'MAXIMIZE',2,1);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_system_attributes" VALUES(1,2,'study:metric_names','["loss", "acc"]');
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,1,0,1.57585358599847236149e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,1,1,2.57585358599847236149e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(3,1,2,3.57585358599847236149e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(4,2,0,3.363956030978175471e-02,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(5,2,1,1.03363956030978165756e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(6,2,2,2.03363956030978165756e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(7,3,0,6.67776867624645404947e+01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(8,3,1,6.77776867624645404939e+01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(9,3,2,6.8777686762464540493e+01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(10,4,0,4.11472163223861,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,4,1,5.11472163223861,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,4,2,6.11472163223861,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(13,5,0,7.08812440111572357199e+01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(14,5,1,7.1881244011157235719e+01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(15,5,2,7.28812440111572357182e+01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(16,6,0,1.73347341265619303563e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(17,6,1,2.73347341265619281358e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(18,6,2,3.73347341265619281358e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(19,7,0,22.3320121432203,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(20,7,1,23.3320121432203,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(21,7,2,24.3320121432203,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(22,8,0,2.95290850142863048333e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(23,8,1,3.95290850142863048333e+00,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(24,8,2,4.95290850142863092742e+00,'FINITE');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'x',1.25533007053861034307e+00,'{"name": "FloatDistribution", "attributes": {"step": null, "low": -5.0, "high": 10.0, "log": false}}');
INSERT INTO "trial_params" VALUES(2,1,'lr',7.60848123371479258258e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(3,1,'layers',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(4,1,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(5,1,'drop',0.0,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(6,1,'momentum',1.86260211377670903409e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(7,2,'x',1.8341090564571604915e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": -5.0, "high": 10.0, "log": false}}');
INSERT INTO "trial_params" VALUES(8,2,'lr',3.86429165355264944876e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(9,2,'layers',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(10,2,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(11,2,'drop',0.1,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(12,3,'x',8.17176154586418,'{"name": "FloatDistribution", "attributes": {"step": null, "low": -5.0, "high": 10.0, "log": false}}');
INSERT INTO "trial_params" VALUES(13,3,'lr',1.28691651078150220022e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(14,3,'layers',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(15,3,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(16,3,'drop',0.0,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(17,4,'x',-2.02847766372681803659e+00,'{"name": "FloatDistribution", "attributes": {"step": null, "low": -5.0, "high": 10.0, "log": false}}');
INSERT INTO "trial_params" VALUES(18,4,'lr',1.59579931642129663194e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(19,4,'layers',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(20,4,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(21,4,'drop',0.5,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(22,5,'x',8.41909995255771,'{"name": "FloatDistribution", "attributes": {"step": null, "low": -5.0, "high": 10.0, "log": false}}');
INSERT INTO "trial_params" VALUES(23,5,'lr',2.18865266574654277007e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(24,5,'layers',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(25,5,'kind',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(26,5,'drop',0.0,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(27,6,'x',1.31661437507578238381e+00,'{"name": "FloatDistribution", "attributes": {"step": null, "low": -5.0, "high": 10.0, "log": false}}');
INSERT INTO "trial_params" VALUES(28,6,'lr',6.78512918199478676228e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(29,6,'layers',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(30,6,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(31,6,'drop',0.4,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(32,6,'momentum',8.34625671897372911622e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(33,7,'x',-4.72567583983712324879e+00,'{"name": "FloatDistribution", "attributes": {"step": null, "low": -5.0, "high": 10.0, "log": false}}');
INSERT INTO "trial_params" VALUES(34,7,'lr',1.00133007352814790841e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(35,7,'layers',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(36,7,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(37,7,'drop',0.4,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(38,7,'momentum',1.03226006577642026584e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(39,8,'x',1.7184028926385774838e+00,'{"name": "FloatDistribution", "attributes": {"step": null, "low": -5.0, "high": 10.0, "log": false}}');
INSERT INTO "trial_params" VALUES(40,8,'lr',4.30905475187431316608e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}');
INSERT INTO "trial_params" VALUES(41,8,'layers',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}');
INSERT INTO "trial_params" VALUES(42,8,'kind',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam"]}}');
INSERT INTO "trial_params" VALUES(43,8,'drop',0.0,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}');
INSERT INTO "trial_params" VALUES(44,8,'momentum',0.678835532939891,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(45,10,'a',0.417022004702574,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(46,10,'b',4.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 0, "high": 5}}');
INSERT INTO "trial_params" VALUES(47,11,'a',1.1437481734488663676e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(48,11,'b',1.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 0, "high": 5}}');
INSERT INTO "trial_params" VALUES(49,12,'a',1.46755890817113043844e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(50,12,'b',0.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 0, "high": 5}}');
INSERT INTO "trial_params" VALUES(51,13,'a',1.86260211377670903409e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(52,13,'b',2.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 0, "high": 5}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,9,'fixed_params','{"x": 1.0, "lr": 0.001, "layers": 2, "kind": "adam", "drop": 0.2}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,1,'note','"seen <b>"');
INSERT INTO "trial_user_attributes" VALUES(2,2,'note','"seen <b>"');
INSERT INTO "trial_user_attributes" VALUES(3,3,'note','"seen <b>"');
INSERT INTO "trial_user_attributes" VALUES(4,6,'note','"seen <b>"');
INSERT INTO "trial_user_attributes" VALUES(5,7,'note','"seen <b>"');
INSERT INTO "trial_user_attributes" VALUES(6,8,'note','"seen <b>"');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,-5.42848440232895246282e-01,'FINITE');
INSERT INTO "trial_values" VALUES(2,2,0,-3.37929054276753859653e+00,'FINITE');
INSERT INTO "trial_values" VALUES(3,3,0,6.18872371352562424809e+01,'FINITE');
INSERT INTO "trial_values" VALUES(4,4,0,6.11472163223861,'FINITE');
INSERT INTO "trial_values" VALUES(5,6,0,5.65031533258201212888e-01,'FINITE');
INSERT INTO "trial_values" VALUES(6,7,0,2.03325894030001705923e+01,'FINITE');
INSERT INTO "trial_values" VALUES(7,8,0,1.58729051380101315871e+00,'FINITE');
INSERT INTO "trial_values" VALUES(8,10,0,0.417022004702574,'FINITE');
INSERT INTO "trial_values" VALUES(9,10,1,4.0,'FINITE');
INSERT INTO "trial_values" VALUES(10,11,0,1.1437481734488663676e-04,'FINITE');
INSERT INTO "trial_values" VALUES(11,11,1,1.0,'FINITE');
INSERT INTO "trial_values" VALUES(12,12,0,1.46755890817113043844e-01,'FINITE');
INSERT INTO "trial_values" VALUES(13,12,1,0.0,'FINITE');
INSERT INTO "trial_values" VALUES(14,13,0,1.86260211377670903409e-01,'FINITE');
INSERT INTO "trial_values" VALUES(15,13,1,2.0,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-12-01 02:28:42.700979','2026-12-01 02:28:42.730432');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-12-01 02:28:42.736448','2026-12-01 02:28:42.752085');
INSERT INTO "trials" VALUES(3,2,1,'COMPLETE','2026-12-01 02:28:42.755983','2026-12-01 02:28:42.771474');
INSERT INTO "trials" VALUES(4,3,1,'PRUNED','2026-12-01 02:28:42.775092','2026-12-01 02:28:42.789022');
INSERT INTO "trials" VALUES(5,4,1,'FAIL','2026-12-01 02:28:42.792626','2026-12-01 02:28:42.806254');
INSERT INTO "trials" VALUES(6,5,1,'COMPLETE','2026-12-01 02:28:42.809379','2026-12-01 02:28:42.826127');
INSERT INTO "trials" VALUES(7,6,1,'COMPLETE','2026-12-01 02:28:42.829790','2026-12-01 02:28:42.846243');
INSERT INTO "trials" VALUES(8,7,1,'COMPLETE','2026-12-01 02:28:42.849697','2026-12-01 02:28:42.866282');
INSERT INTO "trials" VALUES(9,8,1,'RUNNING','2026-12-01 02:28:42.873722',NULL);
INSERT INTO "trials" VALUES(10,0,2,'COMPLETE','2026-12-01 02:28:42.947328','2026-12-01 02:28:42.960132');
INSERT INTO "trials" VALUES(11,1,2,'COMPLETE','2026-12-01 02:28:42.965922','2026-12-01 02:28:42.973246');
INSERT INTO "trials" VALUES(12,2,2,'COMPLETE','2026-12-01 02:28:42.977158','2026-12-01 02:28:42.984191');
INSERT INTO "trials" VALUES(13,3,2,'COMPLETE','2026-12-01 02:28:42.987469','2026-12-01 02:28:42.994106');
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
COMMIT;