/**
 * A live card: title, sentence, controls, picture and table of one analysis.
 *
 * What stands in the traits is shown at once. Then the card says that it is on show, and gets a picture that plotly paints,
 * another one for every move of a control, and another one when the experiment changes.
 */

import { newControls } from "./card-controls.js";
import { newFigure } from "./card-figure.js";
import { newMoves } from "./card-moves.js";
import { newTable } from "./card-table.js";
import { h, keepKeys, setAttribute, setText, uid } from "./dom.js";
import { connect } from "./rpc.js";
import { followTheme } from "./theme.js";

/**
 * @typedef {object} Face
 * @property {"card" | "waiting" | "error"} kind
 * @property {string} name
 * @property {string} title
 * @property {string} subtitle
 * @property {string} prose HTML of the kernel's making
 * @property {number} height
 * @property {import("./card-controls.js").Control[]} controls
 * @property {import("./card-table.js").Table} [table]
 */

/**
 * @param {object} context
 * @param {any} context.model
 * @param {HTMLElement} context.el
 * @param {AbortSignal} context.signal
 * @param {{css: string, themes: import("./card-figure.js").Themes}} context.live what the kernel sent beside this code
 * @param {(name: string, model: any, signal: AbortSignal) => Promise<any>} context.load
 */
export default function render({ model, el, signal, live, load }) {
  const view = uid("view");
  const kernel = connect(model, signal);
  const parts = newParts(live.themes, signal, (request) => kernel.call("move", { view, ...request }));
  useStyle(live.css);
  el.replaceChildren(parts.root);
  keepKeys(parts.root, signal);
  followTheme(parts.root, signal, () => parts.figure.repaint());
  parts.figure.stand(model.get("picture"));
  parts.update(model.get("face"));
  parts.table.update(model.get("face").table);
  if (isTable(model.get("face"))) parts.table.open();

  let serial = -1;
  const show = async () => {
    try {
      await kernel.call("show", { view, have: serial });
      parts.controls.enable(true);
      parts.figure.use((await load("plotly", model, signal)).default);
    } catch (error) {
      if (!signal.aborted) parts.fail(/** @type {Error} */ (error));
    }
  };
  kernel.on("drawn", (message, buffers) => {
    serial = message.serial;
    parts.update(message.face);
    if (buffers?.[0]) parts.figure.show(buffers[0], message.ticket, message.draft);
    parts.moves.arrived(message.ticket);
    if (!message.draft) kernel.call("seen", { view }).catch(() => {});
  });
  kernel.on("failed", (message) => {
    parts.fail(new Error(message.error));
    parts.moves.arrived(message.ticket);
  });
  kernel.on("stale", show);
  kernel.on("gone", () => parts.controls.enable(false));
  model.on("change:face", () => parts.table.update(model.get("face").table));
  model.on("change:picture", () => parts.figure.stand(model.get("picture")));

  const hide = () => model.send({ id: uid("end"), method: "hide", params: { view } });
  whileVisible(parts.root, signal, (visible) => (visible ? show() : hide()));
  signal.addEventListener("abort", hide);
}

/**
 * Whether there is nothing to see but the table.
 *
 * @param {Face} face
 */
function isTable({ kind, height, prose }) {
  return kind === "card" && !height && !prose;
}

/**
 * Puts the cards' style sheet into the page, once.
 *
 * @param {string} css
 */
function useStyle(css) {
  const id = "axnb-card-style";
  const style = document.getElementById(id) ?? document.head.appendChild(h("style", { id }));
  setText(/** @type {HTMLElement} */ (style), css);
}

/**
 * Makes the elements of a card.
 *
 * @param {import("./card-figure.js").Themes} themes
 * @param {AbortSignal} signal
 * @param {(request: any) => Promise<number>} send
 */
function newParts(themes, signal, send) {
  const title = h("h3", { class: "axnb-title" });
  const subtitle = h("p", { class: "axnb-subtitle" });
  const prose = h("div", { class: "axnb-prose" });
  const problem = h("p", { class: "axnb-problem", role: "alert", hidden: true });
  const root = h("section", { class: "axnb axnb-card" });

  /** @type {Face["controls"]} */
  let settings = [];
  /** @param {Error} error */
  const fail = (error) => {
    setText(problem, error.message);
    problem.hidden = false;
    root.removeAttribute("aria-busy");
    controls.update(settings);
  };
  const moves = newMoves({ send, refused: fail, busy: (waiting) => setAttribute(root, "aria-busy", waiting), signal });
  const controls = newControls({
    moved: ({ field, key }, value, moving) => moves.move({ field, key, value }, moving),
    reset: () => moves.reset(),
    pending: ({ field, key }) => moves.pending(field, key),
  });
  const figure = newFigure({
    root,
    themes,
    signal,
    failed: fail,
    painted: (ticket, draft) => {
      root.dataset.painted = String(ticket);
      root.dispatchEvent(new CustomEvent("axnb-painted", { bubbles: true, detail: { ticket, draft } }));
    },
  });
  const table = newTable();
  const save = ["png", "svg"].map((format) => {
    const click = () => figure.save(/** @type {"png" | "svg"} */ (format));
    const label = `Save the picture as ${format.toUpperCase()}`;
    return h("button", { type: "button", class: "axnb-plain", "aria-label": label, onclick: click }, format.toUpperCase());
  });
  const tools = h("div", { class: "axnb-tools" }, ...save);
  const foot = h("div", { class: "axnb-foot" }, table.element, tools);
  root.append(h("header", {}, title, subtitle), controls.element, problem, figure.element, prose, foot);

  /** @param {Face} face */
  const update = (face) => {
    root.dataset.kind = face.kind;
    setAttribute(root, "aria-label", face.title);
    setText(title, face.title);
    setText(subtitle, face.subtitle);
    prose.innerHTML = face.prose;
    prose.hidden = !face.prose;
    problem.hidden = true;
    if (face.controls.length || face.kind === "card") controls.update((settings = face.controls));
    figure.label(face);
    tools.hidden = !face.height;
  };
  return { root, controls, moves, figure, table, update, fail };
}

/**
 * Says when an element comes into sight and when it leaves it; at once where a browser cannot tell.
 *
 * @param {HTMLElement} element
 * @param {AbortSignal} signal
 * @param {(visible: boolean) => void} changed
 */
function whileVisible(element, signal, changed) {
  if (!globalThis.IntersectionObserver) {
    changed(true);
    return;
  }
  let visible = false;
  const options = /** @type {IntersectionObserverInit} */ ({ rootMargin: "300px", scrollMargin: "300px" });
  const observer = new IntersectionObserver((entries) => {
    const now = entries.at(-1)?.isIntersecting ?? false;
    if (now !== visible) changed((visible = now));
  }, options);
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
}
