/**
 * The rows of the board as a grid: only those in sight are in the page, each is patched in place, and the keyboard's
 * place is never lost. What an action does is up to whoever made the table.
 */

import { h, setAttribute } from "../dom.js";
import { editResult } from "./cell-editor.js";
import { columnsOf, layOut, pinResults } from "./columns.js";
import { createHead } from "./head.js";
import { ROW, keepInSight, placeAt, topOf } from "./geometry.js";
import { pressKey, stopAt } from "./keyboard.js";
import { WORDS, arrangeLines, makeLine, patchLine } from "./row.js";
import { howOf } from "./selection.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").Action} Action
 * @typedef {import("./columns.js").Column} Column
 * @typedef {import("./row.js").Line} Line
 */

const MARGIN = 8; // rows kept ready above and below those in sight
const NARROW = 520; // pixels, as in board.css
const AHEAD = 60; // rows fetched beyond those in sight
const SIGHT = 480; // pixels, where the page cannot tell

/**
 * @param {object} options
 * @param {Store} options.store
 * @param {(trial: number, action: Action | null) => void} options.act what to do on an action; null asks for whatever is possible
 * @param {(trial: number, how: import("./selection.js").How) => void} options.select
 * @param {(trial: number, metric: string, text: string) => Promise<unknown>} options.amend
 * @param {(key: string) => boolean} options.shortcut does what a key stands for, if it stands for anything
 */
export function createTable({ store, act, select, amend, shortcut }) {
  const columnGroup = h("colgroup");
  const headRow = h("tr", { "aria-rowindex": 1 });
  const body = h("tbody");
  const grid = h("table", { role: "grid", "aria-label": "Trials", "aria-multiselectable": "true" }, columnGroup, h("thead", {}, headRow), body);
  const element = h("div", { class: "axnb-scroll", tabindex: -1 }, grid);

  /** @type {Column[]} */
  let columns = [];
  /** @type {import("./head.js").Head[]} */
  let heads = [];
  /** @type {Map<number, Line>} */
  const lines = new Map();
  /** Positions of the trials. @type {Map<number, number>} */
  let places = new Map();
  /** The keyboard's place. */
  const here = { trial: -1, key: "trial" };
  /** @type {{trial: number, line: HTMLTableRowElement, focus: () => void} | null} */
  let form = null;
  /** @type {Set<number>} */
  let selected = new Set();
  /** How the next row that gets the focus is selected; null where a click decides. @type {import("./selection.js").How | null} */
  let how = {};
  let scheduled = false;
  let narrow = false;

  // -- geometry -------------------------------------------------------------------------------------------------------

  /** @returns {import("./geometry.js").Below | null} */
  const below = () => (form ? { place: places.get(form.trial) ?? -1, height: form.line.offsetHeight || 120 } : null);
  /** @param {number} place */
  const top = (place) => topOf(place, below());
  const sight = () => (element.clientHeight || SIGHT) - headHeight();
  const headHeight = () => headRow.offsetHeight || 44;

  // -- drawing --------------------------------------------------------------------------------------------------------

  const drawColumns = () => {
    columns = columnsOf(store.columns, store.layout, narrow);
    heads = columns.map((column) => createHead(column, store));
    headRow.replaceChildren(...heads.map((head) => head.element));
    lines.clear();
    body.replaceChildren();
    drawWidths();
  };

  const drawWidths = () => {
    for (const head of heads) head.update();
    const { extents, layout } = store;
    layOut(columns, { extents, parameters: store.columns.parameters.length, widths: layout.widths }, grid, columnGroup);
    pinResults(element, headRow);
  };

  /** Draws what is in sight. */
  const draw = () => {
    scheduled = false;
    const { trials } = store;
    const first = Math.max(0, placeAt(element.scrollTop, below()) - MARGIN);
    const last = Math.min(trials.length - 1, placeAt(element.scrollTop + sight(), below()) + MARGIN);
    const shown = new Set();
    for (let place = first; place <= last; place++) shown.add(place);
    const kept = [here.trial, form?.trial, heldTrial()].map((trial) => (trial === undefined ? undefined : places.get(trial)));
    for (const place of kept) if (place !== undefined) shown.add(place);
    const ordered = [...shown].sort((a, b) => a - b);
    if (ordered.some((place) => !store.row(trials[place] ?? -1))) store.want([...ordered.flatMap((place) => trials[place] ?? []), ...trials.slice(Math.max(0, first - AHEAD), last + AHEAD)]);
    arrangeLines(body, ordered.flatMap((at) => wanted(at)), trials.length, form && { at: below()?.place ?? -1, node: form.line });
    for (const [trial, line] of lines) if (!line.element.isConnected) lines.delete(trial);
    setAttribute(grid, "aria-rowcount", trials.length + 1);
    setAttribute(grid, "aria-colcount", columns.length);
    rove();
  };

  /** @param {number} at */
  const wanted = (at) => {
    const trial = store.trials[at];
    if (trial === undefined) return [];
    const line = lines.get(trial) ?? makeLine(trial, columns);
    lines.set(trial, line);
    patchLine(line, columns, store.row(trial));
    setAttribute(line.element, "aria-rowindex", at + 2);
    setAttribute(line.element, "aria-selected", selected.has(trial) ? "true" : "false");
    return [{ at, node: line.element }];
  };

  /** Marks the sides on which there is more to see. */
  const showEdges = () => {
    element.classList.toggle("axnb-shifted", element.scrollLeft > 0);
    element.classList.toggle("axnb-more", element.scrollLeft + element.clientWidth < element.scrollWidth - 1);
  };

  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(draw);
  };

  // -- keyboard -------------------------------------------------------------------------------------------------------

  /** The trial of the row that has the focus. */
  const heldTrial = () => {
    const line = body.contains(document.activeElement) ? document.activeElement?.closest("tr[data-trial]") : null;
    return line ? Number(line.getAttribute("data-trial")) : undefined;
  };

  /** Keeps one tab stop in the grid: the keyboard's place, or the first row. */
  const rove = () => {
    if (!places.has(here.trial)) here.trial = store.trials[0] ?? -1;
    const line = lines.get(here.trial);
    const stop = line && stopAt(line, here.key);
    for (const other of body.querySelectorAll('[data-key][tabindex="0"]')) if (other !== stop) other.setAttribute("tabindex", "-1");
    stop?.setAttribute("tabindex", "0");
  };

  /**
   * Goes to a place, brings it into sight and gives it the focus.
   *
   * @param {number} trial
   * @param {string} key
   */
  const go = (trial, key) => {
    const at = places.get(trial);
    if (at === undefined) return;
    here.trial = trial;
    here.key = key;
    reveal(trial);
    const line = lines.get(trial);
    const stop = line && stopAt(line, key);
    stop?.focus({ preventScroll: true });
    stop?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  };

  /**
   * Scrolls a row into sight; the focus stays where it is.
   *
   * @param {number} trial
   */
  const reveal = (trial) => {
    const y = top(places.get(trial) ?? 0);
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + ROW > element.scrollTop + sight()) element.scrollTop = y + ROW - sight();
    draw();
  };

  /** @type {Parameters<typeof pressKey>[2]["edit"]} */
  const edit = (trial, key, typed) => editResult({ row: store.row(trial), columns, key, cell: lines.get(trial)?.cells.get(key), typed, amend, go });

  grid.addEventListener("keydown", (event) => {
    const trial = heldTrial();
    const line = trial === undefined ? undefined : lines.get(trial);
    const at = trial === undefined ? undefined : places.get(trial);
    if (!line || at === undefined) return;
    how = { extend: event.shiftKey };
    const page = Math.max(1, Math.floor(sight() / ROW) - 1);
    pressKey(event, { line, at, trials: store.trials, page }, { go, act, select, edit, shortcut });
  });
  body.addEventListener("focusin", (event) => {
    const stop = /** @type {HTMLElement} */ (event.target).closest("[data-key]");
    const trial = heldTrial();
    if (!stop || trial === undefined) return;
    here.trial = trial;
    here.key = stop.getAttribute("data-key") ?? "trial";
    rove();
    if (how) select(trial, how);
  });
  body.addEventListener("mousedown", (event) => {
    how = null;
    if (event.shiftKey) event.preventDefault(); // else the texts between the rows are marked
  });
  body.addEventListener("click", (event) => {
    how = {};
    const target = /** @type {HTMLElement} */ (event.target);
    const stop = target.closest("[data-key]");
    const trial = Number(target.closest("tr[data-trial]")?.getAttribute("data-trial") ?? NaN);
    const key = stop?.getAttribute("data-key") ?? "";
    if (Number.isNaN(trial) || !stop) return;
    select(trial, howOf(event));
    if (key in WORDS) act(trial, /** @type {Action} */ (key));
    else if (key === "status") act(trial, null);
  });
  body.addEventListener("dblclick", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    edit(heldTrial() ?? -1, target.closest("[data-key]")?.getAttribute("data-key") ?? "", null);
  });
  element.addEventListener("scroll", () => {
    showEdges();
    schedule();
  });

  // -- what others may do ---------------------------------------------------------------------------------------------

  return {
    element,

    /** @param {import("./store.js").Difference} difference */
    update(difference) {
      const back = keepInSight(element, places, top);
      const held = heldTrial() !== undefined && !form?.line.contains(document.activeElement);
      const spot = { ...here, at: places.get(here.trial) ?? 0 };
      if (difference.columns) drawColumns();
      else drawWidths();
      if (difference.trials || difference.columns) places = new Map(store.trials.map((trial, at) => [trial, at]));
      if (form && !places.has(form.trial)) form = null;
      draw();
      if (back(places, top)) draw();
      if (held && !body.contains(document.activeElement)) {
        const trial = places.has(spot.trial) ? spot.trial : store.trials[Math.min(spot.at, store.trials.length - 1)];
        if (trial !== undefined) go(trial, spot.key in WORDS ? "status" : spot.key);
      }
    },

    /**
     * Shows a form below its row.
     *
     * @param {number} trial
     * @param {HTMLElement} content
     * @param {() => void} focus gives the focus to the form
     */
    open(trial, content, focus) {
      const box = h("div", { class: "axnb-form-box" }, content);
      const cell = h("td", { colspan: columns.length, role: "gridcell", class: "axnb-form-cell" }, box);
      form = { trial, line: h("tr", { role: "row", class: "axnb-form-row" }, cell), focus };
      here.trial = trial;
      draw();
      const above = top(places.get(trial) ?? 0);
      const end = above + ROW + (below()?.height ?? 0);
      if (end > element.scrollTop + sight()) element.scrollTop = Math.min(end - sight(), above);
      focus();
    },

    /** Takes the form away; the focus, if it was there, goes to the row. */
    close() {
      if (!form) return;
      const { trial, line } = form;
      const held = line.contains(document.activeElement);
      form = null;
      draw();
      if (held && places.has(trial)) go(trial, "status");
    },

    openTrial: () => form?.trial,

    /** @param {Set<number>} trials */
    mark(trials) {
      selected = trials;
      for (const line of lines.values()) setAttribute(line.element, "aria-selected", trials.has(line.trial) ? "true" : "false");
    },

    go,
    reveal,

    /** Gives the form the width that is in sight. */
    measure() {
      element.style.setProperty("--sight", `${element.clientWidth}px`);
      const tight = element.clientWidth > 0 && element.clientWidth <= NARROW;
      if (tight !== narrow) {
        narrow = tight;
        drawColumns();
      }
      pinResults(element, headRow);
      showEdges();
      schedule();
    },
  };
}
