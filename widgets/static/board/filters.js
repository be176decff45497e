/**
 * The line above the rows: what is searched for, what the rows are filtered by, each to be given up, and how many are left.
 */

import { arrangeChildren, h, icon, setAttribute, setText } from "../dom.js";
import { ICONS } from "./icons.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").Arrangement} Arrangement
 */

const PAUSE = 180; // milliseconds without a key until the rows are searched

/**
 * @param {object} options
 * @param {Store} options.store
 * @param {(message: string) => void} options.warn
 * @param {(HTMLElement | null)[]} options.tools buttons at the end of the line
 */
export function createFilters({ store, warn, tools }) {
  const field = h("input", { type: "search", class: "axnb-search", placeholder: "Search trials", "aria-label": "Search trials", autocomplete: "off", spellcheck: "false" });
  const chips = h("span", { class: "axnb-chips", role: "group", "aria-label": "Filters" });
  const left = h("span", { class: "axnb-muted axnb-left" });
  const element = h("div", { class: "axnb-filters" }, field, chips, left, h("span", { class: "axnb-buttons axnb-end" }, ...tools));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Map<string, HTMLElement>} */
  let shown = new Map();

  /** @param {Partial<Arrangement>} part */
  const change = (part) => store.arrange(part).catch((error) => warn(error.message));
  const search = () => {
    clearTimeout(timer);
    if (field.value.trim() !== store.arrangement.text.trim()) change({ text: field.value });
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") search();
    if (event.key !== "Escape" || !field.value) return;
    event.preventDefault();
    field.value = "";
    search();
  });

  return {
    element,
    focus: () => field.focus(),
    update() {
      const { arrangement, trials, total } = store;
      element.hidden = !total;
      if (document.activeElement !== field) field.value = arrangement.text;
      const now = new Map();
      for (const { key, label, without } of describeFilters(arrangement)) {
        const name = `${key} ${label}`;
        now.set(name, shown.get(name) ?? chip(label, () => change(without(store.arrangement))));
      }
      shown = now;
      arrangeChildren(chips, [...now.values()]);
      const filtered = trials.length < total || now.size > 0;
      setText(left, filtered ? `${trials.length.toLocaleString("en")} of ${total.toLocaleString("en")}` : "");
    },
  };
}

/**
 * @param {string} label
 * @param {() => void} remove
 */
function chip(label, remove) {
  const button = h("button", { type: "button", class: "axnb-chip", onclick: remove }, h("bdi", {}, label), icon(ICONS.close ?? ""));
  setAttribute(button, "aria-label", `Remove the filter: ${label}`);
  return button;
}

/**
 * The filters that are on, each with what the arrangement is without it. Statuses are told by the header.
 *
 * @param {Arrangement} arrangement
 * @returns {{key: string, label: string, without: (now: Arrangement) => Partial<Arrangement>}[]}
 */
export function describeFilters({ ranges, among }) {
  const told = Object.entries(ranges).map(([key, [low, high]]) => ({
    key,
    label: `${key.slice(key.indexOf(":") + 1)} ${describeRange(low, high)}`,
    without: (/** @type {Arrangement} */ now) => ({ ranges: Object.fromEntries(Object.entries(now.ranges).filter(([name]) => name !== key)) }),
  }));
  if (among === null) return told;
  const count = typeof among === "number" ? among : among.length;
  return [...told, { key: "among", label: count === 1 ? "1 chosen trial" : `${count} chosen trials`, without: () => ({ among: null }) }];
}

/**
 * @example describeRange(null, 3) is "≤ 3"
 *
 * @param {number | null} low
 * @param {number | null} high
 */
export function describeRange(low, high) {
  if (low === null) return high === null ? "" : `≤ ${round(high, 0)}`;
  return high === null ? `≥ ${round(low, 0)}` : `${round(low, high)} – ${round(high, low)}`;
}

/**
 * A number with as many digits as tell it from another.
 *
 * @param {number} value
 * @param {number} other
 */
export function round(value, other) {
  const span = Math.abs(value - other) || Math.abs(value) || 1;
  const decimals = Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(span))));
  return Number(value.toFixed(decimals)).toLocaleString("en", { maximumFractionDigits: decimals, useGrouping: false });
}
