/**
 * The form that keeps an experiment, which is in memory only, in a file.
 */

import { h } from "../dom.js";
import { fileGroup } from "./fields.js";
import { closeButton, closeOnEscape, createSheet } from "./sheet.js";

/**
 * @param {object} options
 * @param {string} options.name of the experiment
 * @param {import("./sheet.js").Ask} options.ask
 * @param {(text: string) => void} options.done
 * @param {() => void} options.cancel
 * @returns {import("./sheet.js").Form}
 */
export function createSaveForm({ name, ask, done, cancel }) {
  const stem = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "") || "experiment";
  const form = createSheet({
    label: "Save the experiment",
    submit: "Save",
    doing: "Saving",
    groups: [fileGroup(`${stem}.jsonl`)],
    send: (values) => ask("save", { file: values.file }),
    done,
    cancel,
  });
  const title = h("span", { class: "axnb-form-title" }, "Save the experiment");
  const about = h("span", { class: "axnb-muted" }, "It is in the kernel's memory only. A new file takes all that has happened, and every change from now on.");
  const element = h("div", { class: "axnb-form axnb-add-form" }, h("div", { class: "axnb-form-head" }, title, about, closeButton(cancel)), form.element);
  closeOnEscape(element, cancel);
  return { element, focus: form.focus, busy: form.busy };
}
