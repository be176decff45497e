BEGIN TRANSACTION;
CREATE TABLE axnb_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "axnb_schema" VALUES(1);
CREATE TABLE cards (
	experiment_id INTEGER NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	time DATETIME NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (experiment_id, name), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (id)
);
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
INSERT INTO "events" VALUES(1,0,0,'2026-11-30 22:19:10.814359','root',0,'ExperimentConfigured','{"_":"Entry","sequence":0,"action":0,"time":"2026-11-30T22:19:10.814359+00:00","actor":"root","automatic":false,"event":{"_":"ExperimentConfigured","header":{"_":"Header","name":"sample","description":"line\nbreak é <b>","experiment_type":null,"owner":null,"seed":7},"search_space":{"_":"SearchSpace","parameters":[{"_":"RangeParameter","name":"x","lower":0.0,"upper":1.0},{"_":"RangeParameter","name":"n","lower":1,"upper":8,"parameter_type":"int"},{"_":"ChoiceParameter","name":"kind","values":["a","é"],"is_ordered":true}]}}}');
INSERT INTO "events" VALUES(1,1,1,'2026-11-30 22:19:10.816801','root',0,'OptimizationConfigured','{"_":"Entry","sequence":1,"action":1,"time":"2026-11-30T22:19:10.816801+00:00","actor":"root","automatic":false,"event":{"_":"OptimizationConfigured","config":{"_":"OptimizationConfig","objectives":[{"_":"Objective","expression":{"_":"LinearExpression","terms":[["y",-1.0]]}}],"constraints":[{"_":"OutcomeConstraint","expression":{"_":"LinearExpression","terms":[["w",1.0]]},"op":"<=","bound":3.0}]}}}');
INSERT INTO "events" VALUES(1,2,2,'2026-11-30 22:19:10.818112','root',0,'TrialCreated','{"_":"Entry","sequence":2,"action":2,"time":"2026-11-30T22:19:10.818112+00:00","actor":"root","automatic":false,"event":{"_":"TrialCreated","index":0,"arms":[{"_":"Arm","name":"0_0","parameters":[["x",0.5],["n",5],["kind","é"]]}],"provenance":{"_":"Provenance","generator":"Center"}}}');
INSERT INTO "events" VALUES(1,3,3,'2026-11-30 22:19:10.819973','root',0,'DataAttached','{"_":"Entry","sequence":3,"action":3,"time":"2026-11-30T22:19:10.819973+00:00","actor":"root","automatic":false,"event":{"_":"DataAttached","index":0,"rows":[{"_":"Observation","metric":"y","arm_name":"0_0","mean":0.9,"step":1.0}]}}');
INSERT INTO "events" VALUES(1,4,4,'2026-11-30 22:19:10.821365','root',0,'DataAttached','{"_":"Entry","sequence":4,"action":4,"time":"2026-11-30T22:19:10.821365+00:00","actor":"root","automatic":false,"event":{"_":"DataAttached","index":0,"rows":[{"_":"Observation","metric":"y","arm_name":"0_0","mean":0.04000000000000001},{"_":"Observation","metric":"w","arm_name":"0_0","mean":1.5,"sem":0.25}]}}');
INSERT INTO "events" VALUES(1,5,4,'2026-11-30 22:19:10.821365','root',0,'TrialStatusChanged','{"_":"Entry","sequence":5,"action":4,"time":"2026-11-30T22:19:10.821365+00:00","actor":"root","automatic":false,"event":{"_":"TrialStatusChanged","index":0,"status":"COMPLETED"}}');
INSERT INTO "events" VALUES(1,6,6,'2026-11-30 22:19:10.823498','root',0,'TrialCreated','{"_":"Entry","sequence":6,"action":6,"time":"2026-11-30T22:19:10.823498+00:00","actor":"root","automatic":false,"event":{"_":"TrialCreated","index":1,"arms":[{"_":"Arm","name":"1_0","parameters":[["x",0.5063685346394777],["n",1],["kind","a"]]}],"provenance":{"_":"Provenance","generator":"Sobol","position":0,"seconds":[["generate",0.0006774000000859814]]}}}');
INSERT INTO "events" VALUES(1,7,7,'2026-11-30 22:19:10.824530','root',0,'TrialStatusChanged','{"_":"Entry","sequence":7,"action":7,"time":"2026-11-30T22:19:10.824530+00:00","actor":"root","automatic":false,"event":{"_":"TrialStatusChanged","index":1,"status":"FAILED","reason":"broke"}}');
INSERT INTO "events" VALUES(1,8,8,'2026-11-30 22:19:10.826115','root',0,'TrialCreated','{"_":"Entry","sequence":8,"action":8,"time":"2026-11-30T22:19:10.826115+00:00","actor":"root","automatic":false,"event":{"_":"TrialCreated","index":2,"arms":[{"_":"Arm","name":"2_0","parameters":[["x",0.4868526104837656],["n",5],["kind","é"]]}],"provenance":{"_":"Provenance","generator":"Sobol","position":1,"seconds":[["generate",0.0004970009999851754]]}}}');
INSERT INTO "events" VALUES(1,9,9,'2026-11-30 22:19:10.827089','root',0,'DataAttached','{"_":"Entry","sequence":9,"action":9,"time":"2026-11-30T22:19:10.827089+00:00","actor":"root","automatic":false,"event":{"_":"DataAttached","index":2,"rows":[{"_":"Observation","metric":"y","arm_name":"2_0","mean":0.9,"step":1.0}]}}');
INSERT INTO "events" VALUES(1,10,10,'2026-11-30 22:19:10.827989','root',0,'DataAttached','{"_":"Entry","sequence":10,"action":10,"time":"2026-11-30T22:19:10.827989+00:00","actor":"root","automatic":false,"event":{"_":"DataAttached","index":2,"rows":[{"_":"Observation","metric":"y","arm_name":"2_0","mean":0.03491389804459784},{"_":"Observation","metric":"w","arm_name":"2_0","mean":1.5,"sem":0.25}]}}');
INSERT INTO "events" VALUES(1,11,10,'2026-11-30 22:19:10.827989','root',0,'TrialStatusChanged','{"_":"Entry","sequence":11,"action":10,"time":"2026-11-30T22:19:10.827989+00:00","actor":"root","automatic":false,"event":{"_":"TrialStatusChanged","index":2,"status":"COMPLETED"}}');
INSERT INTO "events" VALUES(1,12,12,'2026-11-30 22:19:10.829504','root',0,'TrialCreated','{"_":"Entry","sequence":12,"action":12,"time":"2026-11-30T22:19:10.829504+00:00","actor":"root","automatic":false,"event":{"_":"TrialCreated","index":3,"arms":[{"_":"Arm","name":"3_0","parameters":[["x",0.2263499340042472],["n",4],["kind","a"]]}],"provenance":{"_":"Provenance","generator":"Sobol","position":2,"seconds":[["generate",0.00042305099998429796]]}}}');
INSERT INTO "events" VALUES(1,13,13,'2026-11-30 22:19:10.830578','root',0,'TrialCreated','{"_":"Entry","sequence":13,"action":13,"time":"2026-11-30T22:19:10.830578+00:00","actor":"root","automatic":false,"event":{"_":"TrialCreated","index":4,"arms":[{"_":"Arm","name":"baseline","parameters":[["x",0.25],["n",2],["kind","é"]]}],"provenance":{"_":"Provenance","generator":"Baseline"}}}');
INSERT INTO "events" VALUES(1,14,13,'2026-11-30 22:19:10.830578','root',0,'BaselineSet','{"_":"Entry","sequence":14,"action":13,"time":"2026-11-30T22:19:10.830578+00:00","actor":"root","automatic":false,"event":{"_":"BaselineSet","index":4}}');
INSERT INTO "events" VALUES(1,15,15,'2026-11-30 22:19:10.831700','root',0,'DataAttached','{"_":"Entry","sequence":15,"action":15,"time":"2026-11-30T22:19:10.831700+00:00","actor":"root","automatic":false,"event":{"_":"DataAttached","index":4,"rows":[{"_":"Observation","metric":"y","arm_name":"baseline","mean":0.125},{"_":"Observation","metric":"w","arm_name":"baseline","mean":1.0}]}}');
INSERT INTO "events" VALUES(1,16,15,'2026-11-30 22:19:10.831700','root',0,'TrialStatusChanged','{"_":"Entry","sequence":16,"action":15,"time":"2026-11-30T22:19:10.831700+00:00","actor":"root","automatic":false,"event":{"_":"TrialStatusChanged","index":4,"status":"COMPLETED"}}');
INSERT INTO "events" VALUES(1,17,17,'2026-11-30 22:19:10.832795','root',0,'TrialNoted','{"_":"Entry","sequence":17,"action":17,"time":"2026-11-30T22:19:10.832795+00:00","actor":"root","automatic":false,"event":{"_":"TrialNoted","index":4,"note":"as it was"}}');
INSERT INTO "events" VALUES(1,18,18,'2026-11-30 22:19:10.833607','root',0,'DataAmended','{"_":"Entry","sequence":18,"action":18,"time":"2026-11-30T22:19:10.833607+00:00","actor":"root","automatic":false,"event":{"_":"DataAmended","index":4,"rows":[{"_":"Observation","metric":"y","arm_name":"baseline","mean":0.35}],"before":[{"_":"Observation","metric":"y","arm_name":"baseline","mean":0.125}]}}');
INSERT INTO "events" VALUES(1,19,19,'2026-11-30 22:19:10.834453','root',0,'TrialCreated','{"_":"Entry","sequence":19,"action":19,"time":"2026-11-30T22:19:10.834453+00:00","actor":"root","automatic":false,"event":{"_":"TrialCreated","index":5,"arms":[{"_":"Arm","name":"5_0","parameters":[["x",0.5],["n",3],["kind","a"]]}],"provenance":{"_":"Provenance","generator":"Manual"}}}');
INSERT INTO "events" VALUES(1,20,20,'2026-11-30 22:19:10.835457','root',0,'ActionUndone','{"_":"Entry","sequence":20,"action":20,"time":"2026-11-30T22:19:10.835457+00:00","actor":"root","automatic":false,"event":{"_":"ActionUndone","action":19}}');
INSERT INTO "events" VALUES(1,21,21,'2026-11-30 22:19:10.836167','root',0,'ActionRedone','{"_":"Entry","sequence":21,"action":21,"time":"2026-11-30T22:19:10.836167+00:00","actor":"root","automatic":false,"event":{"_":"ActionRedone","action":19}}');
INSERT INTO "events" VALUES(1,22,22,'2026-11-30 22:19:10.836934','root',0,'ActionUndone','{"_":"Entry","sequence":22,"action":22,"time":"2026-11-30T22:19:10.836934+00:00","actor":"root","automatic":false,"event":{"_":"ActionUndone","action":19}}');
INSERT INTO "events" VALUES(1,23,23,'2026-11-30 22:19:10.837692','root',0,'TrialCreated','{"_":"Entry","sequence":23,"action":23,"time":"2026-11-30T22:19:10.837692+00:00","actor":"root","automatic":false,"event":{"_":"TrialCreated","index":6,"arms":[{"_":"Arm","name":"6_0","parameters":[["x",0.0],["n",1],["kind","a"]]},{"_":"Arm","name":"6_1","parameters":[["x",0.1],["n",2],["kind","a"]]}],"provenance":{"_":"Provenance","generator":"Manual"}}}');
INSERT INTO "events" VALUES(1,24,24,'2026-11-30 22:19:10.838622','root',0,'DataAttached','{"_":"Entry","sequence":24,"action":24,"time":"2026-11-30T22:19:10.838622+00:00","actor":"root","automatic":false,"event":{"_":"DataAttached","index":6,"rows":[{"_":"Observation","metric":"y","arm_name":"6_0","mean":0.5,"sem":0.1},{"_":"Observation","metric":"w","arm_name":"6_0","mean":0.5,"sem":0.1},{"_":"Observation","metric":"y","arm_name":"6_1","mean":1.5,"sem":0.1},{"_":"Observation","metric":"w","arm_name":"6_1","mean":1.5,"sem":0.1}]}}');
INSERT INTO "events" VALUES(1,25,24,'2026-11-30 22:19:10.838622','root',0,'TrialStatusChanged','{"_":"Entry","sequence":25,"action":24,"time":"2026-11-30T22:19:10.838622+00:00","actor":"root","automatic":false,"event":{"_":"TrialStatusChanged","index":6,"status":"COMPLETED"}}');
CREATE TABLE experiments (
	id INTEGER NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	created DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "experiments" VALUES(1,'sample','2026-11-30 22:19:10.814553');
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
	note TEXT, 
	time_created DATETIME, 
	time_completed DATETIME, 
	PRIMARY KEY (experiment_id, trial_index), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (id)
);
INSERT INTO "trials" VALUES(1,0,'0_0','COMPLETED',NULL,'Center','{"x": 0.5, "n": 5, "kind": "é"}',NULL,'2026-11-30 22:19:10.818112','2026-11-30 22:19:10.821365');
INSERT INTO "trials" VALUES(1,1,'1_0','FAILED','broke','Sobol','{"x": 0.5063685346394777, "n": 1, "kind": "a"}',NULL,'2026-11-30 22:19:10.823498','2026-11-30 22:19:10.824530');
INSERT INTO "trials" VALUES(1,2,'2_0','COMPLETED',NULL,'Sobol','{"x": 0.4868526104837656, "n": 5, "kind": "é"}',NULL,'2026-11-30 22:19:10.826115','2026-11-30 22:19:10.827989');
INSERT INTO "trials" VALUES(1,3,'3_0','RUNNING',NULL,'Sobol','{"x": 0.2263499340042472, "n": 4, "kind": "a"}',NULL,'2026-11-30 22:19:10.829504',NULL);
INSERT INTO "trials" VALUES(1,4,'baseline','COMPLETED',NULL,'Baseline','{"x": 0.25, "n": 2, "kind": "é"}','as it was','2026-11-30 22:19:10.830578','2026-11-30 22:19:10.831700');
INSERT INTO "trials" VALUES(1,6,'6_0','COMPLETED',NULL,'Manual','{"x": 0.0, "n": 1, "kind": "a"}',NULL,'2026-11-30 22:19:10.837692','2026-11-30 22:19:10.838622');
CREATE INDEX observations_of_trial ON observations (experiment_id, trial_index);
COMMIT;
