/**
 * The fields of the board's forms. They hold what was typed, as text; the kernel checks it, and says beside each field
 * what is wrong.
 */

import { h, setAttribute, setText, uid } from "../dom.js";

/**
 * @typedef {import("./store.js").Action} Action
 * @typedef {{name: string, input: HTMLInputElement | HTMLSelectElement, reason: HTMLElement, number?: boolean}} Field
 * @typedef {{element: HTMLElement, fields: Field[]}} Group fields that belong together
 */

/**
 * Asks for a metric's mean and, if known, its standard error.
 *
 * @param {import("./store.js").MetricColumn} metric
 * @param {import("./store.js").Cell | null} [held] a result that is there already
 * @param {{at: number, name: string}} [arm] of a batch, whose arms need not all have results
 * @returns {Group}
 */
export function resultGroup({ name, note, needed }, held, arm) {
  const optional = needed ? "" : "optional";
  const field = arm ? `${arm.at} ${name}` : name;
  const spoken = arm ? `${name} of ${arm.name}` : name;
  const mean = textField(`mean ${field}`, needed ? spoken : `${spoken} (optional)`, "axnb-wide");
  const sem = textField(`sem ${field}`, `Standard error of ${spoken} (optional)`, "axnb-short");
  setAttribute(sem.input, "placeholder", "sem");
  if (held) [mean.input.value = "", sem.input.value = ""] = held.exact ? held.exact.split(" ± ") : [held.text, held.sem ?? ""];
  const sign = h("span", { class: "axnb-plus-minus", "aria-hidden": "true" }, "±");
  const row = h("div", { class: "axnb-pair" }, mean.input, sign, sem.input);
  const label = caption(name, mean.input, [note, optional].filter(Boolean).join(", "));
  return { element: h("div", { class: "axnb-field" }, label, row, mean.reason, sem.reason), fields: [mean, sem] };
}

/**
 * @param {Action} action
 * @returns {Group}
 */
export function reasonGroup(action) {
  const spoken = action === "fail" ? "Why did it fail?" : "Why is it abandoned?";
  const note = action === "fail" ? "optional; the point may be suggested again" : "optional; the point will not be suggested again";
  const field = { ...textField("reason", spoken, "axnb-long"), number: false };
  setAttribute(field.input, "inputmode", null);
  setAttribute(field.input, "maxlength", 1000);
  return { element: h("div", { class: "axnb-field axnb-field-long" }, caption(spoken, field.input, note), field.input, field.reason), fields: [field] };
}

/**
 * @param {string} held the note that is there
 * @returns {Group}
 */
export function noteGroup(held) {
  const field = { ...textField("note", "Note", "axnb-long"), number: false };
  setAttribute(field.input, "inputmode", null);
  setAttribute(field.input, "maxlength", 1000);
  field.input.value = held;
  return { element: h("div", { class: "axnb-field axnb-field-long" }, caption("Note", field.input, "left empty, the note is taken away"), field.input, field.reason), fields: [field] };
}

/**
 * @param {string} proposed
 * @returns {Group}
 */
export function fileGroup(proposed) {
  const field = { ...textField("file", "File", "axnb-long"), number: false };
  setAttribute(field.input, "inputmode", null);
  field.input.value = proposed;
  const label = caption("File", field.input, "beside the notebook; next time: Client(storage=…) with this name");
  return { element: h("div", { class: "axnb-field axnb-field-long" }, label, field.input, field.reason), fields: [field] };
}

/**
 * @param {import("./store.js").ParameterColumn} column
 * @returns {Group}
 */
export function parameterGroup(column) {
  const field = column.control === "choice" ? choiceField(column) : textField(column.name, column.name, "axnb-wide");
  if (column.control === "number") setAttribute(field.input, "inputmode", column.whole ? "numeric" : "decimal");
  if (column.hint) field.input.title = column.hint;
  return { element: h("div", { class: "axnb-field" }, caption(column.name, field.input, column.note), field.input, field.reason), fields: [field] };
}

/**
 * @param {Field} field
 * @param {string} reason
 */
export function refuse(field, reason) {
  setText(field.reason, reason);
  setAttribute(field.input, "aria-invalid", reason ? "true" : null);
  setAttribute(field.input, "aria-describedby", reason ? field.reason.id : null);
}

/**
 * @param {import("./store.js").ParameterColumn} column
 * @returns {Field}
 */
function choiceField({ name, options = [] }) {
  const blank = h("option", { value: "" }, "Choose…");
  const input = h("select", { id: uid("field") }, blank, ...options.map((text, at) => h("option", { value: at }, text)));
  return { name, input, reason: reasonPlace() };
}

/**
 * @param {string} name
 * @param {string} spoken what a screen reader says
 * @param {string} className
 * @returns {Field}
 */
function textField(name, spoken, className) {
  const quietly = { autocomplete: "off", spellcheck: "false" };
  const input = h("input", { type: "text", id: uid("field"), class: className, inputmode: "decimal", "aria-label": spoken, ...quietly });
  return { name, input, reason: reasonPlace(), number: true };
}

function reasonPlace() {
  return h("div", { class: "axnb-field-reason", role: "alert", id: uid("reason") });
}

/**
 * @param {string} text
 * @param {HTMLElement} input
 * @param {string} note
 */
function caption(text, input, note) {
  const name = h("span", { class: "axnb-caption-name" }, text);
  return h("label", { for: input.id, class: "axnb-caption", title: text }, name, note ? h("span", { class: "axnb-note" }, note) : null);
}
