import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../widgets/static/rpc.js";
import { FakeModel, refusal, settle } from "./page.js";

test("a call is answered with its value", async () => {
  const model = new FakeModel((method, params) => [method, params]);
  assert.deepEqual(await connect(model).call("echo", { x: 1 }), ["echo", { x: 1 }]);
});

test("an error keeps its words, its kind and its fields", async () => {
  const model = new FakeModel(() => {
    throw refusal("trial 7 is completed.", { "mean a": "Enter a number." }, "TrialMutationError");
  });
  await assert.rejects(connect(model).call("complete"), (error) => {
    assert.equal(error.message, "trial 7 is completed.");
    assert.equal(error.kind, "TrialMutationError");
    assert.deepEqual(error.fields, { "mean a": "Enter a number." });
    return true;
  });
});

test("answers find their calls in any order", async () => {
  const model = new FakeModel((method, params) => new Promise((resolve) => setTimeout(() => resolve(params.n), params.wait)));
  const connection = connect(model);
  const calls = [connection.call("a", { n: 1, wait: 20 }), connection.call("a", { n: 2, wait: 0 }), connection.call("a", { n: 3, wait: 10 })];
  assert.deepEqual(await Promise.all(calls), [1, 2, 3]);
});

test("two pages on one kernel never take each other's answers", async () => {
  const ids = new Set();
  for (let each = 0; each < 20; each += 1) {
    const model = new FakeModel();
    await connect(model).call("x");
    ids.add(model.sent[0].id);
  }
  assert.equal(ids.size, 20);
});

test("damaged messages are ignored", async () => {
  const model = new FakeModel();
  const connection = connect(model);
  for (const damaged of [undefined, null, 3, "x", [], {}, { re: "nobody" }, { news: 3 }]) model.tell(damaged);
  assert.equal(await connection.call("x"), null);
});

test("news reach those who listen, until they stop", () => {
  const model = new FakeModel();
  const seen = [];
  const until = new AbortController();
  const connection = connect(model);
  connection.on("rows", (news) => seen.push(news.version), until.signal);
  model.tell({ news: "rows", version: 1 });
  model.tell({ news: "other", version: 2 });
  until.abort();
  model.tell({ news: "rows", version: 3 });
  assert.deepEqual(seen, [1]);
});

test("losing the kernel rejects what waits and what comes after", async () => {
  const model = new FakeModel(() => new Promise(() => {}));
  const connection = connect(model);
  const seen = [];
  connection.on("gone", (news) => seen.push(news.error));
  const waiting = connection.call("x");
  model.trigger("comm_live_update");
  await assert.rejects(waiting, /Run the cell again/);
  await assert.rejects(connection.call("x"), /Run the cell again/);
  await settle();
  assert.equal(seen.length, 1);
  assert.equal(model.sent.length, 1);
});

test("a request without an answer is followed by nudges, ever more seldom, until it is answered", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let answer = () => {};
  const model = new FakeModel((method) => method && new Promise((resolve) => (answer = resolve)));
  const call = connect(model).call("suggest");
  await Promise.resolve(); // the fake kernel looks at it now
  const nudges = () => model.sent.filter((message) => "nudge" in message).length;
  context.mock.timers.tick(1400);
  assert.equal(nudges(), 0);
  context.mock.timers.tick(200);
  assert.equal(nudges(), 1);
  context.mock.timers.tick(3000);
  assert.equal(nudges(), 2);
  assert.equal(model.sent.filter((message) => message.method === "suggest").length, 1);
  answer("done");
  assert.equal(await call, "done");
  context.mock.timers.tick(600_000);
  assert.equal(nudges(), 2);
});
