/**
 * What the board gives away: its rows as a file, what happened, and the keys that it knows.
 */

import { h, icon } from "../dom.js";
import { ICONS } from "./icons.js";
import { closeButton, closeOnEscape } from "./sheet.js";

/** @typedef {import("./sheet.js").Form} Form */

const KEYS = [
  ["Arrows, Page keys, Home, End", "go through the rows"],
  ["Enter", "open what a row asks for; edit a result; order by a head"],
  ["Space", "add a row to the selection, or take it out"],
  ["Shift with an arrow or a click", "select up to there"],
  ["A digit in a result", "type over it; Enter keeps it, Escape does not"],
  ["r, d, n", "repeat, duplicate, note on what is selected"],
  ["o, y", "show only what is selected; copy it for a spreadsheet"],
  ["Delete", "delete what is selected, after a question"],
  ["/", "search"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["?", "this list"],
];

/**
 * @param {string} title
 * @param {HTMLElement} content
 * @param {() => void} cancel
 * @returns {Form}
 */
function panel(title, content, cancel) {
  const close = closeButton(cancel);
  const head = h("div", { class: "axnb-form-head" }, h("span", { class: "axnb-form-title" }, title), close);
  const element = h("div", { class: "axnb-form axnb-record", role: "group", "aria-label": title }, head, content);
  closeOnEscape(element, cancel);
  return { element, focus: () => close.focus(), busy: () => false };
}

/** @param {() => void} cancel */
export function createHelp(cancel) {
  const lines = KEYS.map(([keys, does]) => h("div", { class: "axnb-key-line" }, h("dt", {}, h("kbd", {}, keys)), h("dd", {}, does)));
  return panel("Keys", h("dl", { class: "axnb-keys" }, ...lines), cancel);
}

/**
 * @param {import("./sheet.js").Ask} ask
 * @param {() => void} cancel
 */
export function createHistory(ask, cancel) {
  const body = h("tbody");
  const alert = h("div", { class: "axnb-alert-text", role: "alert" });
  const names = ["When", "Who", "What"].map((name) => h("th", { scope: "col" }, name));
  const table = h("table", { class: "axnb-history", "aria-label": "What happened, the newest first" }, h("thead", {}, h("tr", {}, ...names)), body);
  ask("history", {}).then(
    ({ rows }) => body.replaceChildren(...rows.map(line)),
    (error) => alert.replaceChildren(error.message),
  );
  return panel("History", h("div", { class: "axnb-history-box", tabindex: 0, role: "region", "aria-label": "History" }, table, alert), cancel);
}

/** @param {{time: string, actor: string, what: string, undone: boolean}} row */
function line({ time, actor, what, undone }) {
  const said = undone ? [h("s", {}, what), " (undone)"] : [what];
  return h("tr", {}, h("td", {}, new Date(time).toLocaleString()), h("td", {}, actor), h("td", {}, ...said));
}

/**
 * @param {object} options
 * @param {import("./sheet.js").Ask} options.ask
 * @param {() => string} options.name of the experiment
 * @param {(text: string) => void} options.say
 * @param {(text: string) => void} options.warn
 */
export function createExport({ ask, name, say, warn }) {
  const run = async () => {
    try {
      const { table, count } = await ask("table", { format: "csv" });
      const file = `${(name() || "trials").replace(/[^\w.-]+/g, "-")}.csv`;
      const link = h("a", { href: URL.createObjectURL(new Blob([table], { type: "text/csv" })), download: file });
      link.click();
      URL.revokeObjectURL(link.href);
      say(`${count === 1 ? "1 trial" : `${count} trials`} written to ${file}.`);
    } catch (error) {
      warn(/** @type {Error} */ (error).message);
    }
  };
  return h("button", { type: "button", title: "Download the rows that are shown", "aria-label": "Export CSV", onclick: run }, icon(ICONS.download ?? ""), h("span", { class: "axnb-word" }, "CSV"));
}

/**
 * A button for a panel.
 *
 * @param {string} word
 * @param {string | undefined} path of its icon
 */
export function toolButton(word, path) {
  return h("button", { type: "button", "aria-expanded": "false", "aria-label": word, title: word }, icon(path ?? ""), h("span", { class: "axnb-word" }, word));
}
