/**
 * A button whose action is under way.
 */

import { h, setAttribute, setText } from "../dom.js";

/**
 * Shows on a button that something is under way: a word, a spinner and, after a moment, the seconds so far.
 *
 * @param {HTMLButtonElement} button
 * @param {string} word
 * @returns {() => void} ends it
 */
export function showBusy(button, word) {
  const before = [...button.childNodes];
  const began = performance.now();
  const label = h("span", {}, `${word}…`);
  button.replaceChildren(h("span", { class: "axnb-spinner", "aria-hidden": "true" }), label);
  button.classList.add("axnb-busy");
  setAttribute(button, "aria-disabled", "true");
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    if (seconds >= 0.5) setText(label, `${word}… ${seconds.toFixed(1)} s`);
  }, 100);
  return () => {
    clearInterval(timer);
    button.classList.remove("axnb-busy");
    setAttribute(button, "aria-disabled", null);
    button.replaceChildren(...before);
  };
}
