/**
 * The table behind a card, folded away. Filled when it is opened, from texts only.
 */

import { h, setText } from "../dom.js";

/** @typedef {{columns: string[], numeric: boolean[], rows: string[][], extent: string, whole: boolean}} Table */

/** @param {string} [title] */
export function newTable(title = "Table") {
  const summary = h("summary");
  const body = h("div", { class: "axnb-scroll", tabindex: 0, role: "region", "aria-label": title });
  const element = h("details", { class: "axnb-data", ontoggle: () => fill() }, summary, body);
  /** @type {Table} */
  let table = { columns: [], numeric: [], rows: [], extent: "", whole: true };
  let filled = false;

  const fill = () => {
    if (!element.open || filled) return;
    filled = true;
    const kinds = table.numeric.map((numeric) => (numeric ? "axnb-number" : null));
    const names = table.columns.map((name, i) => h("th", { scope: "col", class: kinds[i] }, name));
    const rows = table.rows.map((row) => h("tr", {}, ...row.map((cell, i) => h("td", { class: kinds[i] }, cell))));
    const head = h("thead", {}, h("tr", {}, ...names));
    body.replaceChildren(h("table", {}, head, h("tbody", {}, ...rows)));
    if (!table.whole) body.append(h("p", {}, "The rest is in card.df."));
  };

  return {
    element,
    /** Shows the table at once, where there is nothing else to see. */
    open() {
      element.open = true;
    },
    /** @param {Table | undefined} now */
    update(now) {
      if (!now) return;
      table = now;
      filled = false;
      element.hidden = !now.rows.length;
      setText(summary, `${title}: ${now.extent}`);
      fill();
    },
  };
}
