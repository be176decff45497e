/**
 * A form: fields, a button that sends them, and a place for what the kernel has against it. Nothing typed is lost by a
 * refusal.
 */

import { capitalize, h, icon, setAttribute, setText } from "../dom.js";
import { showBusy } from "./busy.js";
import { refuse } from "./fields.js";
import { ICONS } from "./icons.js";
import { followReading } from "./reading.js";

/**
 * @typedef {import("./fields.js").Group} Group
 * @typedef {{element: HTMLElement, focus: () => void, busy: () => boolean}} Form
 * @typedef {(method: string, params: Record<string, unknown>) => Promise<any>} Ask
 */

/**
 * Fields, a button that sends them, and a place for what the kernel has against it.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.submit
 * @param {string} options.doing
 * @param {Group[]} options.groups
 * @param {string} [options.note]
 * @param {import("./reading.js").Read} [options.read] says how a number is read
 * @param {(values: Record<string, string>) => Promise<any>} options.send
 * @param {(text: string, answer: any) => void} options.done
 * @param {() => void} options.cancel
 * @returns {Form}
 */
export function createSheet({ label, submit, doing, groups, note, read, send, done, cancel }) {
  const all = groups.flatMap((group) => group.fields);
  const alert = h("div", { class: "axnb-alert-text", role: "alert" });
  const button = h("button", { type: "submit", class: "axnb-primary" }, submit);
  const leave = h("button", { type: "button", onclick: cancel }, "Cancel");
  const body = h("div", { class: "axnb-fields" }, ...groups.map((group) => group.element));
  const foot = h("div", { class: "axnb-form-foot" }, button, leave, note ? h("span", { class: "axnb-muted" }, note) : null, alert);
  const element = h("form", { class: "axnb-sheet", "aria-label": label, novalidate: true }, body, foot);
  let busy = false;
  for (const field of all) if (read && field.number) followReading(field, read);

  const submitted = async () => {
    if (busy) return;
    busy = true;
    for (const field of all) refuse(field, "");
    setText(alert, "");
    setAttribute(leave, "aria-disabled", "true");
    for (const field of all) setAttribute(field.input, "aria-busy", "true");
    const end = showBusy(button, doing);
    try {
      const answer = await send(Object.fromEntries(all.map((field) => [field.name, field.input.value])));
      busy = false;
      done(answer.text, answer);
    } catch (error) {
      busy = false;
      show(/** @type {import("../rpc.js").KernelError} */ (error));
    } finally {
      end();
      setAttribute(leave, "aria-disabled", null);
      for (const field of all) setAttribute(field.input, "aria-busy", null);
    }
  };

  /** @param {import("../rpc.js").KernelError} error */
  const show = (error) => {
    const wrong = all.filter((field) => Object.hasOwn(error.fields ?? {}, field.name));
    for (const field of wrong) refuse(field, capitalize(error.fields[field.name] ?? ""));
    if (!wrong.length) alert.replaceChildren(icon(ICONS.alert ?? ""), h("span", {}, capitalize(error.message)));
    (wrong[0]?.input ?? button).focus();
  };

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    submitted();
  });
  return { element, focus: () => (all[0]?.input ?? button).focus(), busy: () => busy };
}

/**
 * Makes the button that closes a form.
 *
 * @param {() => void} cancel
 */
export function closeButton(cancel) {
  const attributes = { type: "button", class: "axnb-plain axnb-close", "aria-label": "Close the form", title: "Close (Esc)" };
  return h("button", { ...attributes, onclick: cancel }, icon(ICONS.close ?? ""));
}

/**
 * @param {HTMLElement} element
 * @param {() => void} cancel
 */
export function closeOnEscape(element, cancel) {
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    cancel();
  });
}
