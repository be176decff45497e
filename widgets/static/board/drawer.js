/**
 * The place between the toolbar and the rows, which shows one form at a time: a trial of one's own, where to save.
 */

import { h, setAttribute } from "../dom.js";
import { isOff } from "./toolbar.js";

/** @typedef {import("./sheet.js").Form} Form */

export function createDrawer() {
  const element = h("div", { class: "axnb-add" });
  /** @type {{form: Form, button: HTMLElement} | null} */
  let shown = null;

  const close = () => {
    if (!shown || shown.form.busy()) return;
    const { button } = shown;
    const held = element.contains(document.activeElement);
    shown = null;
    element.replaceChildren();
    setAttribute(button, "aria-expanded", "false");
    if (held) button.focus();
  };

  return {
    element,
    close,

    /**
     * Shows the form of a button, or takes it away where it is shown.
     *
     * @param {HTMLElement} button
     * @param {() => Form} make
     */
    toggle(button, make) {
      const again = shown?.button === button;
      close();
      if (again || shown || isOff(button)) return;
      shown = { form: make(), button };
      element.replaceChildren(shown.form.element);
      setAttribute(button, "aria-expanded", "true");
      shown.form.focus();
    },
  };
}
