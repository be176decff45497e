/**
 * The rows of the board as a grid: only those in sight are in the page, each is patched in place, and the keyboard's
 * place is never lost. What an action does is up to whoever made the table.
 */

import { h, setAttribute } from "../dom.js";
import { WORDS, columnsOf, headCell, layOut, makeLine, patchLine } from "./row.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").Row} Row
 * @typedef {import("./store.js").Action} Action
 * @typedef {import("./row.js").Column} Column
 * @typedef {import("./row.js").Line} Line
 */

const ROW = 32; // pixels, as in board.css
const MARGIN = 8; // rows kept ready above and below those in sight
const SIGHT = 480; // pixels, where the page cannot tell

/**
 * @param {object} options
 * @param {Store} options.store
 * @param {(trial: number, action: Action | null) => void} options.act what to do on an action; null asks for whatever is possible
 * @param {(trial: number) => void} options.select
 */
export function createTable({ store, act, select }) {
  const columnGroup = h("colgroup");
  const headRow = h("tr", { "aria-rowindex": 1 });
  const body = h("tbody");
  const grid = h("table", { role: "grid", "aria-label": "Trials" }, columnGroup, h("thead", {}, headRow), body);
  const element = h("div", { class: "axnb-scroll", tabindex: -1 }, grid);

  /** @type {Column[]} */
  let columns = [];
  /** @type {Map<number, Line>} */
  const lines = new Map();
  /** Positions of the trials. @type {Map<number, number>} */
  let places = new Map();
  /** The keyboard's place. */
  const here = { trial: -1, key: "trial" };
  /** @type {{trial: number, line: HTMLTableRowElement, focus: () => void} | null} */
  let form = null;
  /** @type {number | null} */
  let selected = null;
  let scheduled = false;

  // -- geometry -------------------------------------------------------------------------------------------------------

  const formHeight = () => (form ? form.line.offsetHeight || 120 : 0);
  const formPlace = () => (form ? (places.get(form.trial) ?? -1) : -1);
  /** @param {number} place */
  const top = (place) => place * ROW + (form && place > formPlace() ? formHeight() : 0);
  /** @param {number} y */
  const placeAt = (y) => {
    const after = form ? (formPlace() + 1) * ROW : Infinity;
    return Math.floor((y <= after ? y : Math.max(after, y - formHeight())) / ROW);
  };
  const sight = () => (element.clientHeight || SIGHT) - headHeight();
  const headHeight = () => headRow.offsetHeight || 44;

  // -- drawing --------------------------------------------------------------------------------------------------------

  const drawColumns = () => {
    columns = columnsOf(store.columns);
    headRow.replaceChildren(...columns.map(headCell));
    lines.clear();
    body.replaceChildren();
    drawWidths();
  };

  const drawWidths = () => layOut(columns, store.extents, grid, columnGroup);

  /** Draws what is in sight. */
  const draw = () => {
    scheduled = false;
    const { trials } = store;
    const first = Math.max(0, placeAt(element.scrollTop) - MARGIN);
    const last = Math.min(trials.length - 1, placeAt(element.scrollTop + sight()) + MARGIN);
    const shown = new Set();
    for (let place = first; place <= last; place++) shown.add(place);
    const kept = [here.trial, form?.trial, heldTrial()].map((trial) => (trial === undefined ? undefined : places.get(trial)));
    for (const place of kept) if (place !== undefined) shown.add(place);
    const ordered = [...shown].sort((a, b) => a - b);
    store.want(ordered.flatMap((place) => trials[place] ?? []).filter((trial) => !store.row(trial)));
    place(ordered.flatMap((at) => wanted(at)));
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
    setAttribute(line.element, "aria-selected", trial === selected ? "true" : "false");
    return [{ at, node: line.element }];
  };

  /**
   * Makes the body hold these rows, with gaps where others would be. Nodes that stay are not moved, so focus stays.
   *
   * @param {{at: number, node: HTMLElement}[]} wantedRows
   */
  const place = (wantedRows) => {
    /** @type {HTMLElement[]} */
    const nodes = [];
    let next = 0;
    for (const { at, node } of wantedRows) {
      if (at > next) nodes.push(gap(at - next));
      nodes.push(node);
      if (form && at === formPlace()) nodes.push(form.line);
      next = at + 1;
    }
    if (next < store.trials.length) nodes.push(gap(store.trials.length - next));
    const keep = new Set(nodes);
    for (const child of [...body.children]) if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove();
    let child = body.firstChild;
    for (const node of nodes) {
      if (node === child) child = child.nextSibling;
      else body.insertBefore(node, child);
    }
    for (const [trial, line] of lines) if (!line.element.isConnected) lines.delete(trial);
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

  /**
   * The places in a row that the keyboard can be at, from left to right.
   *
   * @param {Line} line
   */
  const stops = (line) =>
    [...line.element.querySelectorAll("[data-key]")].filter(
      (stop) => stop.hasAttribute("tabindex") && getComputedStyle(stop).display !== "none",
    );

  /**
   * @param {Line} line
   * @param {string} key
   * @returns {HTMLElement | undefined}
   */
  const stopAt = (line, key) => {
    const all = stops(line);
    const found = all.find((stop) => stop.getAttribute("data-key") === key);
    const last = key === "last" || key in WORDS ? all.find((stop) => (stop.getAttribute("data-key") ?? "") in WORDS) ?? all.at(-1) : all[0];
    return /** @type {HTMLElement | undefined} */ (found ?? last);
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

  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const stop = /** @type {HTMLElement} */ (event.target).closest?.("[data-key]");
    const trial = heldTrial();
    if (!stop || trial === undefined || event.altKey || event.metaKey) return;
    const line = lines.get(trial);
    const at = places.get(trial);
    if (!line || at === undefined) return;
    const key = stop.getAttribute("data-key") ?? "trial";
    const all = stops(line);
    const end = store.trials.length - 1;
    const page = Math.max(1, Math.floor(sight() / ROW) - 1);
    /** @param {number} step */
    const across = (step) => go(trial, all[all.indexOf(stop) + step]?.getAttribute("data-key") ?? key);
    /** @param {number} to */
    const down = (to) => go(store.trials[Math.min(Math.max(to, 0), end)] ?? trial, key);
    /** @type {Record<string, () => void>} */
    const moves = {
      ArrowRight: () => across(1),
      ArrowLeft: () => across(-1),
      ArrowDown: () => down(at + 1),
      ArrowUp: () => down(at - 1),
      PageDown: () => down(at + page),
      PageUp: () => down(at - page),
      Home: () => (event.ctrlKey ? go(store.trials[0] ?? trial, "trial") : go(trial, "trial")),
      End: () => (event.ctrlKey ? go(store.trials[end] ?? trial, "last") : go(trial, all.at(-1)?.getAttribute("data-key") ?? key)),
      Enter: () => act(trial, key in WORDS ? /** @type {Action} */ (key) : null),
      " ": () => (key in WORDS ? act(trial, /** @type {Action} */ (key)) : select(trial)),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };

  grid.addEventListener("keydown", press);
  body.addEventListener("focusin", (event) => {
    const stop = /** @type {HTMLElement} */ (event.target).closest("[data-key]");
    const trial = heldTrial();
    if (!stop || trial === undefined) return;
    here.trial = trial;
    here.key = stop.getAttribute("data-key") ?? "trial";
    rove();
    select(trial);
  });
  body.addEventListener("click", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const stop = target.closest("[data-key]");
    const trial = Number(target.closest("tr[data-trial]")?.getAttribute("data-trial") ?? NaN);
    const key = stop?.getAttribute("data-key") ?? "";
    if (Number.isNaN(trial) || !stop) return;
    if (key in WORDS) act(trial, /** @type {Action} */ (key));
    else if (key === "status") act(trial, null);
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
      const anchor = store.trials.length && element.scrollTop > ROW ? anchored() : null;
      const held = heldTrial() !== undefined && !form?.line.contains(document.activeElement);
      const spot = { ...here, at: places.get(here.trial) ?? 0 };
      if (difference.columns) drawColumns();
      else drawWidths();
      if (difference.trials || difference.columns) places = new Map(store.trials.map((trial, at) => [trial, at]));
      if (form && !places.has(form.trial)) form = null;
      draw();
      if (anchor) restore(anchor);
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
      const below = top(places.get(trial) ?? 0) + ROW + formHeight();
      if (below > element.scrollTop + sight()) element.scrollTop = Math.min(below - sight(), top(places.get(trial) ?? 0));
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

    /** @param {number | null} trial */
    mark(trial) {
      selected = trial;
      for (const line of lines.values()) setAttribute(line.element, "aria-selected", line.trial === trial ? "true" : "false");
    },

    go,
    reveal,

    /** Gives the form the width that is in sight. */
    measure() {
      element.style.setProperty("--sight", `${element.clientWidth}px`);
      showEdges();
      schedule();
    },
  };

  /** The first row in sight, and how far it is below the edge. */
  function anchored() {
    const trial = store.trials.length ? [...places].find(([, at]) => top(at) >= element.scrollTop)?.[0] : undefined;
    return trial === undefined ? null : { trial, offset: top(places.get(trial) ?? 0) - element.scrollTop };
  }

  /** @param {{trial: number, offset: number}} anchor */
  function restore(anchor) {
    const at = places.get(anchor.trial);
    if (at === undefined) return;
    const wantedTop = top(at) - anchor.offset;
    if (Math.abs(wantedTop - element.scrollTop) < 1) return;
    element.scrollTop = wantedTop;
    draw();
  }
}

/** @param {number} rows */
function gap(rows) {
  const cell = h("td", { "aria-hidden": "true" });
  const line = h("tr", { class: "axnb-gap", "aria-hidden": "true" }, cell);
  line.style.height = `${rows * ROW}px`;
  return line;
}
