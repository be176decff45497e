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
 * @returns {Form}
 */
export function createAddForm({ store, ask, done, cancel }) {
  const asked = store.columns.parameters.filter((column) => column.control !== "fixed");
  const fixed = store.columns.parameters.filter((column) => column.control === "fixed");
  const form = createSheet({
    label: "Add a trial",
    submit: "Add trial",
    doing: "Adding",
    groups: asked.map(parameterGroup),
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
