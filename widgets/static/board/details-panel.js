/**
 * What there is to say of a trial that takes no more results, below its row: why it ended, its note, what it breaks, and
 * of a batch the point and the results of each arm.
 */

import { h } from "../dom.js";
import { closeButton, closeOnEscape } from "./sheet.js";

/** @typedef {import("./store.js").Row} Row */

/** @param {Row} row */
export function hasDetails(row) {
  return Boolean(row.arms || row.reason || row.note || row.results.some((cell) => cell?.broken));
}

/**
 * @param {object} options
 * @param {Row} options.row
 * @param {import("./store.js").Columns} options.columns
 * @param {() => void} options.cancel
 */
export function createDetailsPanel({ row, columns, cancel }) {
  const title = h("span", { class: "axnb-form-title" }, `Trial ${row.trial} ${row.word.toLowerCase()}`);
  const close = closeButton(cancel);
  const broken = row.results.flatMap((cell) => (cell?.broken ? [cell.broken] : []));
  const lines = [row.reason, row.note && `Note: ${row.note}`, ...new Set(broken)].filter(Boolean);
  const element = h(
    "div",
    { class: "axnb-form axnb-details" },
    h("div", { class: "axnb-form-head" }, title, close),
    ...lines.map((line) => h("p", { class: "axnb-detail" }, line)),
    row.arms ? armsTable(row, columns) : null,
  );
  closeOnEscape(element, cancel);
  return { element, focus: () => close.focus() };
}

/**
 * @param {Row} row
 * @param {import("./store.js").Columns} columns
 */
function armsTable(row, columns) {
  const names = ["Arm", ...columns.parameters.map(({ name }) => name), ...columns.metrics.map(({ name }) => name)];
  const lines = (row.arms ?? []).map((arm) => {
    const texts = [...arm.values, ...arm.results].map((cell) => (cell ? `${cell.text}${cell.sem ? ` ± ${cell.sem}` : ""}` : ""));
    return h("tr", {}, h("th", { scope: "row" }, arm.name), ...texts.map((text) => h("td", {}, text)));
  });
  const head = h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)));
  return h("table", { class: "axnb-arms", "aria-label": `Arms of trial ${row.trial}` }, h("thead", {}, head), h("tbody", {}, ...lines));
}
