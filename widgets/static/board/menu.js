/**
 * A button that opens a menu: arrows go through it, Enter takes an item, Escape closes it.
 */

import { h, icon, setAttribute } from "../dom.js";
import { ICONS } from "./icons.js";

/** @typedef {{word: string, key?: string, off?: boolean, run: () => void}} Item */

/**
 * @param {object} options
 * @param {string} options.label
 * @param {() => Item[]} options.items asked for whenever it is opened
 */
export function createMenu({ label, items }) {
  const said = h("span", {}, label);
  const button = h("button", { type: "button", class: "axnb-menu-button", "aria-haspopup": "menu", "aria-expanded": "false" }, said, icon(ICONS.down ?? ""));
  const list = h("div", { class: "axnb-menu-list", role: "menu", "aria-label": label, hidden: true });
  const element = h("span", { class: "axnb-menu" }, button, list);

  const choices = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="menuitem"]')]);
  const close = (/** @type {boolean} */ back) => {
    list.hidden = true;
    setAttribute(button, "aria-expanded", "false");
    if (back) button.focus();
  };
  const open = () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    list.replaceChildren(
      ...items().map(({ word, key, off, run }) => {
        const attributes = { type: "button", role: "menuitem", tabindex: -1, "aria-disabled": off ? "true" : null, "aria-keyshortcuts": key };
        const click = () => {
          if (off) return;
          close(true);
          run();
        };
        return h("button", { ...attributes, onclick: click }, h("span", {}, word), key ? h("kbd", {}, key) : null);
      }),
    );
    list.hidden = false;
    setAttribute(button, "aria-expanded", "true");
    choices()[0]?.focus();
  };

  button.addEventListener("click", () => (list.hidden ? open() : close(true)));
  list.addEventListener("keydown", (event) => {
    const all = choices();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const goals = /** @type {Record<string, number>} */ ({ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 });
    const goal = goals[event.key];
    if (event.key === "Escape" || event.key === "Tab") close(event.key === "Escape");
    else if (goal !== undefined) all[(goal + all.length) % all.length]?.focus();
    else return;
    if (event.key !== "Tab") event.preventDefault();
  });
  element.addEventListener("focusout", (event) => {
    if (!element.contains(/** @type {Node | null} */ (event.relatedTarget))) close(false);
  });

  return {
    element,
    button,
    /** @param {string} text @param {boolean} on */
    update(text, on) {
      said.textContent = text;
      setAttribute(button, "aria-disabled", on ? null : "true");
    },
  };
}
