/**
 * The head of a column: its name, which orders the rows, how its values are spread, which filters them, and an edge that
 * resizes it. What any of this does to the rows is decided in the kernel.
 */

import { h, icon, setAttribute, setText } from "../dom.js";
import { cellClass, isFree, nameOf, pin } from "./columns.js";
import { createHistogram } from "./histogram.js";
import { ICONS } from "./icons.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./columns.js").Column} Column
 * @typedef {{column: Column, element: HTMLElement, update: () => void}} Head
 */

const NARROWEST = 44; // pixels

/**
 * @param {Column} column
 * @param {Store} store
 * @returns {Head}
 */
export function createHead(column, store) {
  const element = h("th", { scope: "col", role: "columnheader", class: cellClass(column), "data-key": column.key, tabindex: -1 });
  pin(element, column);
  const last = column.kind === "last";
  const mark = h("span", { class: "axnb-sort", "aria-hidden": "true" });
  const name = h("span", { class: last ? "axnb-hidden" : "axnb-column", title: column.name }, ...nameOf(column), mark);
  element.append(name);
  if (column.note) element.append(h("span", { class: "axnb-note", title: column.note }, column.note));
  if (last) return { column, element, update: () => undefined };

  const histogram = createHistogram({
    pick: (range) => {
      const ranges = { ...store.arrangement.ranges };
      if (range) ranges[column.id] = range;
      else delete ranges[column.id];
      store.arrange({ ranges }).catch(() => undefined);
    },
  });
  element.append(histogram.element);
  if (isFree(column)) element.append(resizer(column, element, store));

  const sort = () => store.arrange(nextSort(column, store.arrangement)).catch(() => undefined);
  name.addEventListener("click", sort);
  element.addEventListener("keydown", (event) => {
    if (event.target !== element || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    sort();
  });

  return {
    column,
    element,
    update() {
      const { sort: by, descending, ranges } = store.arrangement;
      const sorted = by === column.id;
      setAttribute(element, "aria-sort", sorted ? (descending ? "descending" : "ascending") : null);
      if (!sorted) setText(mark, "");
      else if (mark.dataset.way !== String(descending) || !mark.firstChild) mark.replaceChildren(icon((descending ? ICONS.down : ICONS.up) ?? ""));
      mark.dataset.way = String(descending);
      setAttribute(element, "title", `Order by ${column.name}`);
      histogram.update(store.histograms[column.id], ranges[column.id]);
    },
  };
}

/**
 * Orders by a column, the other way, and then as at first. What is to be large comes largest first.
 *
 * @param {Column} column
 * @param {{sort: string, descending: boolean}} now
 */
export function nextSort({ id, kind, note }, { sort, descending }) {
  const first = kind === "trial" || (kind === "result" && note.includes("↑"));
  if (sort !== id) return { sort: id, descending: first };
  return descending === first ? { sort: id, descending: !first } : { sort: "", descending: false };
}

/**
 * @param {Column} column
 * @param {HTMLElement} element
 * @param {Store} store
 */
function resizer(column, element, store) {
  const edge = h("span", { class: "axnb-edge", "aria-hidden": "true", title: "Drag to resize; double click for the first width" });
  /** @param {number | undefined} width */
  const keep = (width) => {
    const widths = { ...store.layout.widths };
    if (width === undefined) delete widths[column.id];
    else widths[column.id] = width;
    store.layOut({ widths }).catch(() => undefined);
  };
  edge.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    edge.setPointerCapture(event.pointerId);
    const from = event.clientX;
    const before = element.offsetWidth;
    const place = element.parentElement ? [...element.parentElement.children].indexOf(element) : -1;
    const col = /** @type {HTMLElement | undefined} */ (element.closest("table")?.querySelectorAll("col")[place]);
    let width = before;
    /** @param {PointerEvent} moved */
    const drag = (moved) => {
      width = Math.round(Math.max(NARROWEST, before + moved.clientX - from));
      if (col) col.style.width = `${width}px`;
    };
    edge.addEventListener("pointermove", drag);
    edge.addEventListener("lostpointercapture", () => {
      edge.removeEventListener("pointermove", drag);
      if (width !== before) keep(width);
    }, { once: true });
  });
  edge.addEventListener("dblclick", () => keep(undefined));
  edge.addEventListener("click", (event) => event.stopPropagation());
  return edge;
}
