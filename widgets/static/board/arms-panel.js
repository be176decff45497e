/**
 * The arms of a batch: the point and the results of each, shown below the row of a trial that takes no more results.
 */

import { h } from "../dom.js";
import { closeButton, closeOnEscape } from "./sheet.js";

/**
 * @param {object} options
 * @param {import("./store.js").Row} options.row
 * @param {import("./store.js").Columns} options.columns
 * @param {() => void} options.cancel
 */
export function createArmsPanel({ row, columns, cancel }) {
  const names = ["Arm", ...columns.parameters.map(({ name }) => name), ...columns.metrics.map(({ name }) => name)];
  const lines = (row.arms ?? []).map((arm) => {
    const texts = [...arm.values, ...arm.results].map((cell) => (cell ? `${cell.text}${cell.sem ? ` ± ${cell.sem}` : ""}` : ""));
    return h("tr", {}, h("th", { scope: "row" }, arm.name), ...texts.map((text) => h("td", {}, text)));
  });
  const head = h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)));
  const title = h("span", { class: "axnb-form-title" }, `Trial ${row.trial} ${row.word.toLowerCase()}`);
  const close = closeButton(cancel);
  const element = h(
    "div",
    { class: "axnb-form" },
    h("div", { class: "axnb-form-head" }, title, h("span", { class: "axnb-muted" }, row.reason), close),
    h("table", { class: "axnb-arms", "aria-label": `Arms of trial ${row.trial}` }, h("thead", {}, head), h("tbody", {}, ...lines)),
  );
  closeOnEscape(element, cancel);
  return { element, focus: () => close.focus() };
}
