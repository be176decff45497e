import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { brief, newControls, scaleOf } from "../../../widgets/static/cards/controls.js";
import { newHandles } from "../../../widgets/static/cards/handles.js";
import { newMoves } from "../../../widgets/static/cards/moves.js";
import { newTable } from "../../../widgets/static/cards/table.js";
import { fitAxes, fitNames, keepAxes, keepReading, neutral, overflows, recoloured, recolouring, visibleLines } from "../../../widgets/static/cards/text.js";
import { hideStandIn } from "../../../widgets/static/stand-in.js";
import { page, settle } from "../page.js";

const EVIL = "<img src=x onerror=alert(1)>";
page();

// ---- moves ---------------------------------------------------------------------------------------------------------

/** Moves whose requests are answered by hand. */
function movesByHand() {
  const sent = [];
  const refused = [];
  const busy = [];
  const moves = newMoves({
    send: (request) => new Promise((answer, refuse) => sent.push({ ...request, answer, refuse })),
    refused: (error) => refused.push(error.message),
    busy: (on) => busy.push(on),
  });
  return { moves, sent, refused, busy };
}

const to = (value, field = "x") => ({ field, key: null, value });

test("one request is in flight at a time, and of the moves meanwhile the latest goes next", async () => {
  const { moves, sent } = movesByHand();
  for (const value of [1, 2, 3, 4]) moves.move(to(value), true);
  moves.move(to(7, "y"), true);
  assert.deepEqual(sent.map((request) => request.changes), [[to(1)]]);
  sent[0].answer(1);
  await settle();
  assert.equal(sent.length, 1, "the picture has not come yet");
  moves.arrived(1);
  assert.deepEqual(sent[1].changes, [to(4), to(7, "y")]);
});

test("a picture may come before the answer that announces it", async () => {
  const { moves, sent } = movesByHand();
  moves.move(to(1), false);
  moves.move(to(2), false);
  moves.arrived(1);
  assert.equal(sent.length, 1);
  sent[0].answer(1);
  await settle();
  assert.equal(sent.length, 2);
});

test("another picture than the awaited one frees nothing", async () => {
  const { moves, sent } = movesByHand();
  moves.move(to(1), false);
  sent[0].answer(5);
  await settle();
  moves.move(to(2), false);
  moves.arrived(4);
  assert.equal(sent.length, 1);
  moves.arrived(5);
  assert.equal(sent.length, 2);
});

test("while a slider moves pictures are drafts; the fine one follows when it rests or is let go", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { moves, sent } = movesByHand();
  moves.move(to(1), true);
  assert.equal(sent[0].draft, true);
  sent[0].answer(1);
  await Promise.resolve();
  moves.arrived(1);
  mock.timers.tick(1000);
  mock.timers.reset();
  await settle();
  assert.deepEqual([sent[1].draft, sent[1].changes], [false, []]);
  sent[1].answer(2);
  await settle();
  moves.arrived(2);
  moves.move(to(3), false);
  assert.equal(sent[2].draft, false);
});

test("a refusal is told, and the way is free again", async () => {
  const { moves, sent, refused, busy } = movesByHand();
  moves.move(to(1), false);
  sent[0].refuse(new Error("use a number from 0 to 1."));
  await settle();
  assert.deepEqual(refused, ["use a number from 0 to 1."]);
  assert.deepEqual(busy, [true, false]);
  moves.move(to(0.5), false);
  assert.equal(sent.length, 2);
});

test("reset forgets the moves that wait", async () => {
  const { moves, sent } = movesByHand();
  moves.move(to(1), false);
  moves.move(to(2), false);
  moves.reset();
  sent[0].answer(1);
  await settle();
  moves.arrived(1);
  const { changes, reset, draft } = sent[1];
  assert.deepEqual({ changes, reset, draft }, { changes: [], reset: true, draft: false });
});

// ---- controls ------------------------------------------------------------------------------------------------------

const choice = (more = {}) => ({
  ...{ field: "metric", key: null, label: "Metric", kind: "dropdown", value: "loss", options: ["loss", "time"] },
  ...{ labels: ["loss", "time"], minimum: null, maximum: null, scale: "linear", step: null },
  ...more,
});
const slider = (more = {}) =>
  choice({ field: "at", key: "dose", label: "dose", kind: "slider", value: 2, options: [], labels: [], minimum: 0, maximum: 10, ...more });

function row(controls, pending = () => false) {
  const moved = [];
  const made = newControls({ moved: (control, value, moving) => moved.push([control.label, value, moving]), reset: () => moved.push("reset"), pending });
  made.update(controls);
  made.enable(true);
  return { ...made, moved };
}

const change = (field, type = "change") => field.dispatchEvent(new Event(type, { bubbles: true }));

test("an option comes back with its own type", () => {
  const { element, moved } = row([choice({ options: [1, "1", true, null], labels: ["1", "'1'", "yes", "none"], value: 1 })]);
  const field = element.querySelector("select");
  for (let i = 0; i < 4; i++) {
    field.selectedIndex = i;
    change(field);
  }
  assert.deepEqual(moved.map(([, value]) => value), [1, "1", true, null]);
});

test("a slider tells every step while it moves, shows its value and says it", () => {
  const { element, moved } = row([slider({ step: 2 })]);
  const field = element.querySelector("input[type=range]");
  field.value = "3";
  change(field, "input");
  change(field);
  assert.deepEqual(moved, [["dose", 6, true], ["dose", 6, false]]);
  assert.equal(element.querySelector(".axnb-typed").value, "6");
  assert.equal(field.getAttribute("aria-valuetext"), "6");
});

test("a value is typed as well, with a comma or a point, and moved to the nearest one there is", () => {
  const { element, moved } = row([slider({ step: 2 })]);
  const typed = element.querySelector(".axnb-typed");
  assert.equal(typed.getAttribute("aria-label"), "dose: type a value");
  for (const [text, shown] of [["6,7", "6"], ["999", "10"], ["much", "10"], ["", "10"]]) {
    typed.value = text;
    change(typed);
    assert.equal(typed.value, shown);
  }
  assert.deepEqual(moved, [["dose", 6, false], ["dose", 10, false]]);
});

test("a toggle of a parameter stands with the parameter's own control", () => {
  const lock = choice({ field: "locked", key: "dose", kind: "toggle", label: "Lock dose", value: false });
  const { element, update } = row([slider(), lock, slider({ key: "time", label: "time" })]);
  const places = () => [...element.children].filter((child) => child.classList.contains("axnb-control"));
  assert.deepEqual(places().map((place) => place.querySelectorAll("[type=checkbox]").length), [1, 0]);
  const kept = element.querySelector("[type=checkbox]");
  update([slider(), { ...lock, value: true }, slider({ key: "time", label: "time" })]);
  assert.equal(element.querySelector("[type=checkbox]"), kept);
  assert.ok(kept.checked);
});

test("a toggle is true or false", () => {
  const { element, moved } = row([choice({ kind: "toggle", label: "Trials", value: true })]);
  const field = element.querySelector("input:not(.axnb-typed)");
  field.checked = false;
  change(field);
  assert.deepEqual(moved, [["Trials", false, false]]);
});

test("every control has a label, and names are text", () => {
  const { element } = row([choice({ label: EVIL, labels: [EVIL, "b"] }), slider({ label: EVIL })]);
  assert.equal(element.querySelector("img"), null);
  for (const field of element.querySelectorAll("select, input:not(.axnb-typed)")) {
    assert.equal(element.querySelector(`label[for="${field.id}"]`).textContent, EVIL);
    assert.ok(field.hasAttribute("data-lm-suppress-shortcuts"));
  }
});

test("a control that stays keeps its element; others come and go in order", () => {
  const { element, update } = row([choice(), slider()]);
  const kept = element.querySelector("select");
  update([slider({ key: "time", label: "time" }), choice({ value: "time" })]);
  assert.equal(element.querySelector("select"), kept);
  assert.equal(kept.selectedIndex, 1);
  const labels = [...element.querySelectorAll("label")].map((label) => label.textContent);
  assert.deepEqual(labels, ["time", "Metric"]);
});

test("a control that the reader is moving is not set", () => {
  const { element, update } = row([slider()], () => true);
  const field = element.querySelector("input:not(.axnb-typed)");
  field.value = "150";
  update([slider({ value: 0 })]);
  assert.equal(field.value, "150");
});

test("reset is there once something has moved", () => {
  const { element, update, moved } = row([slider()]);
  const back = element.querySelector("button");
  assert.ok(back.hidden);
  update([slider({ value: 3 })]);
  assert.ok(!back.hidden);
  back.click();
  assert.deepEqual(moved, ["reset"]);
});

test("nothing can be moved before the kernel listens", () => {
  const { element, enable } = row([choice(), slider()]);
  enable(false);
  assert.ok([...element.querySelectorAll("select, input")].every((field) => field.disabled));
});

const scales = {
  continuous: { minimum: -2, maximum: 3, scale: "linear", step: null },
  stepped: { minimum: 0.1, maximum: 0.7, scale: "linear", step: 0.2 },
  whole: { minimum: 1, maximum: 1000, scale: "linear", step: 1 },
  decades: { minimum: 1e-5, maximum: 1e-1, scale: "log", step: null },
  "whole on a log scale": { minimum: 1, maximum: 4096, scale: "log", step: 1 },
  "few on a log scale": { minimum: 1, maximum: 8, scale: "log", step: 1 },
};
for (const [name, control] of Object.entries(scales)) {
  test(`a slider's ends, order and steps are right: ${name}`, () => {
    const scale = scaleOf(control);
    const values = Array.from({ length: scale.last + 1 }, (_, i) => scale.value(i));
    assert.equal(values[0], control.minimum);
    assert.equal(values.at(-1), control.maximum);
    assert.ok(values.every((value, i) => !i || value >= values[i - 1]));
    for (const value of values) {
      const steps = (value - control.minimum) / (control.step ?? 1);
      if (control.step) assert.ok(Math.abs(steps - Math.round(steps)) < 1e-6, String(value));
      assert.ok(Math.abs(scale.value(scale.position(value)) - value) <= 0.03 * Math.abs(value), `${value}`);
    }
  });
}

test("on a log scale equal movements multiply", () => {
  const scale = scaleOf(scales.decades);
  assert.ok(Math.abs(scale.value(scale.last / 2) - 1e-3) < 1e-9);
});

test("numbers are shown short", () => {
  assert.deepEqual([3, 0.123456, 1234567.8, 0.00001234, 0, -0.5].map(brief), ["3", "0.1235", "1.23e+6", "1.23e-5", "0", "-0.5"]);
});

// ---- figure --------------------------------------------------------------------------------------------------------

test("names are shown as they were written; only plotly's plain tags remain tags", () => {
  const figure = {
    data: [{ name: EVIL, text: ["<script>x</script>", "a < b", 3, null], z: { bdata: "<==", dtype: "f8" } }],
    layout: { title: { text: `<b>bold</b><br><a href="javascript:x">l</a><span style="color:red">s</span>` } },
  };
  const { data, layout } = neutral(structuredClone(figure));
  assert.equal(data[0].name, "&lt;img src=x onerror=alert(1)>");
  assert.deepEqual(data[0].text, ["&lt;script>x&lt;/script>", "a &lt; b", 3, null]);
  assert.deepEqual(data[0].z, figure.data[0].z);
  assert.equal(layout.title.text, `<b>bold</b><br>&lt;a href="javascript:x">l&lt;/a><span style="color:red">s</span>`);
  assert.ok(neutral(`<span style="background:url(//evil)">`).startsWith("&lt;"));
});

test("colours follow the theme, also as rgba, but not in colour scales", () => {
  const recolour = recolouring([["#0072b2", "#56b4e9"]]);
  const trace = { marker: { color: "#0072B2" }, fillcolor: "rgba(0, 114, 178, 0.2)", colorscale: [[0, "#0072b2"]], name: "#0072b2 x", y: [1, 2] };
  const { marker, fillcolor, colorscale, y } = recoloured(trace, recolour);
  assert.deepEqual([marker.color, fillcolor, colorscale, y], ["#56b4e9", "rgba(86,180,233, 0.2)", [[0, "#0072b2"]], [1, 2]]);
});

test("a zoom is kept while its axis shows the same, and given up when it does not", () => {
  const of = (text) => {
    const layout = { xaxis: { title: { text } }, yaxis: {} };
    keepReading(layout);
    return layout;
  };
  assert.deepEqual(of("lr"), of("lr"));
  assert.notEqual(of("lr").xaxis.uirevision, of("depth").xaxis.uirevision);
  assert.equal(of("lr").uirevision, of("depth").uirevision);
});

test("where there is little room there are few ticks", () => {
  const [wide, narrow, own] = [900, 360, 360].map((width) => ({ width, xaxis: {}, yaxis: {} }));
  own.xaxis.nticks = 8;
  for (const layout of [wide, narrow, own]) fitAxes(layout, layout.width);
  assert.deepEqual([wide.xaxis.nticks, narrow.xaxis.nticks, own.xaxis.nticks, narrow.yaxis.nticks], [undefined, 3, 8, undefined]);
});

test("a title that is wider than its room is broken between words", () => {
  const title = "share of variation explained, interactions included";
  const [wide, narrow] = [600, 210].map((room) => {
    const layout = { width: 700, xaxis: { title: { text: title } }, yaxis: { title: { text: title } } };
    assert.equal(overflows(layout, room), room < 300);
    fitAxes(layout, room);
    assert.ok(!overflows(layout, room));
    return layout;
  });
  assert.equal(wide.xaxis.title.text, title);
  assert.equal(narrow.xaxis.title.text, "share of variation explained,<br>interactions included");
  assert.equal(narrow.yaxis.title.text, title);
});

// ---- table ---------------------------------------------------------------------------------------------------------

test("a table is filled when it is opened, from texts, and says what is left out", async () => {
  const table = newTable();
  table.update({ columns: [EVIL], numeric: [false], rows: [["<b>x</b>"]], extent: "1 of 70 rows", whole: false });
  assert.equal(table.element.querySelector("td"), null);
  assert.equal(table.element.querySelector("summary").textContent, "Table: 1 of 70 rows");
  table.element.open = true;
  await settle();
  assert.equal(table.element.querySelector("th").textContent, EVIL);
  assert.equal(table.element.querySelector("td").textContent, "<b>x</b>");
  assert.match(table.element.textContent, /The rest is in card\.df/);
});

test("an open table follows, and an empty one is not there", async () => {
  const table = newTable();
  table.update({ columns: ["a"], numeric: [true], rows: [["1"]], extent: "1 row", whole: true });
  table.element.open = true;
  await settle();
  table.update({ columns: ["a"], numeric: [true], rows: [["1"], ["2"]], extent: "2 rows", whole: true });
  assert.equal(table.element.querySelectorAll("td").length, 2);
  table.update({ columns: [], numeric: [], rows: [], extent: "0 rows", whole: true });
  assert.ok(table.element.hidden);
});

test("on a dark page the lines of parallel coordinates are light where they were dark", () => {
  const data = [{ type: "parcoords", line: { colorscale: [[0, "#000"]] } }, { type: "contour" }, { type: "scatter", line: {} }];
  visibleLines(data);
  assert.deepEqual(data.map((trace) => trace.line?.reversescale), [true, undefined, undefined]);
  visibleLines(data);
  assert.equal(data[0].line.reversescale, false);
});

test("the colour of a line that a dark page would swallow is left out, whichever end it is at", () => {
  const scale = [[0, "#ffffd0"], [0.5, "#3090a0"], [1, "#202060"]];
  const turned = scale.map(([at], i) => [at, scale[2 - i][1]]);
  const data = [scale, turned].map((colorscale) => ({ type: "parcoords", line: { colorscale } }));
  visibleLines(data);
  assert.deepEqual(data.map(({ line }) => line.colorscale), [[[0, "#ffffd0"], [1, "#3090a0"]], [[0, "#3090a0"], [1, "#ffffd0"]]]);
});

// ---- handles -------------------------------------------------------------------------------------------------------

/** A plot of 100 by 50 pixels at (40, 20) whose axes run from 0 to 10; the page shows it at (1000, 0). */
function gripped(controls) {
  const plot = document.createElement("div");
  plot.getBoundingClientRect = () => ({ left: 1000, top: 0 });
  const across = { _offset: 40, _length: 100, d2p: (value) => 10 * value, p2d: (place) => place / 10 };
  const upwards = { _offset: 20, _length: 50, d2p: (value) => 50 - 5 * value, p2d: (place) => 10 - place / 5 };
  plot._fullLayout = { xaxis: across, yaxis: upwards, _size: { l: 40, t: 20, w: 100, h: 50 } };
  const moves = [];
  const handles = newHandles({ plot, moved: ({ key }, value, moving) => moves.push([key, value, moving]) });
  handles.update(controls);
  handles.enable(true);
  const grips = () => [...handles.element.children];
  const mouse = (grip, type, x, y = 0) => {
    grip.setPointerCapture = () => {};
    const event = new MouseEvent(type, { clientX: x, clientY: y, button: 0, cancelable: true });
    grip.dispatchEvent(Object.assign(event, { pointerId: 1 }));
  };
  return { handles, grips, moves, mouse };
}

const line = (axis, value, key = axis) => ({ field: "bounds", key, label: `Bound of ${EVIL}`, kind: "slider", value, minimum: 1, maximum: 9, axis });

test("a grip lies on its value, and there is none for other sliders", () => {
  const { grips } = gripped([line("x", 4), line("y", 4), line(null, 4)]);
  assert.equal(grips().length, 2);
  assert.deepEqual(["left", "top", "height"].map((side) => grips()[0].style[side]), ["80px", "20px", "50px"]);
  assert.deepEqual(["left", "top", "width"].map((side) => grips()[1].style[side]), ["40px", "50px", "100px"]);
});

test("a grip of a small picture lies within its cell, and a drag gives the control's own values", () => {
  const cell = { axis: "x", span: [2, 4], across: [2, 4] };
  const log = { ...line("x", 10, "salt"), minimum: 1, maximum: 100, scale: "log", ...cell };
  const oven = { field: "at", key: "oven", label: "oven", kind: "dropdown", value: "stone", options: ["gas", "steam", "stone"], labels: [], ...cell };
  const { grips, moves, mouse } = gripped([log, oven]);
  assert.deepEqual(["left", "top", "height"].map((side) => grips()[0].style[side]), ["70px", "50px", "10px"]);
  assert.equal(grips()[1].style.left, "80px");
  for (const [grip, x] of [[grips()[0], 1080], [grips()[1], 1069]]) {
    mouse(grip, "pointerdown", 1070);
    mouse(grip, "pointerup", x);
  }
  assert.deepEqual(moves, [["salt", 100, false], ["oven", "steam", false]]);
});

test("a grip that is dragged says where it is, within its ends, and when it is let go", () => {
  const { grips, moves, mouse } = gripped([line("x", 4), line("y", 4)]);
  const [across, upwards] = grips();
  mouse(across, "pointermove", 1060);
  mouse(across, "pointerdown", 1080);
  mouse(across, "pointermove", 1100);
  assert.equal(across.style.left, "100px");
  mouse(across, "pointermove", 5000);
  mouse(across, "pointerup", 1000);
  mouse(upwards, "pointerdown", 1080, 50);
  mouse(upwards, "pointerup", 1080, 40);
  assert.deepEqual(moves, [["x", 6, true], ["x", 9, true], ["x", 1, false], ["y", 6, false]]);
});

test("a grip follows the kernel, but not while it is held", () => {
  const { handles, grips, mouse } = gripped([line("x", 4)]);
  const [grip] = grips();
  mouse(grip, "pointerdown", 1080);
  mouse(grip, "pointermove", 1100);
  handles.update([line("x", 5)]);
  handles.place();
  assert.equal(grip.style.left, "100px");
  mouse(grip, "pointerup", 1100);
  handles.update([line("x", 7)]);
  handles.place();
  assert.deepEqual([grips()[0], grip.style.left], [grip, "110px"]);
});

test("a grip out of sight, or without a kernel, is hidden", () => {
  const { handles, grips } = gripped([line("x", 4)]);
  handles.update([line("x", 12)]);
  handles.place();
  assert.ok(grips()[0].hidden);
  handles.update([line("x", 4)]);
  handles.place();
  assert.ok(!grips()[0].hidden);
  handles.enable(false);
  assert.ok(grips()[0].hidden);
});

// ---- stand-ins -----------------------------------------------------------------------------------------------------

const waited = () => new Promise((resolve) => setTimeout(resolve, 80));

/** Outputs of a cell in JupyterLab: a stand-in or nothing before the view. */
function outputs(html) {
  document.body.innerHTML = html;
  const view = document.querySelector(".view");
  const still = document.querySelector(".axnb-stand-in");
  return { view, still, end: new AbortController() };
}

const lab = (...contents) => contents.map((each) => `<div class="jp-OutputArea-child">${each}</div>`).join("");
const STILL = '<div class="axnb-stand-in">picture</div>';

test("a stand-in is hidden when the view has something to show, and comes back when the view goes", async () => {
  const { view, still, end } = outputs(lab(STILL, '<div class="view"></div>'));
  hideStandIn(view, end.signal);
  await waited();
  assert.equal(still.parentElement.style.display, "");
  view.append("text", document.createElement("p"));
  await waited();
  assert.equal(still.parentElement.style.display, "none");
  end.abort();
  assert.equal(still.parentElement.style.display, "");
});

test("a view that is not yet on the page finds its stand-in later", async () => {
  const { still, end } = outputs(lab(STILL, ""));
  const view = document.createElement("div");
  view.append(document.createElement("p"));
  hideStandIn(view, end.signal);
  await waited();
  document.querySelectorAll(".jp-OutputArea-child")[1].append(view);
  await waited();
  assert.equal(still.parentElement.style.display, "none");
});

test("what stands before another output, or outside a group, is left alone", async () => {
  for (const html of [lab(STILL, "text", '<div class="view"><p></p></div>'), lab(STILL, '<div class="axnb"><div class="view"><p></p></div></div>')]) {
    const { view, still, end } = outputs(html);
    hideStandIn(view, end.signal);
    await waited();
    assert.equal(still.parentElement.style.display, "");
  }
});

test("elsewhere the nearest stand-in before the view gives way, once", async () => {
  const { still, end } = outputs(`${STILL}<div>${STILL}</div><div class="view"><p></p></div><div class="view"><p></p></div>${STILL}`);
  for (const view of document.querySelectorAll(".view")) hideStandIn(view, end.signal);
  await waited();
  assert.deepEqual([...document.querySelectorAll(".axnb-stand-in")].map((each) => each.style.display), ["", "none", ""]);
  assert.equal(still.style.display, "");
});

const parallel = (...labels) => [{ type: "parcoords", dimensions: labels.map((label) => ({ label })) }];
const labelsOf = (data) => data[0].dimensions.map((d) => (d.constraintrange ? `${d.label} ${d.constraintrange}` : d.label)).join("|");

test("lines picked on an axis stay picked, and axes where a reader put them, whatever lines come", () => {
  const painted = parallel("b", "a", "y");
  painted[0].dimensions[1].constraintrange = [1, 2];
  const next = parallel("a", "b", "y");
  const given = keepAxes(next, painted, [["a", "b", "y"]]);
  assert.equal(labelsOf(next), "b|a 1,2|y");
  assert.deepEqual(given, [["a", "b", "y"]]);
});

test("axes that come in another order stand so, and what was picked goes with its axis", () => {
  const painted = parallel("b", "a", "y");
  painted[0].dimensions[0].constraintrange = [1, 2];
  painted[0].dimensions[2].constraintrange = [3, 4];
  const next = parallel("b", "c", "a", "z");
  keepAxes(next, painted, [["a", "b", "y"]]);
  assert.equal(labelsOf(next), "b 1,2|c|a|z");
});

test("where two axes have the same name, nothing is picked on the wrong one", () => {
  const painted = parallel("a", "a");
  painted[0].dimensions[0].constraintrange = [1, 2];
  const next = parallel("a", "a");
  keepAxes(next, painted, [["a", "a"]]);
  assert.equal(labelsOf(next), "a|a");
});

test("names of many axes are cut to the room there is, and known by the whole of them", () => {
  const data = parallel("temperature", "salt &amp; pepper concentration", "y");
  fitNames(data, 120);
  assert.deepEqual(data[0].dimensions.map((d) => d.label), ["temperat…", "salt &amp; p…", "y"]);
  data[0].dimensions[1].constraintrange = [1, 2];
  const next = parallel("temperature", "salt &amp; pepper concentration", "y");
  keepAxes(next, data, [[]]);
  assert.deepEqual(next[0].dimensions[1].constraintrange, [1, 2]);
});
