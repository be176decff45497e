BEGIN TRANSACTION;
CREATE TABLE axnb_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "axnb_schema" VALUES(2);
CREATE TABLE cards (
	experiment_id INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	time DATETIME NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (experiment_id, name), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (id)
);
INSERT INTO "cards" VALUES(1,'Greeting','2026-11-30 22:19:02.642125','{"name":"Greeting","title":"Hello","subtitle":"","time":"2026-11-30T22:19:02.641408+00:00","kind":"card","table":"{\"schema\":{\"fields\":[],\"pandas_version\":\"1.4.0\"},\"data\":[]}","figure":null,"markdown":null}');
CREATE TABLE events (
	experiment_id INTEGER NOT NULL, 
	sequence INTEGER NOT NULL, 
	action INTEGER NOT NULL, 
	time DATETIME NOT NULL, 
	actor TEXT NOT NULL, 
	automatic BOOLEAN NOT NULL, 
	kind VARCHAR(100) NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (experiment_id, sequence), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (id)
);
INSERT INTO "events" VALUES(1,0,0,'2026-11-30 22:19:02.615573','root',0,'ExperimentConfigured','{"sequence":0,"action":0,"time":"2026-11-30T22:19:02.615573Z","actor":"root","event":{"_":"ExperimentConfigured","header":{"name":"sample","description":"line\nbreak é <b>","experiment_type":null,"owner":null,"seed":7},"search_space":{"parameters":[{"_":"RangeParameter","name":"x","lower":0.0,"upper":1.0},{"_":"RangeParameter","name":"n","lower":1,"upper":8,"parameter_type":"int"},{"_":"ChoiceParameter","name":"kind","values":["a","é"],"is_ordered":true}]}}}');
INSERT INTO "events" VALUES(1,1,1,'2026-11-30 22:19:02.618048','root',0,'OptimizationConfigured','{"sequence":1,"action":1,"time":"2026-11-30T22:19:02.618048Z","actor":"root","event":{"_":"OptimizationConfigured","config":{"objectives":[{"expression":{"terms":{"y":-1.0}}}],"constraints":[{"expression":{"terms":{"w":1.0}},"op":"<=","bound":3.0}]}}}');
INSERT INTO "events" VALUES(1,2,2,'2026-11-30 22:19:02.619469','root',0,'TrialCreated','{"sequence":2,"action":2,"time":"2026-11-30T22:19:02.619469Z","actor":"root","event":{"_":"TrialCreated","index":0,"arms":[{"name":"0_0","parameters":{"x":0.5,"n":5,"kind":"é"}}],"provenance":{"generator":"Center"}}}');
INSERT INTO "events" VALUES(1,3,3,'2026-11-30 22:19:02.621298','root',0,'DataAttached','{"sequence":3,"action":3,"time":"2026-11-30T22:19:02.621298Z","actor":"root","event":{"_":"DataAttached","index":0,"rows":[{"metric":"y","arm_name":"0_0","mean":0.9,"step":1.0}]}}');
INSERT INTO "events" VALUES(1,4,4,'2026-11-30 22:19:02.622605','root',0,'DataAttached','{"sequence":4,"action":4,"time":"2026-11-30T22:19:02.622605Z","actor":"root","event":{"_":"DataAttached","index":0,"rows":[{"metric":"y","arm_name":"0_0","mean":0.04000000000000001},{"metric":"w","arm_name":"0_0","mean":1.5,"sem":0.25}]}}');
INSERT INTO "events" VALUES(1,5,4,'2026-11-30 22:19:02.622605','root',0,'TrialStatusChanged','{"sequence":5,"action":4,"time":"2026-11-30T22:19:02.622605Z","actor":"root","event":{"_":"TrialStatusChanged","index":0,"status":"COMPLETED"}}');
INSERT INTO "events" VALUES(1,6,6,'2026-11-30 22:19:02.624910','root',0,'TrialCreated','{"sequence":6,"action":6,"time":"2026-11-30T22:19:02.624910Z","actor":"root","event":{"_":"TrialCreated","index":1,"arms":[{"name":"1_0","parameters":{"x":0.5063685346394777,"n":1,"kind":"a"}}],"provenance":{"generator":"Sobol","position":0,"seconds":{"generate":0.000635808}}}}');
INSERT INTO "events" VALUES(1,7,7,'2026-11-30 22:19:02.625876','root',0,'TrialStatusChanged','{"sequence":7,"action":7,"time":"2026-11-30T22:19:02.625876Z","actor":"root","event":{"_":"TrialStatusChanged","index":1,"status":"FAILED","reason":"broke"}}');
INSERT INTO "events" VALUES(1,8,8,'2026-11-30 22:19:02.627589','root',0,'TrialCreated','{"sequence":8,"action":8,"time":"2026-11-30T22:19:02.627589Z","actor":"root","event":{"_":"TrialCreated","index":2,"arms":[{"name":"2_0","parameters":{"x":0.4868526104837656,"n":5,"kind":"é"}}],"provenance":{"generator":"Sobol","position":1,"seconds":{"generate":0.000519815}}}}');
INSERT INTO "events" VALUES(1,9,9,'2026-11-30 22:19:02.628534','root',0,'DataAttached','{"sequence":9,"action":9,"time":"2026-11-30T22:19:02.628534Z","actor":"root","event":{"_":"DataAttached","index":2,"rows":[{"metric":"y","arm_name":"2_0","mean":0.9,"step":1.0}]}}');
INSERT INTO "events" VALUES(1,10,10,'2026-11-30 22:19:02.629444','root',0,'DataAttached','{"sequence":10,"action":10,"time":"2026-11-30T22:19:02.629444Z","actor":"root","event":{"_":"DataAttached","index":2,"rows":[{"metric":"y","arm_name":"2_0","mean":0.03491389804459784},{"metric":"w","arm_name":"2_0","mean":1.5,"sem":0.25}]}}');
INSERT INTO "events" VALUES(1,11,10,'2026-11-30 22:19:02.629444','root',0,'TrialStatusChanged','{"sequence":11,"action":10,"time":"2026-11-30T22:19:02.629444Z","actor":"root","event":{"_":"TrialStatusChanged","index":2,"status":"COMPLETED"}}');
INSERT INTO "events" VALUES(1,12,12,'2026-11-30 22:19:02.631095','root',0,'TrialCreated','{"sequence":12,"action":12,"time":"2026-11-30T22:19:02.631095Z","actor":"root","event":{"_":"TrialCreated","index":3,"arms":[{"name":"3_0","parameters":{"x":0.2263499340042472,"n":4,"kind":"a"}}],"provenance":{"generator":"Sobol","position":2,"seconds":{"generate":0.000517242}}}}');
INSERT INTO "events" VALUES(1,13,13,'2026-11-30 22:19:02.632045','root',0,'TrialCreated','{"sequence":13,"action":13,"time":"2026-11-30T22:19:02.632045Z","actor":"root","event":{"_":"TrialCreated","index":4,"arms":[{"name":"baseline","parameters":{"x":0.25,"n":2,"kind":"é"}}],"provenance":{"generator":"Baseline"}}}');
INSERT INTO "events" VALUES(1,14,13,'2026-11-30 22:19:02.632045','root',0,'BaselineSet','{"sequence":14,"action":13,"time":"2026-11-30T22:19:02.632045Z","actor":"root","event":{"_":"BaselineSet","index":4}}');
INSERT INTO "events" VALUES(1,15,15,'2026-11-30 22:19:02.632972','root',0,'DataAttached','{"sequence":15,"action":15,"time":"2026-11-30T22:19:02.632972Z","actor":"root","event":{"_":"DataAttached","index":4,"rows":[{"metric":"y","arm_name":"baseline","mean":0.125},{"metric":"w","arm_name":"baseline","mean":1.0}]}}');
INSERT INTO "events" VALUES(1,16,15,'2026-11-30 22:19:02.632972','root',0,'TrialStatusChanged','{"sequence":16,"action":15,"time":"2026-11-30T22:19:02.632972Z","actor":"root","event":{"_":"TrialStatusChanged","index":4,"status":"COMPLETED"}}');
INSERT INTO "events" VALUES(1,17,17,'2026-11-30 22:19:02.633896','root',0,'TrialNoted','{"sequence":17,"action":17,"time":"2026-11-30T22:19:02.633896Z","actor":"root","event":{"_":"TrialNoted","index":4,"note":"as it was"}}');
INSERT INTO "events" VALUES(1,18,18,'2026-11-30 22:19:02.634784','root',0,'DataAmended','{"sequence":18,"action":18,"time":"2026-11-30T22:19:02.634784Z","actor":"root","event":{"_":"DataAmended","index":4,"rows":[{"metric":"y","arm_name":"baseline","mean":0.35}],"before":[{"metric":"y","arm_name":"baseline","mean":0.125}]}}');
INSERT INTO "events" VALUES(1,19,19,'2026-11-30 22:19:02.635782','root',0,'TrialCreated','{"sequence":19,"action":19,"time":"2026-11-30T22:19:02.635782Z","actor":"root","event":{"_":"TrialCreated","index":5,"arms":[{"name":"5_0","parameters":{"x":0.5,"n":3,"kind":"a"}}],"provenance":{"generator":"Manual"}}}');
INSERT INTO "events" VALUES(1,20,20,'2026-11-30 22:19:02.636683','root',0,'ActionUndone','{"sequence":20,"action":20,"time":"2026-11-30T22:19:02.636683Z","actor":"root","event":{"_":"ActionUndone","action":19}}');
INSERT INTO "events" VALUES(1,21,21,'2026-11-30 22:19:02.637419','root',0,'ActionRedone','{"sequence":21,"action":21,"time":"2026-11-30T22:19:02.637419Z","actor":"root","event":{"_":"ActionRedone","action":19}}');
INSERT INTO "events" VALUES(1,22,22,'2026-11-30 22:19:02.638173','root',0,'ActionUndone','{"sequence":22,"action":22,"time":"2026-11-30T22:19:02.638173Z","actor":"root","event":{"_":"ActionUndone","action":19}}');
INSERT INTO "events" VALUES(1,23,23,'2026-11-30 22:19:02.638967','root',0,'TrialCreated','{"sequence":23,"action":23,"time":"2026-11-30T22:19:02.638967Z","actor":"root","event":{"_":"TrialCreated","index":6,"arms":[{"name":"6_0","parameters":{"x":0.0,"n":1,"kind":"a"}},{"name":"6_1","parameters":{"x":0.1,"n":2,"kind":"a"}}],"provenance":{"generator":"Manual"}}}');
INSERT INTO "events" VALUES(1,24,24,'2026-11-30 22:19:02.639737','root',1,'TrialRunStarted','{"sequence":24,"action":24,"time":"2026-11-30T22:19:02.639737Z","actor":"root","event":{"_":"TrialRunStarted","index":6,"metadata":{"job":"\"q1\""}},"automatic":true}');
INSERT INTO "events" VALUES(1,25,25,'2026-11-30 22:19:02.640503','root',0,'DataAttached','{"sequence":25,"action":25,"time":"2026-11-30T22:19:02.640503Z","actor":"root","event":{"_":"DataAttached","index":6,"rows":[{"metric":"y","arm_name":"6_0","mean":0.5,"sem":0.1},{"metric":"w","arm_name":"6_0","mean":0.5,"sem":0.1},{"metric":"y","arm_name":"6_1","mean":1.5,"sem":0.1},{"metric":"w","arm_name":"6_1","mean":1.5,"sem":0.1}]}}');
INSERT INTO "events" VALUES(1,26,25,'2026-11-30 22:19:02.640503','root',0,'TrialStatusChanged','{"sequence":26,"action":25,"time":"2026-11-30T22:19:02.640503Z","actor":"root","event":{"_":"TrialStatusChanged","index":6,"status":"COMPLETED"}}');
CREATE TABLE experiments (
	id INTEGER NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	created DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "experiments" VALUES(1,'sample','2026-11-30 22:19:02.615701');
CREATE TABLE observations (
	id INTEGER NOT NULL, 
	experiment_id INTEGER NOT NULL, 
	trial_index INTEGER NOT NULL, 
	arm_name TEXT NOT NULL, 
	metric TEXT NOT NULL, 
	step FLOAT, 
	mean FLOAT NOT NULL, 
	sem FLOAT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (id)
);
INSERT INTO "observations" VALUES(1,1,0,'0_0','y',1.0,0.9,NULL);
INSERT INTO "observations" VALUES(2,1,0,'0_0','y',NULL,4.00000000000000077715e-02,NULL);
INSERT INTO "observations" VALUES(3,1,0,'0_0','w',NULL,1.5,0.25);
INSERT INTO "observations" VALUES(4,1,2,'2_0','y',1.0,0.9,NULL);
INSERT INTO "observations" VALUES(5,1,2,'2_0','y',NULL,3.49138980445978380773e-02,NULL);
INSERT INTO "observations" VALUES(6,1,2,'2_0','w',NULL,1.5,0.25);
INSERT INTO "observations" VALUES(7,1,4,'baseline','w',NULL,1.0,NULL);
INSERT INTO "observations" VALUES(8,1,4,'baseline','y',NULL,0.35,NULL);
INSERT INTO "observations" VALUES(9,1,6,'6_0','y',NULL,0.5,0.1);
INSERT INTO "observations" VALUES(10,1,6,'6_0','w',NULL,0.5,0.1);
INSERT INTO "observations" VALUES(11,1,6,'6_1','y',NULL,1.5,0.1);
INSERT INTO "observations" VALUES(12,1,6,'6_1','w',NULL,1.5,0.1);
CREATE TABLE trials (
	experiment_id INTEGER NOT NULL, 
	trial_index INTEGER NOT NULL, 
	arm_name TEXT NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	status_reason TEXT, 
	generator TEXT NOT NULL, 
	parameters TEXT NOT NULL, 
	run_metadata TEXT, 
	note TEXT, 
	time_created DATETIME, 
	time_completed DATETIME, 
	PRIMARY KEY (experiment_id, trial_index), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (id)
);
INSERT INTO "trials" VALUES(1,0,'0_0','COMPLETED',NULL,'Center','{"x": 0.5, "n": 5, "kind": "é"}',NULL,NULL,'2026-11-30 22:19:02.619469','2026-11-30 22:19:02.622605');
INSERT INTO "trials" VALUES(1,1,'1_0','FAILED','broke','Sobol','{"x": 0.5063685346394777, "n": 1, "kind": "a"}',NULL,NULL,'2026-11-30 22:19:02.624910','2026-11-30 22:19:02.625876');
INSERT INTO "trials" VALUES(1,2,'2_0','COMPLETED',NULL,'Sobol','{"x": 0.4868526104837656, "n": 5, "kind": "é"}',NULL,NULL,'2026-11-30 22:19:02.627589','2026-11-30 22:19:02.629444');
INSERT INTO "trials" VALUES(1,3,'3_0','RUNNING',NULL,'Sobol','{"x": 0.2263499340042472, "n": 4, "kind": "a"}',NULL,NULL,'2026-11-30 22:19:02.631095',NULL);
INSERT INTO "trials" VALUES(1,4,'baseline','COMPLETED',NULL,'Baseline','{"x": 0.25, "n": 2, "kind": "é"}',NULL,'as it was','2026-11-30 22:19:02.632045','2026-11-30 22:19:02.632972');
INSERT INTO "trials" VALUES(1,6,'6_0','COMPLETED',NULL,'Manual','{"x": 0.0, "n": 1, "kind": "a"}','{"job": "q1"}',NULL,'2026-11-30 22:19:02.638967','2026-11-30 22:19:02.640503');
CREATE INDEX observations_of_trial ON observations (experiment_id, trial_index);
COMMIT;
