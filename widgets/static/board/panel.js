/**
 * What stands beside the rows: live cards as tabs. They are asked for when they are first to be seen; whether they are
 * is kept with the columns.
 */

import { h, setAttribute, setText } from "../dom.js";

/**
 * @param {object} options
 * @param {import("./store.js").Store} options.store
 * @param {{get: (name: string) => any, on: (event: string, callback: () => void) => void, off: (event: string, callback: () => void) => void}} options.model
 * @param {{getWidget: (ref: string) => Promise<any>} | undefined} options.host
 * @param {HTMLButtonElement} options.button shows and hides it
 * @param {(text: string) => void} options.warn
 * @param {AbortSignal} [options.signal]
 */
export function createPanel({ store, model, host, button, warn, signal }) {
  const waiting = h("div", { class: "axnb-muted axnb-panel-waiting" });
  const place = h("div");
  const element = h("aside", { class: "axnb-side", "aria-label": "Cards", hidden: true }, waiting, place);
  let asked = false;
  let shown = "";

  const fail = (/** @type {Error} */ error) => {
    asked = false;
    setText(waiting, "");
    warn(error.message);
  };

  const draw = async () => {
    const ref = model.get("panel");
    if (!ref || !host || element.hidden || shown === ref) return;
    shown = ref;
    try {
      const widget = await host.getWidget(ref);
      await widget.render({ el: place, signal: signal ?? new AbortController().signal });
      setText(waiting, "");
    } catch (error) {
      fail(/** @type {Error} */ (error));
    }
  };

  const update = () => {
    const open = store.layout.panel === "open" && Boolean(host);
    element.hidden = !open;
    button.hidden = !host;
    setAttribute(button, "aria-expanded", String(open));
    if (!open || !store.loaded) return;
    if (model.get("panel")) draw();
    else if (!asked) {
      asked = true;
      setText(waiting, "Drawing the cards…");
      store.connection.call("panel").catch(fail);
    }
  };

  button.addEventListener("click", () => store.layOut({ panel: store.layout.panel === "open" ? "" : "open" }).catch((error) => warn(error.message)));
  model.on("change:panel", draw);
  signal?.addEventListener("abort", () => model.off("change:panel", draw));
  return { element, update };
}
