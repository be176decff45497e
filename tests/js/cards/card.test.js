import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { gzipSync } from "node:zlib";
import group from "../../../widgets/static/cards/group.js";
import live from "../../../widgets/static/cards/live.js";
import { load } from "../../../widgets/static/cards/load.js";
import card from "../../../widgets/static/cards/card.js";
import { click, FakeModel, page, press, settle } from "../page.js";

const EVIL = "<img src=x onerror=alert(1)>";
const THEMES = {
  light: { layout: { font: { color: "#000001" } } },
  dark: { layout: { font: { color: "#fffff1" } } },
  pairs: [["#0072b2", "#56b4e9"]],
};
const body = page();
globalThis.CustomEvent = document.defaultView.CustomEvent;
Object.defineProperty(document.defaultView.HTMLElement.prototype, "clientWidth", { get: () => 640 });

/** @returns what a card shows around its picture */
const faceOf = (more = {}) => ({
  ...{ kind: "card", name: "Slice", title: `loss ${EVIL}`, subtitle: "Loss is lowest at 3.", prose: "", height: 300 },
  controls: [{ field: "at", key: "dose", label: "dose", kind: "slider", value: 1, options: [], labels: [], minimum: 0, maximum: 10, scale: "linear", step: 1 }],
  table: { columns: ["k"], numeric: [true], rows: [["1"]], extent: "1 row", whole: true },
  ...more,
});

const bytesOf = (figure) => new DataView(new TextEncoder().encode(JSON.stringify(figure)).buffer);

/** A kernel with one card, and the page that shows it. */
function shown({ face = faceOf(), picture = "<svg><text>#0072b2</text></svg>", plotly = Promise.resolve() } = {}) {
  const model = new FakeModel((method) => (method === "move" ? ++model.ticket : null));
  model.ticket = 0;
  model.values = { face, picture };
  const painted = [];
  const purged = [];
  const library = {
    react: async (element, data, layout, config) => {
      if (data[0]?.type === "broken") throw new Error("no such trace");
      painted.push({ data, layout, config });
    },
    purge: (element) => purged.push(element),
    downloadImage: (element, options) => model.saved.push(options),
  };
  model.saved = [];
  const end = new AbortController();
  const el = body.appendChild(document.createElement("div"));
  live({ model, el, signal: end.signal, live: { css: ".x{}", themes: THEMES }, load: () => plotly.then(() => ({ default: library })) });
  const draw = (more = {}, figure = { data: [{ y: [1], marker: { color: "#0072b2" } }], layout: {} }) => {
    const message = { news: "drawn", ticket: model.ticket, serial: 1, draft: false, face, ...more };
    model.trigger("msg:custom", message, figure ? [bytesOf(figure)] : []);
    return settle();
  };
  return { model, el, end, painted, purged, draw };
}

beforeEach(() => {
  body.replaceChildren();
  body.dataset.jpThemeLight = "true";
  delete globalThis.__axnb_modules;
});

test("title, sentence, still picture and table are there at once, names as text", () => {
  const { el } = shown({ plotly: new Promise(() => {}) });
  assert.equal(el.querySelector("h3").textContent, `loss ${EVIL}`);
  assert.equal(el.querySelector(".axnb-subtitle").textContent, "Loss is lowest at 3.");
  assert.match(decodeURIComponent(el.querySelector("img").src), /^data:image\/svg.*<svg>/);
  assert.equal(el.querySelectorAll("img").length, 1);
  assert.equal(el.querySelector("summary").textContent, "Table: 1 row");
});

test("the picture is an image that says the sentence, in a box of its own height", () => {
  const { el } = shown();
  const box = el.querySelector("[role=img]");
  assert.equal(box.getAttribute("aria-label"), "Loss is lowest at 3.");
  assert.equal(box.style.height, "300px");
});

test("the card says that it is on show, paints what it gets, and thanks for it", async () => {
  const { model, el, painted, draw } = shown();
  await draw();
  assert.equal(model.calls("show").length, 1);
  assert.equal(painted.length, 1);
  assert.deepEqual([painted[0].layout.width, painted[0].layout.height], [640, 300]);
  assert.equal(painted[0].layout.template.layout.font.color, "#000001");
  assert.equal(painted[0].config.typesetMath, false);
  assert.equal(painted[0].config.showSendToCloud, false);
  assert.ok("axnbLive" in el.querySelector(".axnb-figure").dataset);
  assert.equal(model.calls("seen").length, 1);
});

test("every paint has the same configuration, so that a zoom is kept", async () => {
  const { painted, draw } = shown();
  await draw();
  await draw();
  assert.equal(painted.length, 2);
  assert.equal(painted[0].config, painted[1].config);
  assert.equal(painted[0].layout.uirevision, painted[1].layout.uirevision);
});

test("a picture that comes before plotly is painted when plotly is there", async () => {
  let arrive = () => {};
  const { el, painted, draw } = shown({ plotly: new Promise((resolve) => (arrive = resolve)) });
  await draw();
  assert.equal(painted.length, 0);
  assert.ok(!el.querySelector("img").hidden);
  arrive();
  await settle();
  assert.equal(painted.length, 1);
});

test("a figure that plotly cannot draw says so, and the next one is drawn", async () => {
  const { el, painted, draw } = shown();
  await draw({}, { data: [{ type: "broken" }] });
  assert.match(el.querySelector("[role=alert]").textContent, /could not be drawn: no such trace/);
  await draw();
  assert.equal(painted.length, 1);
  assert.ok(el.querySelector("[role=alert]").hidden);
});

test("names in the picture are neutralised", async () => {
  const { painted, draw } = shown();
  await draw({}, { data: [{ name: EVIL }], layout: { xaxis: { title: { text: EVIL } } } });
  const { data, layout } = painted[0];
  assert.deepEqual([data[0].name, layout.xaxis.title.text], Array(2).fill("&lt;img src=x onerror=alert(1)>"));
});

test("a figure's own template stays", async () => {
  const { painted, draw } = shown();
  await draw({}, { data: [], layout: { template: { layout: { font: { color: "#abcdef" } } } } });
  assert.equal(painted[0].layout.template.layout.font.color, "#abcdef");
});

test("the theme's change repaints with its template and colours", async () => {
  const { painted, draw } = shown();
  await draw();
  body.dataset.jpThemeLight = "false";
  await settle();
  assert.equal(painted.length, 2);
  assert.equal(painted[1].layout.template.layout.font.color, "#fffff1");
  assert.equal(painted[1].data[0].marker.color, "#56b4e9");
});

test("the still picture follows the theme too", async () => {
  const { el } = shown({ plotly: new Promise(() => {}) });
  body.dataset.jpThemeLight = "false";
  await settle();
  assert.match(decodeURIComponent(el.querySelector("img").src), /#56b4e9/);
});

test("moving a control asks for a draft, then for the fine picture", async () => {
  const { model, el, draw } = shown();
  await draw();
  const field = el.querySelector("input[type=range]");
  field.value = "4";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  await draw({ draft: true });
  const asked = model.calls("move").map(({ changes, draft }) => [changes.map((each) => each.value), draft]);
  assert.deepEqual(asked, [[[4], true], [[4], false]]);
  assert.equal(model.calls("seen").length, 1, "drafts are not thanked for");
});

test("a card says that it is busy until its picture has come", async () => {
  const { model, el, draw } = shown();
  await draw();
  const busy = () => el.querySelector("section").getAttribute("aria-busy");
  assert.equal(busy(), null);
  el.querySelector("input[type=range]").dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  assert.equal(busy(), "true");
  await draw();
  assert.equal(busy(), null);
  assert.equal(model.calls("move").length, 1);
});

test("a refused move is told and taken back, until the next picture", async () => {
  const { model, el, draw } = shown();
  await draw();
  model.answer = () => {
    throw Object.assign(new Error("'dose' cannot be 99."), { kind: "UserInputError" });
  };
  const field = el.querySelector("input[type=range]");
  field.value = "9";
  field.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  assert.equal(field.value, "1");
  const alert = el.querySelector("[role=alert]");
  assert.deepEqual([alert.hidden, alert.textContent], [false, "'dose' cannot be 99."]);
  await draw();
  assert.ok(alert.hidden);
});

test("the controls show what the kernel made of a move, and its reset", async () => {
  const { model, el, draw } = shown();
  await draw();
  const [control] = faceOf().controls;
  const field = el.querySelector("input[type=range]");
  field.value = "7";
  field.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  await draw({ face: faceOf({ controls: [{ ...control, value: 6 }] }) });
  assert.deepEqual([field.value, el.querySelector(".axnb-typed").value], ["6", "6"]);
  click(el.querySelector(".axnb-reset"));
  await settle();
  assert.equal(model.calls("move").at(-1).reset, true);
  await draw();
  assert.deepEqual([field.value, el.querySelector(".axnb-typed").value], ["1", "1"]);
});

test("a control that is moved on meanwhile keeps its place", async () => {
  const { el, draw } = shown();
  await draw();
  const field = el.querySelector("input[type=range]");
  for (const value of ["4", "8"]) {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
  }
  const [control] = faceOf().controls;
  await draw({ draft: true, face: faceOf({ controls: [{ ...control, value: 4 }] }) });
  assert.equal(field.value, "8");
});

test("a card that fails shows why, keeps its controls, and recovers", async () => {
  const { el, draw, painted } = shown();
  await draw();
  await draw({ face: faceOf({ kind: "error", title: "Slice failed", subtitle: `ValueError: ${EVIL}`, height: 0, controls: [] }) }, null);
  assert.equal(el.querySelector("section").dataset.kind, "error");
  assert.equal(el.querySelector(".axnb-subtitle").textContent, `ValueError: ${EVIL}`);
  assert.ok(el.querySelector(".axnb-figure").hidden);
  assert.ok(el.querySelector("input[type=range]"));
  await draw();
  assert.equal(el.querySelector("section").dataset.kind, "card");
  assert.ok(!el.querySelector(".axnb-figure").hidden);
  assert.equal(painted.length, 2);
});

test("a table is open where there is nothing else to see", () => {
  assert.ok(shown({ face: faceOf({ height: 0 }) }).el.querySelector("details").open);
  assert.ok(!shown().el.querySelector("details").open);
  assert.ok(!shown({ face: faceOf({ height: 0, kind: "error" }) }).el.querySelector("details").open);
});

test("prose is shown as the kernel has made it", () => {
  const { el } = shown({ face: faceOf({ height: 0, prose: "<p>Use <b>x2</b></p>" }) });
  assert.equal(el.querySelector(".axnb-prose b").textContent, "x2");
});

test("a table follows its trait", () => {
  const { model, el } = shown();
  model.change("face", faceOf({ table: { columns: ["k"], numeric: [true], rows: [["1"], ["2"]], extent: "2 rows", whole: true } }));
  assert.equal(el.querySelector("summary").textContent, "Table: 2 rows");
});

test("no key reaches the notebook, and everything that can have the focus says so", () => {
  const { el } = shown();
  let reached = 0;
  const count = () => (reached += 1);
  body.addEventListener("keydown", count);
  for (const field of el.querySelectorAll("input, select, button, summary, [tabindex]")) {
    assert.ok(field.hasAttribute("data-lm-suppress-shortcuts"), field.outerHTML);
    press(field, "b");
  }
  body.removeEventListener("keydown", count);
  assert.equal(reached, 0);
});

test("a picture is saved by buttons that say so", async () => {
  const { el, model, draw } = shown();
  await draw();
  for (const field of el.querySelectorAll(".axnb-tools button")) click(field);
  assert.deepEqual(model.saved.map(({ format, filename }) => [format, filename]), [["png", "Slice"], ["svg", "Slice"]]);
  assert.ok(el.querySelector("button[aria-label='Save the picture as SVG']"));
});

test("a view that goes says so and lets plotly go", async () => {
  const { model, end, purged, painted, draw } = shown();
  await draw();
  end.abort();
  assert.equal(model.calls("hide").length, 1);
  assert.equal(purged.length, 1);
  await draw();
  assert.equal(painted.length, 1);
});

test("the loss of the kernel stops the controls and leaves the picture", async () => {
  const { model, el, draw } = shown();
  await draw();
  model.trigger("comm_live_update");
  assert.ok(el.querySelector("input[type=range]").disabled);
  assert.ok("axnbLive" in el.querySelector(".axnb-figure").dataset);
});

// ---- without a kernel ----------------------------------------------------------------------------------------------

test("without a kernel the card tells its story from its traits", async () => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const model = new FakeModel();
  model.send = () => {};
  model.values = { code: "card-1", face: faceOf(), picture: "<svg/>" };
  const el = body.appendChild(document.createElement("div"));
  card.render({ model, el, signal: new AbortController().signal });
  mock.timers.tick(1000);
  mock.timers.reset();
  assert.match(el.textContent, /Loss is lowest at 3\./);
  assert.match(el.textContent, /loss <img/);
  assert.equal(el.querySelectorAll("img").length, 1);
  assert.equal(el.querySelectorAll("td").length, 2);
});

// ---- modules -------------------------------------------------------------------------------------------------------

/** A kernel that sends a module when `model.ship(name)` is called. */
function lender() {
  const model = new FakeModel();
  model.ship = async (name, source = "export default 42") => {
    URL.createObjectURL = () => `data:text/javascript,${encodeURIComponent(source)}`;
    URL.revokeObjectURL = () => {};
    const packed = gzipSync("the source");
    model.trigger("msg:custom", { news: "module", name }, [new DataView(new Uint8Array(packed).buffer)]);
  };
  return model;
}

test("a module is asked for once a page and shared by all cards", async () => {
  const models = [lender(), lender()];
  const signal = new AbortController().signal;
  const both = models.map((model) => load("thing", model, signal));
  assert.deepEqual(models.map((model) => model.calls("module").length), [1, 0]);
  await models[0].ship("other");
  await models[0].ship("thing");
  const [one, other] = await Promise.all(both);
  assert.equal(one.default, 42);
  assert.equal(one, other);
  const late = lender();
  assert.equal(await load("thing", late, signal), one);
  assert.equal(late.sent.length, 0);
});

test("when the first card goes or its kernel is silent, another one asks", async () => {
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  const [gone, silent, third] = [lender(), lender(), lender()];
  const end = new AbortController();
  load("thing", gone, end.signal);
  end.abort();
  load("thing", silent, new AbortController().signal);
  assert.equal(silent.calls("module").length, 1);
  const wanted = load("thing", third, new AbortController().signal);
  assert.equal(third.calls("module").length, 0);
  mock.timers.tick(20_000);
  mock.timers.reset();
  assert.ok(third.calls("module").length + silent.calls("module").length > 1);
  await third.ship("thing");
  assert.equal((await wanted).default, 42);
});

// ---- groups --------------------------------------------------------------------------------------------------------

async function grouped(count, tabbed = count > 4) {
  const made = [];
  const model = new FakeModel();
  const members = Array.from({ length: count }, (_, i) => `anywidget:${i}`);
  model.values = { face: { title: EVIL, subtitle: "All.", titles: members.map((_, i) => `Card ${i} ${EVIL}`), tabbed }, members };
  const ended = [];
  const render = async (ref, { el, signal }) => {
    made.push([ref, el]);
    signal.addEventListener("abort", () => ended.push(ref));
  };
  const host = { getWidget: async (ref) => ({ render: (context) => render(ref, context) }) };
  const el = body.appendChild(document.createElement("div"));
  await group.render({ model, el, signal: new AbortController().signal, host });
  await settle();
  const hold = (numbers) => {
    model.values.members = numbers.map((i) => `anywidget:${i}`);
    model.change("face", { ...model.get("face"), titles: numbers.map((i) => `Card ${i}`), tabbed: numbers.length > 4 });
    return settle();
  };
  return { el, made, ended, model, hold };
}

test("cards that come and go leave the others as they are", async () => {
  const { el, made, ended, hold } = await grouped(3);
  const panels = () => [...el.querySelectorAll(".axnb-member")];
  const [first, second, third] = panels();
  await hold([2, 7, 0]);
  assert.deepEqual(made.map(([ref]) => ref), ["anywidget:0", "anywidget:1", "anywidget:2", "anywidget:7"]);
  assert.deepEqual(ended, ["anywidget:1"]);
  assert.deepEqual([panels()[0], panels()[2]], [third, first]);
  assert.ok(!panels().includes(second));
});

test("the tab that was chosen stays chosen while others come and go, and its neighbour follows it", async () => {
  const { el, hold } = await grouped(6);
  const chosen = () => el.querySelector("[aria-selected=true]").textContent;
  click(el.querySelectorAll("[role=tab]")[2]);
  await hold([7, 0, 1, 2, 3]);
  assert.equal(chosen(), "Card 2");
  await hold([7, 0, 1, 8, 3]);
  assert.equal(chosen(), "Card 8");
  assert.equal([...el.querySelectorAll(".axnb-member")].filter((panel) => !panel.hidden).length, 1);
});

test("a group that grows is tabs, one that shrinks stands side by side, and a single card needs no heading", async () => {
  const { el, made, model, hold } = await grouped(2);
  await hold([0, 1, 2, 3, 4]);
  assert.equal(el.querySelector("section").dataset.arrangement, "tabs");
  assert.equal(made.length, 2);
  await hold([1]);
  assert.ok(el.querySelector("[role=tablist]").hidden);
  assert.equal(el.querySelectorAll("[role=tabpanel]").length, 0);
  model.change("face", { ...model.get("face"), title: "" });
  assert.ok(el.querySelector("h2").hidden);
  assert.equal(el.querySelector("section").getAttribute("aria-label"), "Card 1");
});

test("few cards stand side by side", async () => {
  const { el, made } = await grouped(3);
  assert.equal(el.querySelector("section").dataset.arrangement, "grid");
  assert.equal(made.length, 3);
  assert.equal(el.querySelector("h2").textContent, EVIL);
});

test("a group's sentence goes when it is no longer true", async () => {
  const { el, model } = await grouped(2);
  assert.equal(el.querySelector("header p").textContent, "All.");
  model.change("face", { ...model.get("face"), subtitle: "" });
  assert.ok(el.querySelector("header p").hidden);
});

test("many cards are tabs, each made when it is first shown", async () => {
  const { el, made } = await grouped(6);
  const tabs = [...el.querySelectorAll("[role=tab]")];
  assert.equal(made.length, 1);
  click(tabs[2]);
  click(tabs[0]);
  click(tabs[2]);
  await settle();
  assert.deepEqual(made.map(([ref]) => ref), ["anywidget:0", "anywidget:2"]);
  assert.deepEqual([...el.querySelectorAll("[role=tabpanel]")].map((panel) => panel.hidden), [true, true, false, true, true, true]);
  assert.equal(tabs[2].getAttribute("aria-selected"), "true");
  assert.equal(el.querySelector("img"), null);
});

test("tabs are steered by the arrow keys, with one stop for the tab key", async () => {
  const { el } = await grouped(6);
  const tabs = [...el.querySelectorAll("[role=tab]")];
  const chosen = () => tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
  press(tabs[0], "ArrowLeft");
  assert.equal(chosen(), 5);
  press(tabs[5], "ArrowRight");
  assert.equal(chosen(), 0);
  press(tabs[0], "End");
  assert.equal(chosen(), 5);
  press(tabs[5], "Home");
  assert.equal(chosen(), 0);
  assert.deepEqual(tabs.map((tab) => tab.tabIndex), [0, -1, -1, -1, -1, -1]);
  assert.equal(document.activeElement, tabs[0]);
});
