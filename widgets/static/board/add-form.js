/**
 * The form for a trial of one's own.
 */

import { h } from "../dom.js";
import { parameterGroup } from "./fields.js";
import { closeButton, closeOnEscape, createSheet } from "./sheet.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./sheet.js").Ask} Ask
 * @typedef {import("./sheet.js").Form} Form
 * @typedef {(text: string, trial: number) => void} Added
 */

/**
 * The form for a trial of one's own.
 *
 * @param {object} options
 * @param {Store} options.store
 * @param {Ask} options.ask
 * @param {Added} options.done
 * @param {() => void} options.cancel
 * @param {import("./store.js").Row} [options.like] a trial whose point is filled in
 * @returns {Form}
 */
export function createAddForm({ store, ask, done, cancel, like }) {
  const asked = store.columns.parameters.filter((column) => column.control !== "fixed");
  const fixed = store.columns.parameters.filter((column) => column.control === "fixed");
  const groups = asked.map(parameterGroup);
  if (like) groups.forEach((group, at) => fill(group.fields[0]?.input, asked[at], like.values[store.columns.parameters.indexOf(/** @type {any} */ (asked[at]))]));
  const form = createSheet({
    label: "Add a trial",
    submit: "Add trial",
    doing: "Adding",
    groups,
    note: fixed.length ? `Always: ${fixed.map((column) => `${column.name} ${column.text}`).join(", ")}.` : "",
    read: (text) => ask("read", { text }),
    send: (values) =>
      ask("add", {
        values: Object.fromEntries(asked.map(({ name, control }) => [name, control === "choice" ? (values[name] === "" ? null : Number(values[name])) : values[name]])),
      }),
    done: (text, answer) => done(text, answer.trials[0]),
    cancel,
  });
  const title = h("span", { class: "axnb-form-title" }, "Add a trial");
  const about = h("span", { class: "axnb-muted" }, "A point of your own; earlier results count too: add the point, then complete the trial.");
  const element = h("div", { class: "axnb-form axnb-add-form" }, h("div", { class: "axnb-form-head" }, title, about, closeButton(cancel)), form.element);
  closeOnEscape(element, cancel);
  return { element, focus: form.focus, busy: form.busy };
}

/**
 * @param {HTMLInputElement | HTMLSelectElement | undefined} input
 * @param {import("./store.js").ParameterColumn | undefined} column
 * @param {import("./store.js").Cell | null | undefined} cell
 */
function fill(input, column, cell) {
  if (!input || !column || !cell) return;
  const at = (column.options ?? []).indexOf(cell.text);
  input.value = column.control === "choice" ? (at < 0 ? "" : String(at)) : (cell.exact ?? cell.text).replace("\u2212", "-");
}
