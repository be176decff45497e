/**
 * The columns of the board: what they are, which are shown in what order, and how wide each is.
 */

import { h } from "../dom.js";

/**
 * @typedef {import("./store.js").Columns} Columns
 * @typedef {import("./store.js").Layout} Layout
 *
 * @typedef {object} Column
 * @property {string} key place in a row
 * @property {string} id what the kernel calls it
 * @property {"trial" | "status" | "origin" | "age" | "note" | "value" | "predicted" | "result" | "last"} kind
 * @property {string} name
 * @property {string} note
 * @property {boolean} number
 * @property {number} at place among the values or among the results
 */

const PADDING = 22; // pixels, both sides of a cell together, as in board.css
const LONG = 13; // characters of a name that fit into any column
const TAIL = 5;
const WIDEST = 24; // characters; what is longer is cut, and shown whole in a tooltip
/** Pixels of the columns of words. @type {Record<string, number>} */
const PLAIN_WIDTHS = { origin: 78, age: 84, note: 180 };
const MARK = 2.4; // characters that the sign beside a broken constraint takes up
const PREDICTED = 8; // characters

/** Columns that nobody sees until they are asked for. @param {Column} column */
const isQuiet = ({ kind }) => kind === "age" || kind === "note" || kind === "predicted";

/**
 * @param {Columns} described
 * @returns {Column[]}
 */
export function allColumns({ parameters, metrics }) {
  const plain = { note: "", at: 0, number: false };
  return [
    { ...plain, key: "trial", id: "trial", kind: "trial", name: "Trial", number: true },
    { ...plain, key: "status", id: "status", kind: "status", name: "Status" },
    { ...plain, key: "origin", id: "origin", kind: "origin", name: "Origin" },
    { ...plain, key: "age", id: "age", kind: "age", name: "Age" },
    { ...plain, key: "note", id: "note", kind: "note", name: "Note" },
    ...parameters.map(({ name, note, number }, at) => /** @type {Column} */ ({ key: `p${at}`, id: `p:${name}`, kind: "value", name, note, number, at })),
    ...metrics.map(({ name }, at) => /** @type {Column} */ ({ key: `q${at}`, id: `predicted:${name}`, kind: "predicted", name, note: "predicted", number: true, at })),
    ...metrics.map(({ name, note }, at) => /** @type {Column} */ ({ key: `m${at}`, id: `m:${name}`, kind: "result", name, note, number: true, at })),
    { ...plain, key: "last", id: "last", kind: "last", name: "Actions" },
  ];
}

/** Whether a column may be hidden and moved. @param {Column} column */
export const isFree = ({ kind }) => kind !== "trial" && kind !== "status" && kind !== "last";

/**
 * @param {Column} column
 * @param {Layout} layout
 */
export const isShown = (column, layout) => !isFree(column) || (isQuiet(column) ? layout.shown.includes(column.id) : !layout.hidden.includes(column.id));

/**
 * The columns that are shown, in the order that a reader wants. Results stay at the end of the row, where they are pinned.
 *
 * Where there is little room they come first, and where a trial came from is left out unless it is asked for.
 *
 * @param {Columns} described
 * @param {Layout} layout
 * @param {boolean} [narrow]
 * @returns {Column[]}
 */
export function columnsOf(described, layout, narrow = false) {
  const all = orderedColumns(described, layout).filter((column) => isShown(column, layout));
  if (!narrow) return all;
  const place = (/** @type {Column} */ { kind }) => (kind === "trial" || kind === "status" ? 0 : kind === "result" ? 1 : kind === "last" ? 3 : 2);
  return all.filter(({ kind, id }) => kind !== "origin" || layout.shown.includes(id)).sort((a, b) => place(a) - place(b));
}

/**
 * @param {Columns} described
 * @param {Layout} layout
 */
export function orderedColumns(described, { order }) {
  /** @param {Column} column */
  const group = ({ kind }) => (kind === "trial" ? 0 : kind === "status" ? 1 : kind === "result" ? 3 : kind === "last" ? 4 : 2);
  /** @param {Column} column */
  const wish = ({ id }) => (order.includes(id) ? order.indexOf(id) : order.length);
  return allColumns(described).sort((a, b) => group(a) - group(b) || wish(a) - wish(b));
}

/**
 * Lays the columns out by what the kernel knows of all rows, so that they never jump while rows come and go.
 *
 * @param {Column[]} columns
 * @param {{extents: number[][], parameters: number, widths: Record<string, number>}} known longest text, fraction and standard error of each value and result; how many are values; what was resized
 * @param {HTMLElement} grid
 * @param {HTMLElement} group the grid's colgroup
 */
export function layOut(columns, { extents, parameters, widths }, grid, group) {
  const made = columns.map((column) => {
    const wanted = widths[column.id];
    const width = wanted ? { ch: 0, px: wanted } : widthOf(column, extents, parameters, grid);
    return { column, ...width };
  });
  /** @param {typeof made} some */
  const total = (some) => `calc(${some.reduce((sum, { ch }) => sum + ch, 0).toFixed(1)}ch + ${some.reduce((sum, { px }) => sum + px, 0)}px)`;
  const free = made.filter(({ column }) => isFree(column));
  grid.style.setProperty("--data-width", total(free));
  grid.style.setProperty("--result-width", total(free.filter(({ column }) => column.kind === "result")));
  group.replaceChildren(
    ...made.map(({ column, ch, px }) => {
      const col = h("col", { class: `axnb-col-${column.kind}` });
      if (isFree(column)) col.style.width = `calc(${ch.toFixed(1)}ch + ${px}px)`;
      return col;
    }),
  );
}

/**
 * @param {Column} column
 * @param {number[][]} extents
 * @param {number} parameters
 * @param {HTMLElement} grid
 */
function widthOf(column, extents, parameters, grid) {
  const plain = PLAIN_WIDTHS[column.kind];
  if (plain !== undefined) return { ch: 0, px: plain };
  if (column.kind === "predicted") return { ch: Math.max(PREDICTED, Math.min(column.name.length * 1.1, 15)), px: PADDING };
  const [text = 0, fraction = 0, error = 0] = extents[column.kind === "result" ? parameters + column.at : column.at] ?? [];
  grid.style.setProperty(`--fraction-${column.key}`, String(fraction));
  grid.style.setProperty(`--error-${column.key}`, String(error));
  const mark = column.kind === "result" && /[≤≥]|constrained/.test(column.note) ? MARK : 0;
  const content = column.number ? text + (error ? error + 2.2 : 0) + mark : text * 1.1;
  const head = Math.min(Math.max(column.name.length * 1.1 + 1.5, column.note.length * 0.84), 16);
  return { ch: Math.min(Math.max(content, head, 5), WIDEST), px: PADDING };
}

/** @param {Column} column */
export function cellClass({ kind, number, at }) {
  return `axnb-${kind}${kind === "predicted" ? " axnb-value" : ""}${number ? " axnb-right" : ""}${kind === "result" && at === 0 ? " axnb-first-result" : ""}`;
}

/**
 * The name of a column, cut in its middle where it is long: long names often differ at their end only.
 *
 * @param {Column} column
 */
export function nameOf({ name }) {
  const cut = name.length > LONG ? name.length - TAIL : name.length;
  return [h("span", {}, name.slice(0, cut)), h("span", {}, name.slice(cut))];
}

/**
 * Says where a cell of a result stays while the row goes by.
 *
 * @param {HTMLElement} cell
 * @param {Column} column
 */
export function pin(cell, { kind, key }) {
  if (kind === "result") cell.style.setProperty("--pin", `var(--pin-${key})`);
}

/** The share of the width that may be taken by columns that stay in sight. */
const MOST_PINNED = 0.75;

/**
 * Keeps the results in sight, at the end of the rows, where that leaves room for the parameters.
 *
 * @param {HTMLElement} scroll what scrolls
 * @param {HTMLElement} headRow
 */
export function pinResults(scroll, headRow) {
  const heads = /** @type {HTMLElement[]} */ ([...headRow.querySelectorAll(".axnb-result")]);
  const fixed = /** @type {HTMLElement[]} */ ([...headRow.querySelectorAll(".axnb-trial, .axnb-status")]);
  /** @param {HTMLElement[]} cells */
  const total = (cells) => cells.reduce((sum, cell) => sum + cell.offsetWidth, 0);
  const results = total(heads);
  const actions = parseFloat(getComputedStyle(scroll).getPropertyValue("--axnb-actions")) || 0;
  let end = Math.max(0, actions - results);
  const pinned = total(fixed) + results + end <= MOST_PINNED * scroll.clientWidth;
  scroll.classList.toggle("axnb-pins", pinned);
  scroll.style.setProperty("--axnb-pinned", `${pinned ? results + end : actions}px`);
  for (const head of heads.reverse()) {
    scroll.style.setProperty(`--pin-${head.dataset.key}`, `${end}px`);
    end += head.offsetWidth;
  }
}
