import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import makeBoard from "../../../widgets/static/board/board.js";
import { FakeModel, button, click, page, press, refusal, settle } from "../page.js";

const NASTY = "<img src=x onerror=alert(1)>";

let body;
let views;
beforeEach(() => {
  body = page();
  views = new AbortController();
});
afterEach(() => views.abort());

function row(trial, more = {}) {
  const open = { status: "running", word: "Running", actions: ["complete", "fail", "abandon"] };
  return { trial, origin: "Sobol", best: "", values: [{ text: "0.500" }, { text: "relu" }], results: [null], reason: "", ...open, ...more };
}

const done = (trial, text = "0.93") => row(trial, { status: "completed", word: "Completed", actions: [], results: [{ text, sem: "0.01", exact: "0.9312" }] });

function snapshot(count, more = {}) {
  const rows = Array.from({ length: count }, (_, trial) => row(trial));
  return {
    version: 1,
    header: { name: "Demo", goal: "Maximise accuracy", best: "", counts: [{ status: "running", word: "Running", count }], undo: "trial 2 suggested", redo: "", configured: true, kept: true, most: 10000 },
    spans: count ? [[count - 1, 0]] : [],
    total: count,
    arrangement: { sort: "", descending: false, statuses: [], text: "", ranges: {}, among: null },
    layout: { hidden: [], shown: [], order: [], widths: {}, panel: "" },
    histograms: {},
    extents: [[5, 3, 0], [4, 0, 0], [4, 2, 4]],
    columns: {
      parameters: [
        { name: "x", note: "0 – 1", number: true, control: "number", whole: false, hint: "A number in [0, 1]" },
        { name: "kind", note: "2 choices", number: false, control: "choice", options: ["relu", "tanh"] },
        { name: "epochs", note: "fixed", number: true, control: "fixed", text: "10" },
      ].slice(0, 2),
      metrics: [{ name: "accuracy", note: "↑ maximise", needed: true }],
    },
    rows,
    ...more,
  };
}

/** Shows a board on a kernel that knows these answers. */
async function show(state, answers = {}) {
  const model = new FakeModel((method, params) => {
    if (method === "state") return state;
    const answer = answers[method];
    return typeof answer === "function" ? answer(params) : (answer ?? { text: "" });
  });
  const widget = makeBoard();
  widget.initialize({ model, signal: views.signal });
  const el = document.createElement("div");
  body.append(el);
  widget.render({ model, el, signal: views.signal });
  await settle();
  return { model, el, widget };
}

const line = (el, trial) => el.querySelector(`tr[data-trial="${trial}"]`);
const cell = (el, trial, key) => line(el, trial).querySelector(`[data-key="${key}"]`);
const said = (el) => el.querySelector('[role="status"]').textContent;
const alerts = (el) => [...el.querySelectorAll('[role="alert"]')].map((each) => each.textContent).filter(Boolean);
const news = (model, rows, more = {}) => {
  const { header, spans, extents, total, arrangement } = snapshot(3);
  model.tell({ news: "rows", version: 2, header, spans, extents, total, arrangement, histograms: {}, rows, ...more });
};

test("each trial is a row, the newest first, with status, origin, values and results", async () => {
  const { el } = await show(snapshot(2, { rows: [done(0), row(1)] }));
  const rows = [...el.querySelectorAll("tr[data-trial]")].map((each) => each.dataset.trial);
  assert.deepEqual(rows, ["1", "0"]);
  const texts = [...line(el, 0).cells].map((each) => each.textContent);
  assert.deepEqual(texts, ["0", "Completed", "Sobol", "0.500", "relu", "0.93 ± 0.01", ""]);
  assert.equal(cell(el, 0, "m0").title, "0.9312");
  assert.ok(cell(el, 0, "status").querySelector("svg.axnb-status-completed"));
});

test("the grid tells a screen reader its size and each control its trial", async () => {
  const { el } = await show(snapshot(3));
  const grid = el.querySelector('[role="grid"]');
  assert.equal(grid.getAttribute("aria-rowcount"), "4");
  assert.equal(line(el, 2).getAttribute("aria-rowindex"), "2");
  for (const name of ["Complete trial 2", "Fail trial 2", "Abandon trial 2"]) assert.ok(button(el, name), name);
  for (const control of el.querySelectorAll("button, input, select")) {
    const name = control.getAttribute("aria-label") ?? control.textContent.trim();
    assert.ok(name, control.outerHTML);
  }
});

test("whatever the experiment holds appears as text", async () => {
  const state = snapshot(1, { rows: [row(0, { origin: NASTY, word: NASTY, best: NASTY, reason: NASTY, actions: [], values: [{ text: NASTY, exact: NASTY }, { text: NASTY }] })] });
  state.header = { ...state.header, name: NASTY, goal: NASTY, best: NASTY, undo: NASTY, counts: [{ status: NASTY, word: NASTY, count: 1 }] };
  state.columns.parameters[0].name = NASTY;
  state.columns.parameters[1].options = [NASTY, "b"];
  state.columns.metrics[0] = { name: NASTY, note: NASTY, needed: true };
  const { el, model } = await show(state, { undo: () => { throw refusal(NASTY); } });
  click(button(el, "Add trial"));
  click(button(el, `Undo: ${NASTY}`));
  await settle();
  assert.equal(el.querySelectorAll("img").length, 0);
  assert.deepEqual(alerts(el), [NASTY]);
  assert.equal(el.querySelector(".axnb-name").textContent, NASTY);
  assert.ok(model.calls("undo").length);
});

test("of a thousand trials only those in sight are in the page, and others are fetched when they come into it", async () => {
  const state = snapshot(1000);
  state.rows = state.rows.slice(-120);
  const asked = [];
  const { el } = await show(state, {
    rows: ({ trials }) => {
      asked.push([Math.max(...trials), Math.min(...trials)]);
      return { version: 1, rows: trials.map((trial) => done(trial)) };
    },
  });
  const scroll = el.querySelector(".axnb-scroll");
  assert.ok(el.querySelectorAll("tr[data-trial]").length < 40);
  assert.equal(asked.length, 0);
  scroll.scrollTop = 32 * 900;
  scroll.dispatchEvent(new Event("scroll"));
  await settle();
  assert.equal(asked.length, 1);
  assert.ok(asked[0][0] > 100 && asked[0][1] < 50);
  assert.equal(cell(el, 95, "status").textContent, "Completed");
  assert.ok(el.querySelectorAll("tr[data-trial]").length < 60);
  const heights = [...el.querySelectorAll("tbody tr")].map((each) => (each.dataset.trial ? 32 : Number.parseInt(each.style.height, 10)));
  assert.equal(heights.reduce((a, b) => a + b, 0), 32000);
});

test("a change patches the cells that differ and leaves every other node alone", async () => {
  const { el, model } = await show(snapshot(3));
  const before = { line: line(el, 1), value: cell(el, 1, "p0").firstChild, other: line(el, 2), status: cell(el, 1, "status").firstChild };
  news(model, [done(1)]);
  assert.equal(line(el, 1), before.line);
  assert.equal(cell(el, 1, "p0").firstChild, before.value);
  assert.notEqual(cell(el, 1, "status").firstChild, before.status);
  assert.equal(line(el, 2), before.other);
  assert.equal(cell(el, 1, "status").textContent, "Completed");
  assert.equal(button(el, "Complete trial 1"), undefined);
});

test("news that come late, or before the state, do not undo newer ones", async () => {
  let deliver;
  const { el, model } = await show(new Promise((resolve) => (deliver = resolve)));
  news(model, [done(1)]);
  deliver(snapshot(3));
  await settle();
  assert.equal(cell(el, 1, "status").textContent, "Completed");
  news(model, [row(1)], { version: 1 });
  assert.equal(cell(el, 1, "status").textContent, "Completed");
});

test("that no answer has come is said for as long as it is true", async (t) => {
  const later = t.mock.method(globalThis, "setTimeout");
  let deliver;
  const { el } = await show(new Promise((resolve) => (deliver = resolve)));
  const [patience] = later.mock.calls.map((call) => call.arguments).filter(([, wait]) => wait === 4000);
  patience[0]();
  const alert = () => el.querySelector(".axnb-alert").textContent;
  assert.match(alert(), /^No answer from the kernel yet; it may be busy/);
  deliver(snapshot(3));
  await settle();
  assert.equal(alert(), "");
});

test("rows that were asked for before a change do not hide it", async () => {
  const state = snapshot(300);
  state.rows = state.rows.slice(-120);
  let deliver;
  const { el, model } = await show(state, { rows: () => new Promise((resolve) => (deliver = resolve)) });
  const scroll = el.querySelector(".axnb-scroll");
  scroll.scrollTop = 32 * 290;
  scroll.dispatchEvent(new Event("scroll"));
  await settle();
  news(model, [done(5)], { spans: [[299, 0]] });
  deliver({ version: 1, rows: Array.from({ length: 100 }, (_, trial) => row(trial)) });
  await settle();
  assert.equal(cell(el, 5, "status").textContent, "Completed");
  assert.equal(cell(el, 4, "status").textContent, "Running");
});

test("after a change too large to send, rows are asked for again and older answers are not taken", async () => {
  const answers = [];
  const { el, model } = await show(snapshot(50), { rows: () => new Promise((resolve) => answers.push(resolve)) });
  news(model, [], { version: 5, spans: [[49, 0]], stale: true });
  await settle();
  assert.equal(cell(el, 49, "status").textContent, "…");
  answers.shift()({ version: 4, rows: Array.from({ length: 50 }, (_, trial) => row(trial)) });
  await settle();
  assert.equal(cell(el, 49, "status").textContent, "…");
  answers.shift()({ version: 5, rows: Array.from({ length: 50 }, (_, trial) => done(trial)) });
  await settle();
  assert.equal(cell(el, 49, "status").textContent, "Completed");
});

test("a row with the focus, or with a form, stays in the page when it is scrolled out of sight", async () => {
  const { el } = await show(snapshot(120));
  const scroll = el.querySelector(".axnb-scroll");
  click(button(el, "Complete trial 118"));
  cell(el, 119, "p0").focus();
  scroll.scrollTop = 32 * 90;
  scroll.dispatchEvent(new Event("scroll"));
  await settle();
  assert.equal(document.activeElement, cell(el, 119, "p0"));
  assert.ok(el.querySelector("form").isConnected);
  assert.equal(line(el, 110), null);
});

test("only rows that change are shown to have changed", async () => {
  const { el, model } = await show(snapshot(3));
  el.querySelector(".axnb-scroll").dispatchEvent(new Event("scroll"));
  await settle();
  news(model, [done(1)]);
  const flashing = [...el.querySelectorAll(".axnb-flash")].map((each) => each.dataset.trial);
  assert.deepEqual(flashing, ["1"]);
});

test("one tab stop; arrows, Home, End and Page keys walk the grid", async () => {
  const { el } = await show(snapshot(40));
  const stops = () => [...el.querySelectorAll('tbody [tabindex="0"]')];
  assert.equal(stops().length, 1);
  stops()[0].focus();
  const at = () => `${document.activeElement.closest("tr").dataset.trial} ${document.activeElement.dataset.key}`;
  assert.equal(at(), "39 trial");
  const walk = [
    ["ArrowRight", "39 status"], ["ArrowDown", "38 status"], ["End", "38 abandon"], ["ArrowLeft", "38 fail"],
    ["ArrowDown", "37 fail"], ["Home", "37 trial"], ["ArrowUp", "38 trial"], ["ArrowLeft", "38 trial"], ["PageDown", "26 trial"], ["PageUp", "38 trial"],
  ];
  for (const [key, place] of walk) {
    press(document.activeElement, key);
    assert.equal(at(), place, key);
  }
  press(document.activeElement, "End", { ctrlKey: true });
  assert.equal(at().split(" ")[0], "0");
  press(document.activeElement, "Home", { ctrlKey: true });
  assert.equal(at(), "39 trial");
  assert.equal(stops().length, 1);
});

test("the focus survives changes of its row, of others and of the order", async () => {
  const { el, model } = await show(snapshot(3));
  cell(el, 1, "p0").focus();
  news(model, [done(1)]);
  assert.equal(document.activeElement, cell(el, 1, "p0"));
  news(model, [row(3)], { version: 3, spans: [[3, 0]] });
  assert.equal(document.activeElement, cell(el, 1, "p0"));
  assert.equal(line(el, 1).getAttribute("aria-rowindex"), "4");
});

test("when a focused button goes, the focus goes to its row; when the row goes, to the next", async () => {
  const { el, model } = await show(snapshot(3));
  cell(el, 1, "fail").focus();
  news(model, [done(1)]);
  assert.equal(document.activeElement, cell(el, 1, "status"));
  news(model, [], { version: 3, spans: [[2, 2], [0, 0]] });
  assert.equal(document.activeElement.closest("tr").dataset.trial, "0");
});

test("no key that is pressed in the board reaches the notebook", async () => {
  const { el } = await show(snapshot(2));
  const heard = [];
  body.addEventListener("keydown", (event) => heard.push(event.key));
  click(button(el, "Complete trial 1"));
  for (const element of el.querySelectorAll("button, input, select, [tabindex]")) {
    press(element, "b");
    if (element.tagName !== "DIV" ) assert.ok(element.hasAttribute("data-lm-suppress-shortcuts"), element.outerHTML);
  }
  assert.deepEqual(heard, []);
});

test("Enter on a row opens its form, Escape closes it and gives the focus back", async () => {
  const { el } = await show(snapshot(3));
  cell(el, 1, "p0").focus();
  press(document.activeElement, "Enter");
  const form = el.querySelector("form:not([hidden])");
  assert.equal(form.getAttribute("aria-label"), "Complete trial 1");
  assert.ok(form.contains(document.activeElement));
  assert.equal(line(el, 1).nextSibling, el.querySelector(".axnb-form-row"));
  press(document.activeElement, "Escape");
  assert.equal(el.querySelector("form"), null);
  assert.equal(document.activeElement, cell(el, 1, "status"));
});

test("Enter on a row that has ended says how", async () => {
  const { el } = await show(snapshot(1, { rows: [row(0, { status: "failed", word: "Failed", actions: [], reason: "too hot" })] }));
  cell(el, 0, "p0").focus();
  press(document.activeElement, "Enter");
  assert.match(el.querySelector(".axnb-details").textContent, /Trial 0 failed.*too hot/);
  assert.equal(el.querySelector("form"), null);
});

test("completing sends what was typed as it was typed, and says the result", async () => {
  let model;
  const { el, model: made } = await show(snapshot(2), {
    complete: () => {
      news(model, [done(1)], { spans: [[1, 0]] });
      return { text: "Trial 1 completed: accuracy 0.93." };
    },
  });
  model = made;
  click(button(el, "Complete trial 1"));
  const [mean, sem] = el.querySelectorAll("form:not([hidden]) input");
  mean.value = "0.12345678901234567890";
  sem.value = " 1e-3";
  el.querySelector("form:not([hidden])").dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
  assert.deepEqual(model.calls("complete"), [{ trial: 1, values: { accuracy: { mean: "0.12345678901234567890", sem: " 1e-3" } } }]);
  assert.equal(said(el), "Trial 1 completed: accuracy 0.93.");
  assert.equal(el.querySelector("form"), null);
  assert.equal(document.activeElement, cell(el, 1, "status"));
});

test("a refusal stands beside its field, keeps what was typed and takes the focus there", async () => {
  const { el } = await show(snapshot(2), {
    complete: () => {
      throw refusal("…", { "sem accuracy": "'x' is not a number." });
    },
  });
  click(button(el, "Complete trial 1"));
  const [mean, sem] = el.querySelectorAll("form:not([hidden]) input");
  mean.value = "1";
  sem.value = "x";
  el.querySelector("form:not([hidden])").dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
  assert.equal(document.activeElement, sem);
  assert.equal(sem.getAttribute("aria-invalid"), "true");
  assert.equal(document.getElementById(sem.getAttribute("aria-describedby")).textContent, "'x' is not a number.");
  assert.deepEqual([mean.value, sem.value, mean.hasAttribute("aria-invalid")], ["1", "x", false]);
});

test("a click acts on its own row, wherever the focus is", async () => {
  const { el } = await show(snapshot(3));
  cell(el, 0, "status").focus();
  click(button(el, "Fail trial 2"));
  assert.equal(el.querySelector("form:not([hidden])").getAttribute("aria-label"), "Fail trial 2");
});

test("a metric may be called as the language's own things are", async () => {
  const state = snapshot(1);
  state.columns.metrics = ["constructor", "__proto__"].map((name) => ({ name, note: "", needed: true }));
  state.rows = [row(0, { results: [null, null] })];
  const { el, model } = await show(state, {
    complete: () => {
      throw refusal("…", JSON.parse('{"mean __proto__": "Enter a number."}'));
    },
  });
  click(button(el, "Complete trial 0"));
  const inputs = [...el.querySelectorAll("form:not([hidden]) input")];
  inputs[0].value = "1";
  inputs[2].value = "2";
  el.querySelector("form:not([hidden])").dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
  const sent = JSON.stringify(model.calls("complete")[0].values);
  assert.equal(sent, '{"constructor":{"mean":"1","sem":""},"__proto__":{"mean":"2","sem":""}}');
  assert.deepEqual(inputs.map((input) => input.hasAttribute("aria-invalid")), [false, false, true, false]);
});

test("parameters may be called so too", async () => {
  const state = snapshot(0);
  state.columns.parameters = ["constructor", "__proto__"].map((name) => ({ ...state.columns.parameters[0], name }));
  const { el, model } = await show(state, {
    add: () => {
      throw refusal("…", { toString: "no" });
    },
  });
  click(button(el, "Add trial"));
  const inputs = [...el.querySelectorAll("form input")];
  inputs[1].value = "2";
  el.querySelector("form").dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
  assert.equal(JSON.stringify(model.calls("add")[0].values), '{"constructor":"","__proto__":"2"}');
  assert.deepEqual(inputs.map((input) => input.hasAttribute("aria-invalid")), [false, false]);
});

test("an error that belongs to no field stands in the form", async () => {
  const { el } = await show(snapshot(2), {
    fail: () => {
      throw refusal("trial 1 cannot become failed.", {}, "TrialMutationError");
    },
  });
  click(button(el, "Fail trial 1"));
  el.querySelector("form:not([hidden])").dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
  assert.deepEqual(alerts(el), ["Trial 1 cannot become failed."]);
  assert.ok(el.querySelector("form:not([hidden]) [role=alert]").closest(".axnb-form-row"));
});

test("while the kernel works a second press does nothing, and the button says so", async () => {
  let finish;
  const { el, model } = await show(snapshot(2), { suggest: () => new Promise((resolve) => (finish = resolve)) });
  const suggest = button(el, "Suggest");
  el.querySelector(".axnb-count").value = "3";
  click(suggest);
  click(suggest);
  press(el.querySelector(".axnb-count"), "Enter");
  await settle();
  assert.deepEqual(model.calls("suggest"), [{ count: "3" }]);
  assert.equal(suggest.getAttribute("aria-disabled"), "true");
  assert.match(suggest.textContent, /^Suggesting…/);
  await new Promise((resolve) => setTimeout(resolve, 750));
  assert.match(suggest.textContent, /0\.\d s$/);
  finish({ text: "Suggested trials 2, 3 and 4.", trials: [2, 3, 4] });
  await settle();
  assert.equal(suggest.textContent, "Suggest");
  assert.equal(suggest.getAttribute("aria-disabled"), null);
  assert.equal(said(el), "Suggested trials 2, 3 and 4.");
});

test("a suggestion under way can be cancelled from any view; the button is there only then", async () => {
  const { el, model } = await show(snapshot(2), { cancel: () => null });
  const cancel = el.querySelector(".axnb-cancel");
  assert.equal(cancel.hidden, true);
  model.change("busy", "Suggesting 1000 trials");
  assert.equal(cancel.hidden, false);
  cancel.focus();
  click(cancel);
  click(cancel);
  await settle();
  assert.equal(model.calls("cancel").length, 1);
  assert.equal(cancel.textContent, "Cancelling…");
  model.change("busy", "");
  assert.equal(cancel.hidden, true);
  assert.equal(document.activeElement, button(el, "Suggest"));
  assert.equal(el.querySelector(".axnb-count").max, "10000");
});

test("a kernel that is busy with something else is excused", async () => {
  let finish;
  const { el } = await show(snapshot(2), { undo: () => new Promise((resolve) => (finish = resolve)) });
  click(button(el, "Undo: trial 2 suggested"));
  await new Promise((resolve) => setTimeout(resolve, 1600));
  assert.match(said(el), /^The kernel is busy/);
  finish({ text: "Undid: trial 2 suggested." });
  await settle();
  assert.equal(said(el), "Undid: trial 2 suggested.");
});

test("a form that is being sent is neither sent again nor closed", async () => {
  const { el, model } = await show(snapshot(2), { complete: () => new Promise(() => {}) });
  click(button(el, "Complete trial 1"));
  const form = el.querySelector("form:not([hidden])");
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  press(form, "Escape");
  click(button(el, "Complete trial 0"));
  await settle();
  assert.equal(model.calls("complete").length, 1);
  assert.equal(form.isConnected, true);
});

test("what another board does is shown as busy here", async () => {
  const { el, model } = await show(snapshot(2));
  model.change("busy", "Suggesting 2 trials");
  assert.equal(button(el, "Suggest").getAttribute("aria-disabled"), "true");
  assert.equal(button(el, "Suggest").title, "Suggesting 2 trials…");
  model.change("busy", "");
  assert.equal(button(el, "Suggest").getAttribute("aria-disabled"), null);
});

test("an error of a button of the toolbar is an alert that can be dismissed", async () => {
  const { el } = await show(snapshot(2), {
    suggest: () => {
      throw refusal("every point has been tried.", {}, "SearchSpaceExhausted");
    },
  });
  click(button(el, "Suggest"));
  await settle();
  assert.deepEqual(alerts(el), ["Every point has been tried."]);
  click(button(el, "Dismiss the message"));
  assert.deepEqual(alerts(el), []);
});

test("a new trial is typed field by field; choices are sent by number, and refusals stand beside them", async () => {
  const { el, model } = await show(snapshot(1), {
    add: ({ values }) => {
      if (values.kind === null) throw refusal("…", { kind: "Choose one of 'relu', 'tanh'." });
      return { text: "Trial 1 added.", trials: [1] };
    },
  });
  click(button(el, "Add trial"));
  const form = el.querySelector("form");
  const [x, kind] = form.querySelectorAll("input, select");
  assert.deepEqual([...kind.options].map((option) => option.textContent), ["Choose…", "relu", "tanh"]);
  x.value = "0.25";
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
  assert.equal(document.activeElement, kind);
  kind.value = "1";
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
  assert.deepEqual(model.calls("add"), [{ values: { x: "0.25", kind: null } }, { values: { x: "0.25", kind: 1 } }]);
  assert.equal(said(el), "Trial 1 added.");
  assert.equal(el.querySelector("form"), null);
});

test("undo and redo say what they would do", async () => {
  const { el, model } = await show(snapshot(2), { undo: { text: "Undid: trial 2 suggested." } });
  assert.equal(button(el, "Undo: trial 2 suggested").title, "Undo: trial 2 suggested");
  assert.equal(button(el, "Redo").getAttribute("aria-disabled"), "true");
  click(button(el, "Redo"));
  click(button(el, "Undo: trial 2 suggested"));
  await settle();
  assert.equal(model.calls("redo").length, 0);
  assert.equal(said(el), "Undid: trial 2 suggested.");
});

test("an empty board says what to do", async () => {
  const { el } = await show(snapshot(0));
  assert.match(el.querySelector(".axnb-empty").textContent, /^No trials yetSuggest/);
  const bare = snapshot(0);
  bare.header.configured = false;
  const other = await show({ ...bare, columns: { parameters: [], metrics: [] } });
  assert.match(other.el.querySelector(".axnb-empty").textContent, /configure_experiment/);
  assert.equal(button(other.el, "Suggest").getAttribute("aria-disabled"), "true");
});

test("a trial that ends elsewhere closes its form and says so", async () => {
  const { el, model } = await show(snapshot(3));
  click(button(el, "Complete trial 1"));
  news(model, [done(1)]);
  assert.equal(el.querySelector("form"), null);
  assert.equal(said(el), "Trial 1 completed meanwhile.");
});

test("a change elsewhere leaves an open form and what is typed in it alone", async () => {
  const { el, model } = await show(snapshot(3));
  click(button(el, "Complete trial 1"));
  const input = document.activeElement;
  input.value = "0.5";
  news(model, [done(2), row(3)], { spans: [[3, 0]] });
  assert.equal(document.activeElement, input);
  assert.equal(el.querySelector("form:not([hidden]) input").value, "0.5");
});

test("the row that a reader is at is told to the kernel, once, and marked by it", async () => {
  const { el, model } = await show(snapshot(3));
  for (const key of ["p0", "p1"]) cell(el, 1, key).focus();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(model.calls("select"), [{ trial: 1, trials: [1] }]);
  cell(el, 1, "p0").focus();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(model.calls("select").length, 1);
  model.change("selected", 2);
  assert.equal(line(el, 2).getAttribute("aria-selected"), "true");
  assert.equal(line(el, 1).getAttribute("aria-selected"), "false");
});

test("when the kernel is gone the board says so and takes nothing", async () => {
  const { el, model } = await show(snapshot(2));
  model.trigger("comm_live_update");
  assert.match(alerts(el)[0], /stopped or restarted. Run the cell again/);
  click(button(el, "Suggest"));
  click(button(el, "Complete trial 1"));
  await settle();
  assert.equal(model.calls("suggest").length, 0);
  assert.equal(el.querySelector("form"), null);
});

test("a kernel that cannot tell its state is quoted", async () => {
  const { el } = await show(Promise.reject(refusal("broken.")));
  assert.deepEqual(alerts(el), ["Broken."]);
});

test("a page that missed news asks for the state anew", async () => {
  const state = snapshot(3);
  const { el, model } = await show(state);
  Object.assign(state, { version: 9, rows: [row(0), done(1), row(2)] });
  model.change("version", 1);
  await settle();
  assert.equal(model.calls("state").length, 1);
  model.change("version", 9);
  await settle();
  assert.equal(cell(el, 1, "status").textContent, "Completed");
});

test("a trial that a program selects comes into sight", async () => {
  const { el, model } = await show(snapshot(120));
  assert.equal(line(el, 5), null);
  model.change("selected", 5);
  assert.equal(line(el, 5).getAttribute("aria-selected"), "true");
});

test("two views of one board share its rows and follow together", async () => {
  const { el, model, widget } = await show(snapshot(3));
  const other = document.createElement("div");
  body.append(other);
  widget.render({ model, el: other, signal: views.signal });
  await settle();
  news(model, [done(1)]);
  assert.equal(cell(el, 1, "status").textContent, "Completed");
  assert.equal(cell(other, 1, "status").textContent, "Completed");
  assert.equal(model.calls("state").length, 1);
});

test("new columns redraw the table", async () => {
  const { el, model } = await show(snapshot(2));
  const { columns } = snapshot(2);
  columns.metrics.push({ name: "seconds", note: "tracked", needed: false });
  news(model, [0, 1].map((trial) => row(trial, { results: [null, { text: "3" }] })), { columns, spans: [[1, 0]] });
  assert.equal(cell(el, 0, "m1").textContent.trim(), "3");
  assert.ok([...el.querySelectorAll("th")].some((each) => each.textContent === "secondstracked"));
});

const arm = (name, value, result = null) => ({ name, values: [{ text: value }, { text: "relu" }], results: [result] });
const batch = (more = {}) =>
  row(0, { origin: "2 arms", values: [{ text: "0.1 … 0.2", span: true }, { text: "relu" }], arms: [arm("0_0", "0.1"), arm("0_1", "0.2")], ...more });
const withBatch = (more) => {
  const state = snapshot(1);
  return { ...state, rows: [batch(more)] };
};

test("the form of a batch asks for the results of each arm, below its point", async () => {
  const { el, model } = await show(withBatch(), { complete: () => ({ text: "Done." }) });
  assert.match(el.querySelector("tr[data-trial='0']").textContent, /2 arms.*0\.1 … 0\.2/);
  click(button(el, "Complete trial 0"));
  const form = el.querySelector("form:not([hidden])");
  const heads = [...form.querySelectorAll(".axnb-arm")].map((head) => head.textContent);
  assert.equal(heads.length, 2);
  assert.match(heads[1], /^0_1.* 0\.2, .* relu$/);
  const fields = [...form.querySelectorAll("input.axnb-wide")];
  assert.deepEqual(fields.map((field) => field.getAttribute("aria-label")), ["accuracy of 0_0", "accuracy of 0_1"]);
  fields[1].value = "0.93";
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
  assert.deepEqual(model.calls("complete"), [
    { trial: 0, values: { "0_0": { accuracy: { mean: "", sem: "" } }, "0_1": { accuracy: { mean: "0.93", sem: "" } } } },
  ]);
});

test("what is wrong with an arm's result is said beside its field", async () => {
  const complete = () => {
    throw refusal("…", { "mean 1 accuracy": "'x' is not a number." });
  };
  const { el } = await show(withBatch(), { complete });
  click(button(el, "Complete trial 0"));
  const form = el.querySelector("form:not([hidden])");
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
  const wrong = [...form.querySelectorAll("[aria-invalid]")].map((field) => field.getAttribute("aria-label"));
  assert.deepEqual(wrong, ["accuracy of 0_1"]);
});

test("a batch that has ended shows its arms", async () => {
  const result = { text: "0.93", sem: "0.01" };
  const { el } = await show(withBatch({ status: "completed", word: "Completed", actions: [], arms: [arm("0_0", "0.1", result), arm("0_1", "0.2")] }));
  click(el.querySelector("tr[data-trial='0'] td.axnb-status"));
  const cells = [...el.querySelectorAll(".axnb-arms tbody tr")].map((line) => [...line.children].map((cell) => cell.textContent));
  assert.deepEqual(cells, [["0_0", "0.1", "relu", "0.93 ± 0.01"], ["0_1", "0.2", "relu", ""]]);
  press(el.querySelector(".axnb-arms").parentElement, "Escape");
  assert.equal(el.querySelector(".axnb-arms"), null);
});

test("results that are there already stand in the form, digit by digit", async () => {
  const state = snapshot(1);
  const told = row(0, { results: [{ text: "41.23", sem: "0.51", exact: "41.23456 ± 0.512" }] });
  const { el } = await show({ ...state, rows: [told] });
  click(button(el, "Complete trial 0"));
  const form = el.querySelector("form:not([hidden])");
  assert.deepEqual([...form.querySelectorAll("input")].map((input) => input.value), ["41.23456", "0.512"]);
});
