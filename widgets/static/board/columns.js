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
  const cell = h("th", { scope: "col", role: "columnheader", class: cellClass(column) });
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
  const sum = [...widths.values()].reduce((a, b) => a + b, 0);
  grid.style.setProperty("--data-width", `calc(${sum.toFixed(1)}ch + ${data.length * PADDING}px)`);
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
