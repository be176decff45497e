/**
 * The part of a live card that every card brings along, and that is saved with it: it shows the title, the sentence, the
 * still picture and the table from the traits, which needs no kernel, until the rest (live.js) has come from the kernel.
 */

import { load } from "./load.js";
import { hideStandIn } from "../stand-in.js";

/** Milliseconds to wait for the rest before something is shown. */
const SOON = 250;

/** @param {{model: any, el: HTMLElement, signal: AbortSignal}} context */
function render({ model, el, signal }) {
  hideStandIn(el, signal);
  const timer = setTimeout(() => el.replaceChildren(still(model)), SOON);
  signal.addEventListener("abort", () => clearTimeout(timer));
  load(model.get("code"), model, signal).then((live) => {
    clearTimeout(timer);
    if (!signal.aborted) live.default({ model, el, signal, live, load });
  });
  if (model.get("face").height) load("plotly", model, signal); // which takes longest
}

/** @param {any} model */
function still(model) {
  const { title, subtitle, prose, height, table } = model.get("face");
  const svg = model.get("picture");
  const card = element("section");
  card.style.cssText =
    "padding:10px 12px;border:1px solid #8884;border-radius:5px;line-height:1.4;font-family:var(--jp-ui-font-family,system-ui);" +
    "color:var(--jp-ui-font-color1,var(--vscode-editor-foreground,CanvasText));background:var(--jp-layout-color1,var(--vscode-editor-background,Canvas))";
  const text = element("div");
  text.innerHTML = prose; // of the kernel's making, with every name escaped
  card.append(element("strong", title), element("div", subtitle), text);
  if (svg) {
    const image = document.createElement("img");
    image.alt = subtitle;
    image.style.cssText = `width:100%;height:${height}px;object-fit:contain`;
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    card.append(image);
  }
  if (table.rows.length) {
    /** @type {string[][]} */
    const texts = [table.columns, ...table.rows];
    const rows = texts.map((row) => element("tr", ...row.map((cell) => element("td", cell))));
    card.append(element("details", element("summary", `Table: ${table.extent}`), element("table", ...rows)));
  }
  return card;
}

/** @param {string} tag @param {...(Node | string)} children */
function element(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

export default { render };
