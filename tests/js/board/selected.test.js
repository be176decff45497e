import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import makeBoard from "../../../widgets/static/board/board.js";
import { nameTrials } from "../../../widgets/static/board/selected.js";
import { FakeModel, button, click, page, press, settle } from "../page.js";

let body;
let views;
beforeEach(() => {
  body = page();
  views = new AbortController();
});
afterEach(() => views.abort());

const row = (trial) => ({ trial, status: "running", word: "Running", origin: "Sobol", best: "", values: [{ text: "0.50", exact: "0.5" }, { text: "grid" }], results: [null], predicted: [null], reason: "", note: trial ? "" : "worn", actions: ["complete"] });

async function show(answers = {}, { host, panel = "" } = {}) {
  const state = {
    version: 1,
    header: { name: "Demo", goal: "", best: "", counts: [], undo: "", redo: "", configured: true, kept: true, most: 10 },
    columns: {
      parameters: [{ name: "x", note: "", number: true, control: "number" }, { name: "infill", note: "", number: false, control: "choice", options: ["lines", "grid"] }],
      metrics: [{ name: "gain", note: "", needed: true }],
    },
    spans: [[2, 0]],
    total: 3,
    extents: [],
    arrangement: { sort: "", descending: false, statuses: [], text: "", ranges: {}, among: null },
    layout: { hidden: [], shown: [], order: [], widths: {}, panel },
    histograms: {},
    rows: [0, 1, 2].map(row),
  };
  const model = new FakeModel((method) => (method === "state" ? state : (answers[method] ?? { text: `${method} done` })));
  const widget = makeBoard();
  widget.initialize({ model, signal: views.signal });
  const el = document.createElement("div");
  body.append(el);
  widget.render({ model, el, host, signal: views.signal });
  await settle();
  return { model, el, state };
}

const cell = (el, trial, key) => el.querySelector(`tr[data-trial="${trial}"] [data-key="${key}"]`);
const pick = (el, word) => {
  click(el.querySelector(".axnb-menu-button"));
  click([...el.querySelectorAll('[role="menuitem"]')].find((item) => item.firstChild.textContent === word));
};

test("the menu says what is selected, and does nothing where nothing is", async () => {
  const { el } = await show();
  const menu = el.querySelector(".axnb-menu-button");
  assert.equal(menu.getAttribute("aria-disabled"), "true");
  click(menu);
  assert.equal(el.querySelector('[role="menu"]').hidden, true);
  click(cell(el, 1, "status"));
  assert.equal(menu.textContent, "Trial 1");
  assert.equal(nameTrials([1, 2], true), "2 trials");
});

test("arrows go through the menu, Escape closes it and gives the focus back", async () => {
  const { el } = await show();
  cell(el, 1, "origin").focus();
  const menu = el.querySelector(".axnb-menu-button");
  click(menu);
  const items = [...el.querySelectorAll('[role="menuitem"]')];
  assert.equal(document.activeElement, items[0]);
  press(items[0], "ArrowUp");
  assert.equal(document.activeElement, items.at(-1));
  press(items.at(-1), "Escape");
  assert.equal(document.activeElement, menu);
  assert.equal(menu.getAttribute("aria-expanded"), "false");
});

test("repeat asks at once, delete asks first", async () => {
  const { el, model } = await show();
  click(cell(el, 1, "origin"));
  pick(el, "Repeat");
  await settle();
  assert.deepEqual(model.calls("repeat"), [{ trials: [1] }]);
  pick(el, "Delete…");
  assert.equal(model.calls("delete").length, 0);
  click(button(el, "Delete"));
  await settle();
  assert.deepEqual(model.calls("delete"), [{ trials: [1] }]);
  assert.equal(el.querySelector(".axnb-said").textContent, "delete done");
});

test("a note begins with the one that is there, and a key opens it", async () => {
  const { el, model } = await show();
  cell(el, 0, "origin").focus();
  press(cell(el, 0, "origin"), "n");
  const field = el.querySelector('.axnb-add input');
  assert.equal(field.value, "worn");
  field.value = "all well";
  click(button(el, "Keep"));
  await settle();
  assert.deepEqual(model.calls("note"), [{ trials: [0], note: "all well" }]);
});

test("a duplicate is the form for a new trial with the point filled in exactly", async () => {
  const { el } = await show();
  cell(el, 2, "origin").focus();
  press(cell(el, 2, "origin"), "d");
  const [x, infill] = el.querySelectorAll(".axnb-add input, .axnb-add select");
  assert.deepEqual([x.value, infill.value], ["0.5", "1"]);
});

test("a question mark shows the keys, a slash goes to the search, and letters in a result are typed", async () => {
  const { el, model } = await show();
  cell(el, 2, "origin").focus();
  press(cell(el, 2, "origin"), "?");
  assert.match(el.querySelector(".axnb-add").textContent, /undo, redo/);
  cell(el, 2, "origin").focus();
  press(cell(el, 2, "origin"), "/");
  assert.equal(document.activeElement, el.querySelector(".axnb-search"));
  cell(el, 2, "m0").focus();
  press(cell(el, 2, "m0"), "r");
  assert.equal(model.calls("repeat").length, 0);
});

test("the history says when, who and what", async () => {
  const rows = [{ time: "2026-11-30T09:00:00", actor: "ada", what: "trial 3 noted", undone: true }];
  const { el } = await show({ history: { rows } });
  click(button(el, "History"));
  await settle();
  assert.match(el.querySelector(".axnb-history").textContent, /ada.*trial 3 noted \(undone\)/);
});

test("cards are asked for when they are first to be seen, and drawn when they are there", async () => {
  const drawn = [];
  const host = { getWidget: async (ref) => ({ render: ({ el }) => drawn.push([ref, el]) }) };
  const { el, model, state } = await show({}, { host });
  assert.equal(model.calls("panel").length, 0);
  click(button(el, "Cards"));
  assert.equal(model.calls("lay_out").at(-1).layout.panel, "open");
  model.tell({ news: "rows", ...state, columns: undefined, version: 2, layout: { ...state.layout, panel: "open" } });
  await settle();
  assert.equal(model.calls("panel").length, 1);
  assert.equal(drawn.length, 0);
  model.change("panel", "anywidget:abc");
  await settle();
  assert.equal(drawn[0][0], "anywidget:abc");
  assert.ok(el.querySelector(".axnb-side").contains(drawn[0][1]));
});

test("a panel that was open is open again, and why it cannot be drawn is said", async () => {
  const host = { getWidget: async () => { throw new Error("no such widget"); } };
  const { el, model } = await show({}, { host, panel: "open" });
  assert.equal(el.querySelector(".axnb-side").hidden, false);
  assert.equal(model.calls("panel").length, 1);
  model.change("panel", "anywidget:abc");
  await settle();
  assert.match(el.querySelector(".axnb-alert").textContent, /no such widget/i);
});

test("where a page cannot make widgets there are no cards to open", async () => {
  const { el } = await show();
  assert.equal(el.querySelector('button[aria-label="Cards"]').hidden, true);
});
