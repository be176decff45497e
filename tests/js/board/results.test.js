import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import makeBoard from "../../../widgets/static/board/board.js";
import { FakeModel, button, click, page, press, refusal, settle } from "../page.js";

let body;
let views;
beforeEach(() => {
  body = page();
  views = new AbortController();
});
afterEach(() => views.abort());

const DONE = { status: "completed", word: "Completed", actions: [] };
const row = (trial, more = {}) => ({
  trial, status: "running", word: "Running", origin: "Sobol", best: "", reason: "", note: "", actions: ["complete", "fail"],
  values: [{ text: "0.5" }], results: [null, null], ...more,
});

/** Shows a board with these rows on a kernel that knows these answers. */
async function show(rows, answers = {}, header = {}) {
  const metric = (name) => ({ name, note: "", needed: true });
  const state = {
    version: 1,
    header: { name: "", goal: "", best: "", counts: [], undo: "trial 0 completed", redo: "", configured: true, kept: true, most: 9, ...header },
    spans: [[rows.length - 1, 0]],
    total: rows.length,
    arrangement: { sort: "", descending: false, statuses: [], text: "", ranges: {}, among: null },
    layout: { hidden: [], shown: [], order: [], widths: {}, panel: "" },
    histograms: {},
    extents: [[3, 1, 0], [4, 2, 4], [4, 2, 4]],
    columns: { parameters: [{ name: "x", note: "", number: true, control: "number" }], metrics: [metric("strength"), metric("weight")] },
    rows,
  };
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
  return { model, el };
}

const cell = (el, trial, key) => el.querySelector(`tr[data-trial="${trial}"] [data-key="${key}"]`);
const editor = (el) => el.querySelector(".axnb-cell-input");

test("a letter typed in a result cell begins an edit, Enter sends it and the focus is in the cell again", async () => {
  const { el, model } = await show([row(0), row(1, { ...DONE, results: [{ text: "41.2", sem: "0.5", exact: "41.234 ± 0.51" }, null] })], { amend: { text: "Trial 1: strength 42." } });
  cell(el, 1, "m0").focus();
  press(document.activeElement, "4");
  assert.equal(editor(el).value, "4");
  assert.equal(editor(el).getAttribute("aria-label"), "strength of trial 1");
  editor(el).value = "42";
  press(editor(el), "Enter");
  await settle();
  assert.deepEqual(model.calls("amend"), [{ trial: 1, metric: "strength", text: "42" }]);
  assert.equal(editor(el), null);
  assert.equal(document.activeElement, cell(el, 1, "m0"));
  assert.equal(el.querySelector('[role="status"].axnb-said').textContent, "Trial 1: strength 42.");
});

test("Enter, F2 or a double click edits what is there in full; Escape, or leaving it unchanged, sends nothing", async () => {
  const { el, model } = await show([row(0, { ...DONE, results: [{ text: "41.2", sem: "0.5", exact: "41.234 ± 0.51" }, null] })]);
  for (const open of [(c) => press(c, "Enter"), (c) => press(c, "F2"), (c) => c.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }))]) {
    cell(el, 0, "m0").focus();
    open(cell(el, 0, "m0"));
    assert.equal(editor(el).value, "41.234 ± 0.51");
    press(editor(el), "Escape");
    assert.equal(editor(el), null);
  }
  press(cell(el, 0, "m0"), "Enter");
  press(editor(el), "Enter");
  await settle();
  assert.equal(model.calls("amend").length, 0);
});

test("Tab sends and goes to the next result; letters elsewhere and in batches edit nothing", async () => {
  const { el, model } = await show([row(0), row(1, { arms: [] })]);
  cell(el, 0, "m0").focus();
  press(document.activeElement, "7");
  press(editor(el), "Tab");
  await settle();
  assert.deepEqual(model.calls("amend"), [{ trial: 0, metric: "strength", text: "7" }]);
  assert.equal(document.activeElement, cell(el, 0, "m1"));
  for (const [trial, key] of [[0, "p0"], [0, "status"], [1, "m0"]]) {
    cell(el, trial, key).focus();
    press(document.activeElement, "7");
    assert.equal(editor(el), null);
  }
});

test("a refusal stands below the cell, and what was typed stays", async () => {
  const { el } = await show([row(0)], { amend: () => { throw refusal("'<0.1' only bounds a number."); } });
  cell(el, 0, "m0").focus();
  press(document.activeElement, "<");
  editor(el).value = "<0.1";
  press(editor(el), "Enter");
  await settle();
  assert.equal(editor(el).value, "<0.1");
  assert.equal(document.getElementById(editor(el).getAttribute("aria-describedby")).textContent, "'<0.1' only bounds a number.");
});

test("a field says how it is read while it is typed, and when it is left why it cannot be", async () => {
  const { el, model } = await show([row(0)], {
    read: ({ text }) => {
      if (text.startsWith("<")) throw refusal("only a bound.");
      return { text: "read as 12" };
    },
  });
  click(button(el, "Complete trial 0"));
  const [input] = el.querySelectorAll("form input");
  const type = async (text) => {
    input.value = text;
    input.dispatchEvent(new Event("input"));
    await new Promise((resolve) => setTimeout(resolve, 150));
  };
  const reading = () => el.querySelector(".axnb-field-reading").textContent;
  await type("12 %");
  assert.equal(reading(), "read as 12");
  await type("12");
  assert.equal(reading(), "");
  assert.equal(model.calls("read").length, 1);
  await type("<12");
  assert.equal(input.getAttribute("aria-invalid"), null);
  input.dispatchEvent(new Event("change"));
  await settle();
  assert.equal(input.getAttribute("aria-invalid"), "true");
  assert.match(el.querySelector("form").textContent, /Only a bound\./);
});

test("Ctrl+Z undoes on the board, but not in a field", async () => {
  const { el, model } = await show([row(0)]);
  cell(el, 0, "p0").focus();
  press(document.activeElement, "z", { ctrlKey: true });
  await settle();
  assert.equal(model.calls("undo").length, 1);
  press(document.activeElement, "Z", { ctrlKey: true, shiftKey: true }); // there is nothing to redo
  press(el.querySelector("input"), "z", { ctrlKey: true });
  await settle();
  assert.equal(model.calls("undo").length, 1);
  assert.equal(model.calls("redo").length, 0);
});

test("a broken constraint, a reason and a note are seen in the row and read in full below it", async () => {
  const told = { ...DONE, note: "nozzle\nreplaced", results: [{ text: "41" }, { text: "12.5", broken: "weight 12.5 breaks ≤ 10" }] };
  const { el } = await show([row(0, told)]);
  assert.ok(cell(el, 0, "m1").classList.contains("axnb-broken"));
  assert.equal(cell(el, 0, "m1").title, "weight 12.5 breaks ≤ 10");
  assert.match(cell(el, 0, "m1").textContent, /^weight 12.5 breaks ≤ 10: 12.5/);
  assert.equal(cell(el, 0, "status").title, "nozzle\nreplaced");
  click(cell(el, 0, "status"));
  const lines = [...el.querySelectorAll(".axnb-detail")].map((each) => each.textContent);
  assert.deepEqual(lines, ["Note: nozzle\nreplaced", "weight 12.5 breaks ≤ 10"]);
});

test("an experiment in memory wears a badge that saves it, as long as it is not saved", async () => {
  const { el, model } = await show([row(0)], { save: { text: "Saved in my-bread.jsonl." } }, { name: "My bread!", kept: false });
  const badge = el.querySelector(".axnb-save");
  assert.equal(badge.hidden, false);
  click(badge);
  assert.equal(badge.getAttribute("aria-expanded"), "true");
  const form = el.querySelector('form[aria-label="Save the experiment"]');
  assert.equal(form.querySelector("input").value, "my-bread.jsonl");
  form.dispatchEvent(new Event("submit", { cancelable: true }));
  await settle();
  assert.deepEqual(model.calls("save"), [{ file: "my-bread.jsonl" }]);
  assert.equal(el.querySelector("form"), null);
  const kept = await show([row(0)]);
  assert.equal(kept.el.querySelector(".axnb-save").hidden, true);
});

test("one form at a time stands between the toolbar and the rows", async () => {
  const { el } = await show([row(0)], {}, { kept: false });
  click(el.querySelector(".axnb-save"));
  click(button(el, "Add trial"));
  assert.deepEqual([...el.querySelectorAll("form")].map((each) => each.getAttribute("aria-label")), ["Add a trial"]);
  click(button(el, "Add trial"));
  assert.equal(el.querySelector("form"), null);
});

test("rows are selected by click, with Ctrl, with Shift and by keyboard, the kernel is told, and can select too", async () => {
  const { el, model } = await show([0, 1, 2, 3, 4].map((trial) => row(trial)));
  const selected = () => [...el.querySelectorAll('tr[aria-selected="true"]')].map((each) => Number(each.dataset.trial));
  const hit = (trial, more = {}) => {
    for (const type of ["mousedown", "focus", "click"]) {
      if (type === "focus") cell(el, trial, "p0").focus();
      else cell(el, trial, "p0").dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, ...more }));
    }
  };
  hit(4);
  hit(2, { ctrlKey: true });
  assert.deepEqual(selected(), [4, 2]);
  hit(0, { shiftKey: true });
  assert.deepEqual(selected(), [2, 1, 0]);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual(model.calls("select"), [{ trial: 0, trials: [2, 1, 0] }]);
  press(document.activeElement, "ArrowUp");
  assert.deepEqual(selected(), [1]);
  press(document.activeElement, "ArrowUp", { shiftKey: true });
  assert.deepEqual(selected(), [2, 1]);
  press(document.activeElement, " ");
  assert.deepEqual(selected(), [1]);
  model.change("selected_trials", [4]); // older than what is chosen here
  assert.deepEqual(selected(), [1]);
  await new Promise((resolve) => setTimeout(resolve, 150));
  model.change("selected_trials", [3, 4]);
  assert.deepEqual(selected(), [4, 3]);
});
