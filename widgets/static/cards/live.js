/**
 * A live card: title, sentence, controls, picture and table of one analysis.
 *
 * What stands in the traits is shown at once. Then the card says that it is on show, and gets a picture that plotly paints,
 * another one for every move of a control, and another one when the experiment changes.
 */

import { newActions } from "./actions.js";
import { newControls } from "./controls.js";
import { newFigure } from "./figure.js";
import { newHandles } from "./handles.js";
import { newMoves } from "./moves.js";
import { newTable } from "./table.js";
import { h, keepKeys, setAttribute, setText, uid } from "../dom.js";
import { connect } from "../rpc.js";
import { followTheme } from "../theme.js";

/**
 * @typedef {object} Face
 * @property {"card" | "waiting" | "error"} kind
 * @property {string} name
 * @property {string} title
 * @property {string} subtitle
 * @property {string} prose HTML of the kernel's making
 * @property {number} height
 * @property {import("./controls.js").Control[]} controls
 * @property {import("./actions.js").Action[]} [actions]
 * @property {import("./actions.js").Link[]} [links]
 * @property {string} [back] title of the card that this one was opened from
 * @property {import("./table.js").Table} [table]
 *
 * @typedef {(method: string, params: any) => Promise<any>} Ask
 */

/**
 * @param {object} context
 * @param {any} context.model
 * @param {HTMLElement} context.el
 * @param {AbortSignal} context.signal
 * @param {{css: string, themes: import("./figure.js").Themes}} context.live what the kernel sent beside this code
 * @param {(name: string, model: any, signal: AbortSignal) => Promise<any>} context.load
 */
export default function render({ model, el, signal, live, load }) {
  const view = uid("view");
  const kernel = connect(model, signal);
  const parts = newParts(live.themes, signal, (method, params) => kernel.call(method, { view, ...params }));
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
      const { selected } = (await kernel.call("show", { view, have: serial })) ?? {};
      if (selected?.length) parts.figure.select(selected);
      parts.enable(true);
      parts.figure.use((await load("plotly", model, signal)).default);
    } catch (error) {
      if (!signal.aborted) parts.fail(/** @type {Error} */ (error));
    }
  };
  kernel.on("drawn", (message, buffers) => {
    serial = message.serial;
    parts.moves.landed(message.ticket);
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
  kernel.on("selected", (message) => parts.figure.select(message.trials));
  kernel.on("gone", () => parts.enable(false));
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
 * @param {import("./figure.js").Themes} themes
 * @param {AbortSignal} signal
 * @param {Ask} ask
 */
function newParts(themes, signal, ask) {
  const title = h("h3", { class: "axnb-title" });
  const subtitle = h("p", { class: "axnb-subtitle" });
  const prose = h("div", { class: "axnb-prose" });
  const problem = h("p", { class: "axnb-problem", role: "alert", hidden: true });
  const root = h("section", { class: "axnb axnb-card" });

  /** @type {Face | undefined} */
  let shown;
  /** @param {Error} error */
  const fail = (error) => {
    setText(problem, error.message);
    problem.hidden = false;
    root.removeAttribute("aria-busy");
    actions.drop();
    if (shown) controls.update(shown.controls, shown.back);
    handles.place();
  };
  const moves = newMoves({
    send: (request) => ask("move", request),
    refused: fail,
    busy: (waiting) => {
      setAttribute(root, "aria-busy", waiting && "true");
      actions.wait(waiting);
    },
    signal,
  });
  const controls = newControls({
    moved: ({ field, key }, value, moving) => moves.move({ field, key, value }, moving),
    reset: () => moves.reset(),
    pending: ({ field, key }) => moves.pending(field, key),
  });
  const actions = newActions({
    act: (mark) => ask("act", { mark }),
    open: (mark) => {
      setAttribute(root, "aria-busy", "true");
      return ask("open", { mark });
    },
    failed: fail,
  });
  const plot = h("div", { class: "axnb-plot" });
  const handles = newHandles({ plot, moved: (control, value, moving) => controls.steer(control, value, moving) });
  const figure = newFigure({
    root,
    plot,
    themes,
    signal,
    overlay: handles.element,
    arranged: handles.place,
    clicked: actions.clicked,
    picked: (trials, brushed) => ask("select", { trials, brushed }).catch(fail),
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
  const head = h("header", {}, actions.back, title, subtitle);
  root.append(head, controls.element, problem, figure.element, prose, actions.ways, actions.doings, foot);

  /** @param {Face} face */
  const update = (face) => {
    const elsewhere = shown !== undefined && face.back !== shown.back;
    root.dataset.kind = face.kind;
    setAttribute(root, "aria-label", face.title);
    setText(title, face.title);
    setText(subtitle, face.subtitle);
    prose.innerHTML = face.prose;
    prose.hidden = !face.prose;
    problem.hidden = true;
    if (face.controls.length || face.kind === "card" || elsewhere) {
      shown = face;
      controls.update(face.controls, face.back);
      handles.update(face.controls);
    }
    actions.update(face);
    figure.label(face);
    tools.hidden = !face.height;
  };
  /** @param {boolean} on whether the kernel listens */
  const enable = (on) => {
    for (const part of [controls, handles, actions]) part.enable(on);
  };
  return { root, moves, figure, table, update, fail, enable };
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
