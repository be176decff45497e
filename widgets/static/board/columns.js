/**
 * The columns of the board: what they are, their heads, and how wide each is.
 */

import { h } from "../dom.js";

/**
 * @typedef {import("./store.js").Columns} Columns
 *
 * @typedef {object} Column
 * @property {string} key
 * @property {"trial" | "status" | "origin" | "value" | "result" | "last"} kind
 * @property {string} name
 * @property {string} note
 * @property {boolean} number
 * @property {number} at place among the values or among the results
 */

const PADDING = 22; // pixels, both sides of a cell together, as in board.css
const LONG = 13; // characters of a name that fit into any column
const TAIL = 5;
const WIDEST = 24; // characters; what is longer is cut, and shown whole in a tooltip

/**
 * @param {Columns} described
 * @returns {Column[]}
 */
export function columnsOf({ parameters, metrics }) {
  const plain = { note: "", at: 0, number: false };
  return [
    { ...plain, key: "trial", kind: "trial", name: "Trial", number: true },
    { ...plain, key: "status", kind: "status", name: "Status" },
    { ...plain, key: "origin", kind: "origin", name: "Origin" },
    ...parameters.map(({ name, note, number }, at) => /** @type {Column} */ ({ key: `p${at}`, kind: "value", name, note, number, at })),
    ...metrics.map(({ name, note }, at) => /** @type {Column} */ ({ key: `m${at}`, kind: "result", name, note, number: true, at })),
    { ...plain, key: "last", kind: "last", name: "Actions" },
  ];
}

/** @param {Column} column */
export function headCell(column) {
  const cell = h("th", { scope: "col", role: "columnheader", class: cellClass(column), "data-key": column.key });
  pin(cell, column);
  // Long names often differ at their end only, so that is never cut away.
  const cut = column.name.length > LONG ? column.name.length - TAIL : column.name.length;
  const parts = [h("span", {}, column.name.slice(0, cut)), h("span", {}, column.name.slice(cut))];
  cell.append(h("span", { class: column.kind === "last" ? "axnb-hidden" : "axnb-column", title: column.name }, ...parts));
  if (column.note) cell.append(h("span", { class: "axnb-note", title: column.note }, column.note));
  return cell;
}

/**
 * Lays the columns out by what the kernel knows of all rows, so that they never jump while rows come and go.
 *
 * @param {Column[]} columns
 * @param {number[][]} extents longest text, fraction and standard error of each value and result
 * @param {HTMLElement} grid
 * @param {HTMLElement} group the grid's colgroup
 */
export function layOut(columns, extents, grid, group) {
  const data = columns.filter(({ kind }) => kind === "value" || kind === "result");
  const widths = new Map(
    data.map((column, place) => {
      const [text = 0, fraction = 0, error = 0] = extents[place] ?? [];
      grid.style.setProperty(`--fraction-${column.key}`, String(fraction));
      grid.style.setProperty(`--error-${column.key}`, String(error));
      const content = column.number ? text + (error ? error + 2.2 : 0) : text * 1.1;
      const head = Math.min(Math.max(column.name.length * 1.1, column.note.length * 0.84), 15);
      return [column, Math.min(Math.max(content, head, 4), WIDEST)];
    }),
  );
  /** @param {Column[]} some */
  const widthOf = (some) => {
    const sum = some.reduce((total, column) => total + (widths.get(column) ?? 0), 0);
    return `calc(${sum.toFixed(1)}ch + ${some.length * PADDING}px)`;
  };
  grid.style.setProperty("--data-width", widthOf(data));
  grid.style.setProperty("--result-width", widthOf(data.filter(({ kind }) => kind === "result")));
  group.replaceChildren(
    ...columns.map((column) => {
      const col = h("col", { class: `axnb-col-${column.kind}` });
      const width = widths.get(column);
      if (width !== undefined) col.style.width = `calc(${width.toFixed(1)}ch + ${PADDING}px)`;
      return col;
    }),
  );
}

/** @param {Column} column */
export function cellClass({ kind, number, at }) {
  return `axnb-${kind}${number ? " axnb-right" : ""}${kind === "result" && at === 0 ? " axnb-first-result" : ""}`;
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
