import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import makeBoard from "../../../widgets/static/board/board.js";
import { columnsOf } from "../../../widgets/static/board/columns.js";
import { describeFilters, describeRange, round } from "../../../widgets/static/board/filters.js";
import { nextSort } from "../../../widgets/static/board/head.js";
import { shareOf, valueAt } from "../../../widgets/static/board/histogram.js";
import { describeAge } from "../../../widgets/static/board/row.js";
import { expand, move } from "../../../widgets/static/board/store.js";
import { FakeModel, button, click, page, press, settle } from "../page.js";

const PLAIN = { sort: "", descending: false, statuses: [], text: "", ranges: {}, among: null };
const LAYOUT = { hidden: [], shown: [], order: [], widths: {}, panel: "" };
const COLUMNS = {
  parameters: [{ name: "x", note: "0 – 1", number: true, control: "number" }],
  metrics: [{ name: "gain", note: "↑ maximise", needed: true }, { name: "cost", note: "≤ 2", needed: true }],
};

let body;
let views;
beforeEach(() => {
  body = page();
  views = new AbortController();
});
afterEach(() => views.abort());

const row = (trial) => ({ trial, status: "completed", word: "Completed", origin: "Sobol", best: "", values: [{ text: "0.5" }], results: [{ text: String(trial) }, null], predicted: [{ text: "1" }, null], reason: "", note: "", actions: [] });

async function show(more = {}) {
  const counts = [{ status: "running", word: "Running", count: 1 }, { status: "completed", word: "Completed", count: 3 }];
  const state = {
    version: 1,
    header: { name: "Demo", goal: "", best: "", counts, undo: "", redo: "", configured: true, kept: true, most: 10 },
    columns: COLUMNS,
    spans: [[3, 0]],
    total: 4,
    extents: [],
    arrangement: PLAIN,
    layout: LAYOUT,
    histograms: { "m:gain": { low: 0, high: 3, bars: [2, 2], kept: [1, 2], log: false } },
    rows: [0, 1, 2, 3].map(row),
    ...more,
  };
  const model = new FakeModel((method) => (method === "state" ? state : { text: "" }));
  const widget = makeBoard();
  widget.initialize({ model, signal: views.signal });
  const el = document.createElement("div");
  body.append(el);
  widget.render({ model, el, signal: views.signal });
  await settle();
  return { model, el, state };
}

const head = (el, key) => el.querySelector(`thead [data-key="${key}"]`);
const tell = (model, state, more) => model.tell({ news: "rows", ...state, columns: undefined, layout: undefined, version: 2, ...more });

test("an order is spans that rise or fall, and what moved is put at its place", () => {
  assert.deepEqual(expand([[2, 0], [5, 6], [9, 9]]), [2, 1, 0, 5, 6, 9]);
  assert.deepEqual(move([3, 2, 1], { out: [1], put: [[0, 1]] }), [1, 3, 2]);
  assert.deepEqual(move([3, 2, 1], { out: [2, 7], put: [[1, 7]] }), [3, 7, 1]);
});

test("a click on a head orders by it, another turns it, a third gives it up; what is to be large comes largest first", () => {
  const gain = { id: "m:gain", kind: "result", note: "↑ maximise" };
  let now = { sort: "", descending: false };
  const seen = [1, 2, 3].map(() => (now = nextSort(gain, now)));
  assert.deepEqual(seen, [{ sort: "m:gain", descending: true }, { sort: "m:gain", descending: false }, { sort: "", descending: false }]);
  assert.deepEqual(nextSort({ id: "p:x", kind: "value", note: "" }, now), { sort: "p:x", descending: false });
});

test("heads ask the kernel for another order and show the one that holds", async () => {
  const { el, model, state } = await show();
  click(head(el, "p0").querySelector(".axnb-column"));
  assert.deepEqual(model.calls("arrange"), [{ ...PLAIN, sort: "p:x", descending: false }]);
  tell(model, state, { arrangement: { ...PLAIN, sort: "p:x" }, spans: [[0, 3]], rows: [] });
  assert.equal(head(el, "p0").getAttribute("aria-sort"), "ascending");
  assert.deepEqual([...el.querySelectorAll("tr[data-trial]")].map((line) => line.dataset.trial), ["0", "1", "2", "3"]);
  press(head(el, "m0"), "Enter");
  assert.equal(model.calls("arrange").at(-1).sort, "m:gain");
});

test("status counts are filters that can be pressed", async () => {
  const { el, model, state } = await show();
  click(el.querySelector('[data-status="running"].axnb-count-item'));
  assert.deepEqual(model.calls("arrange").at(-1).statuses, ["running"]);
  tell(model, state, { arrangement: { ...PLAIN, statuses: ["running"] }, spans: [[1, 1]], rows: [] });
  assert.equal(el.querySelector('[data-status="running"].axnb-count-item').getAttribute("aria-pressed"), "true");
  assert.match(el.querySelector(".axnb-filters").textContent, /1 of 4/);
});

test("a range is a chip that can be taken away, and where no row is left the board says why", async () => {
  const { el, model, state } = await show();
  tell(model, state, { arrangement: { ...PLAIN, ranges: { "m:gain": [7, 8.5] } }, spans: [], rows: [] });
  assert.match(el.querySelector(".axnb-empty").textContent, /No trial is like that/);
  click(button(el, "Remove the filter: gain 7 – 8.5"));
  assert.deepEqual(model.calls("arrange").at(-1).ranges, {});
});

test("a histogram maps its width to values, on a log scale too", () => {
  const log = { low: 1, high: 100, bars: [], kept: [], log: true };
  assert.ok(Math.abs(valueAt(log, 0.5) - 10) < 1e-9);
  assert.ok(Math.abs(shareOf(log, 10) - 0.5) < 1e-9);
  assert.deepEqual([valueAt(log, -1), valueAt(log, 2)], [1, 100]);
  assert.equal(shareOf({ ...log, low: 0, high: 4, log: false }, 1), 0.25);
});

test("columns are hidden, moved and brought in; results stay at the end", () => {
  const ids = (layout) => columnsOf(COLUMNS, { ...LAYOUT, ...layout }).map(({ id }) => id);
  assert.deepEqual(ids({}), ["trial", "status", "origin", "p:x", "m:gain", "m:cost", "last"]);
  assert.deepEqual(ids({ hidden: ["origin"], order: ["m:cost"], shown: ["predicted:gain", "note"] }), ["trial", "status", "note", "p:x", "predicted:gain", "m:cost", "m:gain", "last"]);
});

test("where there is little room results come first", () => {
  const ids = columnsOf(COLUMNS, LAYOUT, true).map(({ id }) => id);
  assert.deepEqual(ids, ["trial", "status", "m:gain", "m:cost", "p:x", "last"]);
});

test("the panel of columns hides, moves and filters by what is typed", async () => {
  const { el, model } = await show();
  click(button(el, "Columns"));
  const form = el.querySelector(".axnb-columns-form");
  const box = [...form.querySelectorAll("label")].find((label) => label.textContent === "x").querySelector("input");
  box.checked = false;
  box.dispatchEvent(new Event("change"));
  assert.deepEqual(model.calls("lay_out").at(-1).layout.hidden, ["p:x"]);
  await settle();
  click(button(form, "Move cost earlier"));
  assert.deepEqual(model.calls("lay_out").at(-1).layout.order.slice(-2), ["m:cost", "m:gain"]);
  const from = form.querySelector('[aria-label="gain from"]');
  from.value = "1,5";
  from.dispatchEvent(new Event("change"));
  assert.deepEqual(model.calls("arrange").at(-1).ranges, { "m:gain": [1.5, null] });
});

test("what is typed to be searched is sent when the keys rest, and Escape gives it up", async () => {
  const { el, model } = await show();
  const field = el.querySelector(".axnb-search");
  field.value = "worn";
  press(field, "Enter");
  assert.equal(model.calls("arrange").at(-1).text, "worn");
});

test("numbers of a range have the digits that tell them apart, and ages are said in words", () => {
  assert.equal(round(3.14159, 90), "3.1");
  assert.deepEqual([describeRange(null, 3), describeRange(1.5, null)], ["≤ 3", "≥ 1.5"]);
  assert.equal(round(0.0012345, 0.0056), "0.00123");
  assert.deepEqual(describeFilters({ ...PLAIN, among: 1 }).map(({ label }) => label), ["1 chosen trial"]);
  assert.deepEqual([10_000, 90_000, 7_300_000, 200_000_000].map(describeAge), ["now", "1 min", "2 h", "2 d"]);
});
