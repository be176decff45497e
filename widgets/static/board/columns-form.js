/**
 * The panel in which columns are shown and hidden, moved, and filtered by a range that is typed.
 */

import { h, icon, setAttribute, setText } from "../dom.js";
import { isFree, isShown, orderedColumns } from "./columns.js";
import { ICONS } from "./icons.js";
import { closeOnEscape } from "./sheet.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./columns.js").Column} Column
 */

/**
 * @param {object} options
 * @param {Store} options.store
 * @param {() => void} options.cancel
 * @returns {import("./sheet.js").Form}
 */
export function createColumnsForm({ store, cancel }) {
  const alert = h("div", { class: "axnb-alert-text", role: "alert" });
  const list = h("ul", { class: "axnb-column-list", "aria-label": "Columns" });
  const reset = h("button", { type: "button", onclick: () => keep({ hidden: [], shown: [], order: [], widths: {} }) }, "As at first");
  const close = h("button", { type: "button", class: "axnb-primary", onclick: cancel }, "Done");
  const foot = h("div", { class: "axnb-form-foot" }, close, reset, h("span", { class: "axnb-muted" }, "Kept with the experiment."), alert);
  const element = h("div", { class: "axnb-form axnb-columns-form", role: "group", "aria-label": "Columns" }, list, foot);
  closeOnEscape(element, cancel);

  /** @param {Promise<unknown>} answer */
  const follow = (answer) => {
    setText(alert, "");
    answer.then(draw, (error) => setText(alert, error.message));
  };
  /** @param {Partial<import("./store.js").Layout>} part */
  const keep = (part) => follow(store.layOut(part));

  const columns = () => orderedColumns(store.columns, store.layout).filter(isFree);

  /** @param {Column} column @param {number} step */
  const shift = (column, step) => {
    const order = columns().map(({ id }) => id);
    const at = order.indexOf(column.id);
    const [moved] = order.splice(at, 1);
    if (moved === undefined) return;
    order.splice(Math.max(0, at + step), 0, moved);
    keep({ order });
  };

  /** @param {Column} column @param {boolean} on */
  const toggle = (column, on) => {
    const { hidden, shown } = store.layout;
    const without = (/** @type {string[]} */ ids) => ids.filter((id) => id !== column.id);
    keep(on ? { hidden: without(hidden), shown: [...without(shown), column.id] } : { hidden: [...without(hidden), column.id], shown: without(shown) });
  };

  const draw = () => {
    const held = document.activeElement?.getAttribute("data-act");
    list.replaceChildren(...columns().map((column) => line(column)));
    const again = held && [...list.querySelectorAll("[data-act]")].find((each) => each.getAttribute("data-act") === held);
    if (again) /** @type {HTMLElement} */ (again).focus();
  };

  /** @param {Column} column */
  const line = (column) => {
    const label = column.kind === "predicted" ? `${column.name}, predicted` : column.name;
    const box = h("input", { type: "checkbox", "data-act": `show ${column.id}` });
    box.checked = isShown(column, store.layout);
    box.addEventListener("change", () => toggle(column, box.checked));
    const moves = [["earlier", -1, ICONS.up], ["later", 1, ICONS.down]].map(([word, step, path]) =>
      h("button", { type: "button", class: "axnb-plain", "aria-label": `Move ${label} ${word}`, "data-act": `${word} ${column.id}`, onclick: () => shift(column, Number(step)) }, icon(String(path))),
    );
    const ends = store.histograms[column.id] ? rangeFields(column, label) : [];
    return h("li", {}, h("label", {}, box, h("bdi", {}, label)), h("span", { class: "axnb-ends" }, ...ends), ...moves);
  };

  /** @param {Column} column @param {string} label */
  const rangeFields = (column, label) => {
    const [low, high] = store.arrangement.ranges[column.id] ?? [];
    const fields = [["from", low], ["to", high]].map(([word, value]) =>
      h("input", { type: "text", inputmode: "decimal", class: "axnb-end-field", placeholder: word, "aria-label": `${label} ${word}`, value, "data-act": `${word} ${column.id}`, autocomplete: "off" }),
    );
    const send = () => {
      const read = fields.map((field) => (field.value.trim() === "" ? null : Number(field.value.replace(",", "."))));
      const wrong = read.findIndex((value) => value !== null && !Number.isFinite(value));
      fields.forEach((field, at) => setAttribute(field, "aria-invalid", at === wrong ? "true" : null));
      if (wrong >= 0) return;
      const ranges = /** @type {Record<string, any>} */ ({ ...store.arrangement.ranges });
      if (read.every((value) => value === null)) delete ranges[column.id];
      else ranges[column.id] = read;
      setText(alert, "");
      store.arrange({ ranges }).catch((error) => setText(alert, error.message));
    };
    for (const field of fields) field.addEventListener("change", send);
    return fields;
  };

  draw();
  return { element, focus: () => /** @type {HTMLElement | null} */ (list.querySelector("input"))?.focus(), busy: () => false };
}
