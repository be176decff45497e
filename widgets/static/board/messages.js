/**
 * What the board says: a line below the rows that tells what was done, and a warning above them that can be dismissed.
 */

import { append, capitalize, h, icon, setText } from "../dom.js";
import { ICONS } from "./icons.js";

export function createMessages() {
  const said = h("span", { class: "axnb-said", role: "status", "aria-live": "polite" });
  const alert = h("div", { class: "axnb-alert", role: "alert" });

  /**
   * @param {string} text an empty text takes the message away
   * @param {boolean} [lasting] whether it cannot be dismissed
   */
  const warn = (text, lasting = false) => {
    alert.replaceChildren();
    if (!text) return;
    const attributes = { type: "button", class: "axnb-plain axnb-close", "aria-label": "Dismiss the message" };
    const close = lasting ? null : h("button", { ...attributes, onclick: () => warn("") }, icon(ICONS.close ?? ""));
    append(alert, [icon(ICONS.alert ?? ""), h("span", { class: "axnb-alert-message" }, capitalize(text)), close]);
  };

  return {
    said,
    alert,
    warn,
    /** @param {string} text */
    say: (text) => setText(said, text),
  };
}

/** @typedef {ReturnType<typeof createMessages>} Messages */
