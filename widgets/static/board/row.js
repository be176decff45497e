/**
 * The columns and rows of the board, as elements: made once, then patched cell by cell. Knows nothing of scrolling.
 */

import { arrangeChildren, h, icon, setAttribute, setText } from "../dom.js";
import { cellClass, pin } from "./columns.js";
import { ROW } from "./geometry.js";
import { ICONS, STATUS } from "./icons.js";

/**
 * @typedef {import("./store.js").Row} Row
 * @typedef {import("./store.js").Cell} Cell
 * @typedef {import("./columns.js").Column} Column
 *
 * @typedef {{element: HTMLTableRowElement, trial: number, row: Row | undefined, cells: Map<string, HTMLElement>}} Line
 */

/** What can be done with a trial, as words on buttons. */
export const WORDS = { complete: "Complete", fail: "Fail", abandon: "Abandon" };

/**
 * @param {number} trial
 * @param {Column[]} columns
 * @returns {Line}
 */
export function makeLine(trial, columns) {
  const element = h("tr", { role: "row", "data-trial": trial });
  const cells = new Map();
  for (const column of columns) {
    const cell = h("td", { role: "gridcell", class: cellClass(column), tabindex: -1, "data-key": column.key });
    pin(cell, column);
    cells.set(column.key, cell);
    element.append(cell);
  }
  return { element, trial, row: undefined, cells };
}

/**
 * Brings a line up to date, touching only the cells that differ.
 *
 * @param {Line} line
 * @param {Column[]} columns
 * @param {Row | undefined} row
 */
export function patchLine(line, columns, row) {
  const before = line.row;
  if (row && row === before) return;
  line.row = row;
  for (const column of columns) {
    const cell = line.cells.get(column.key);
    if (cell) patchCell(cell, column, line, before);
  }
  setAttribute(line.element, "data-status", row?.status);
  line.element.classList.toggle("axnb-best", Boolean(row?.best));
  line.element.classList.toggle("axnb-open", Boolean(row?.actions.length));
  line.element.classList.toggle("axnb-batch", Boolean(row?.arms));
  line.element.classList.toggle("axnb-told", Boolean(row?.results.some(Boolean)));
  if (before && row) flash(line.element);
}

/**
 * @param {HTMLElement} cell
 * @param {Column} column
 * @param {Line} line
 * @param {Row | undefined} before
 */
function patchCell(cell, column, { trial, row }, before) {
  if (column.kind === "trial") {
    if (before?.best === row?.best && cell.firstChild) return;
    const spoken = h("span", { class: "axnb-hidden" }, `${row?.best}, `);
    const star = row?.best ? [h("span", { class: "axnb-star", title: row.best }, icon(ICONS.best ?? ""), spoken)] : [];
    cell.replaceChildren(...star, h("span", { class: "axnb-number" }, trial));
  } else if (column.kind === "status") {
    setAttribute(cell, "title", [row?.reason, row?.note].filter(Boolean).join("\n") || null);
    if (before?.status === row?.status && before?.note === row?.note && cell.firstChild) return;
    const shape = row ? [icon(STATUS[row.status] ?? "", `axnb-icon axnb-status-${row.status}`)] : [];
    const note = row?.note ? [h("span", { class: "axnb-note-mark" }, icon(ICONS.note ?? ""), h("span", { class: "axnb-hidden" }, ", has a note"))] : [];
    cell.replaceChildren(...shape, h("span", {}, row?.word ?? "…"), ...note);
  } else if (column.kind === "origin") setText(cell, row?.origin ?? "");
  else if (column.kind === "age") patchAge(cell, row?.created);
  else if (column.kind === "note") patchWords(cell, row?.note);
  else if (column.kind === "predicted") patchData(cell, column, row?.predicted?.[column.at]);
  else if (column.kind === "value") patchData(cell, column, row?.values[column.at]);
  else if (column.kind === "result") patchData(cell, column, row?.results[column.at]);
  else patchLast(cell, row, before);
}

/**
 * @param {HTMLElement} cell
 * @param {string | undefined} text
 */
function patchWords(cell, text) {
  setText(cell, text ?? "");
  setAttribute(cell, "title", text || null);
}

/**
 * @param {HTMLElement} cell
 * @param {string | undefined} created
 */
function patchAge(cell, created) {
  setText(cell, created ? describeAge(Date.now() - Date.parse(created)) : "");
  setAttribute(cell, "title", created ? new Date(created).toLocaleString() : null);
}

/**
 * @example describeAge(90_000) is "1 min"
 *
 * @param {number} milliseconds
 */
export function describeAge(milliseconds) {
  const minutes = Math.max(0, milliseconds) / 60_000;
  if (minutes < 1) return "now";
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  return minutes < 60 * 24 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (60 * 24))} d`;
}

/**
 * @param {HTMLElement} cell
 * @param {Row | undefined} row
 * @param {Row | undefined} before
 */
function patchLast(cell, row, before) {
  if (before && row && before.reason === row.reason && before.actions.join() === row.actions.join()) return;
  const buttons = (row?.actions ?? []).map((action) => {
    const label = `${WORDS[action]} trial ${row?.trial}`;
    const attributes = { type: "button", class: `axnb-act axnb-act-${action}`, tabindex: -1, "data-key": action };
    const word = h("span", { class: "axnb-act-word" }, WORDS[action]);
    return h("button", { ...attributes, "aria-label": label, title: label }, icon(ICONS[action] ?? ""), word);
  });
  const reason = row && !buttons.length && row.reason && !row.results.some(Boolean) ? [h("span", { class: "axnb-reason", title: row.reason }, row.reason)] : [];
  cell.replaceChildren(...(buttons.length ? [h("div", { class: "axnb-acts" }, ...buttons)] : reason));
  // With buttons in it the cell is no place of its own: the keyboard goes from button to button.
  setAttribute(cell, "tabindex", buttons.length ? null : "-1");
}

/**
 * @param {HTMLElement} cell
 * @param {Column} column
 * @param {Cell | null | undefined} data
 */
function patchData(cell, column, data) {
  const text = data ? data.text : "";
  const error = data?.sem ? ` ± ${data.sem}` : "";
  const broken = data?.broken ?? "";
  setAttribute(cell, "title", broken || (data?.exact ?? (column.number ? null : text || null)));
  const shown = text + error + broken;
  if (cell.dataset.shown === shown) return;
  cell.dataset.shown = shown;
  cell.classList.toggle("axnb-broken", Boolean(broken));
  const warning = broken ? [icon(ICONS.alert ?? "", "axnb-icon axnb-broken-mark"), h("span", { class: "axnb-hidden" }, `${broken}: `)] : [];
  if (!column.number) {
    setText(cell, text);
    return;
  }
  if (data?.span) {
    cell.replaceChildren(...warning, h("span", {}, text));
    return;
  }
  const [, point = "", fraction = ""] = text.match(/^[\d\u2212]*(\.?)(.*)$/) ?? [];
  const mean = h("span", { class: point ? "axnb-mean" : "axnb-mean axnb-whole" }, text);
  mean.style.setProperty("--fraction", String(fraction.length));
  mean.style.setProperty("--fractions", `var(--fraction-${column.key})`);
  const sem = h("span", { class: "axnb-sem" }, error);
  sem.style.setProperty("--errors", `var(--error-${column.key})`);
  cell.replaceChildren(...warning, mean, ...(column.kind === "result" ? [sem] : []));
}

/** @param {HTMLElement} element */
function flash(element) {
  element.classList.remove("axnb-flash");
  void element.offsetWidth; // so that the animation starts again
  element.classList.add("axnb-flash");
}

/**
 * Makes an empty line as high as the rows that are not in the page.
 *
 * @param {number} rows
 */
function makeGap(rows) {
  const cell = h("td", { "aria-hidden": "true" });
  const line = h("tr", { class: "axnb-gap", "aria-hidden": "true" }, cell);
  line.style.height = `${rows * ROW}px`;
  return line;
}

/**
 * Makes a body hold these rows, with gaps where others would be. Nodes that stay are not moved, so focus stays.
 *
 * @param {HTMLElement} body
 * @param {{at: number, node: HTMLElement}[]} rows
 * @param {number} count of all rows
 * @param {{at: number, node: HTMLElement} | null} form what stands below one of them
 */
export function arrangeLines(body, rows, count, form) {
  /** @type {HTMLElement[]} */
  const nodes = [];
  let next = 0;
  for (const { at, node } of rows) {
    if (at > next) nodes.push(makeGap(at - next));
    nodes.push(node);
    if (at === form?.at) nodes.push(form.node);
    next = at + 1;
  }
  if (next < count) nodes.push(makeGap(count - next));
  arrangeChildren(body, nodes);
}
