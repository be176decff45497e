/**
 * The buttons of a card: what may be done from it, where one may go from it, and the way back.
 *
 * A button is pressed once: until the kernel has answered it does nothing more, and what has been done is said beside it
 * for as long as the kernel says so. Elements stay while their button stays, so that the focus is not lost.
 */

import { h, setAttribute, setText } from "../dom.js";

/**
 * @typedef {object} Action
 * @property {string} mark
 * @property {string} label
 * @property {string} done what is said once it has been done; empty before
 *
 * @typedef {object} Link
 * @property {string} mark
 * @property {string} label
 * @property {string} hint
 */

/**
 * @param {object} options
 * @param {(mark: string) => Promise<string>} options.act answers what is to be said
 * @param {(mark: string) => Promise<unknown>} options.open shows what a link leads to; the empty mark goes back
 * @param {(error: Error) => void} options.failed
 */
export function newActions({ act, open, failed }) {
  /** @type {ReturnType<typeof newDeed>[]} */
  const deeds = [];
  const doings = h("div", { class: "axnb-doings", role: "group", "aria-label": "Actions" });
  const ways = h("div", { class: "axnb-ways", role: "group", "aria-label": "Show in this place" });
  const back = h("button", { type: "button", class: "axnb-plain axnb-back", hidden: true, onclick: () => go("") });
  /** @type {Link[]} */
  let links = [];
  let enabled = false;
  /** Where the focus belongs when the next face comes. @type {"back" | "ways" | ""} */
  let follow = "";

  /** @param {string} mark */
  const go = (mark) => {
    if (!enabled) return;
    const focused = document.activeElement;
    const here = ways.contains(focused) || back === focused;
    follow = here ? (mark ? "back" : "ways") : "";
    open(mark).catch((error) => {
      follow = "";
      failed(error);
    });
  };

  const enable = () => {
    for (const button of [back, ...ways.querySelectorAll("button")]) setAttribute(button, "disabled", !enabled);
    for (const deed of deeds) deed.enable(enabled);
  };

  /** @param {Link} link */
  const way = ({ mark, label, hint }) => {
    const attributes = { type: "button", class: "axnb-way", title: hint, "aria-label": hint };
    return h("button", { ...attributes, onclick: () => go(mark) }, label);
  };

  return {
    doings,
    ways,
    back,

    /** @param {boolean} on whether the kernel listens */
    enable(on) {
      enabled = on;
      enable();
    },

    /** @param {boolean} moving whether a picture is on its way, so that what the buttons stand for may change */
    wait(moving) {
      for (const deed of deeds) deed.wait(moving);
    },

    /** Forgets what was pressed while a picture was on its way. */
    drop() {
      for (const deed of deeds) deed.drop();
    },

    /** @param {string} mark of what was clicked in the picture */
    clicked(mark) {
      if (links.some((link) => link.mark === mark)) go(mark);
    },

    /** @param {{actions?: Action[], links?: Link[], back?: string}} face */
    update({ actions = [], links: now = [], back: title = "" }) {
      while (deeds.length > actions.length) deeds.pop()?.element.remove();
      actions.forEach((action, i) => {
        const deed = (deeds[i] ??= newDeed(act));
        if (!deed.element.isConnected) doings.append(deed.element);
        deed.update(action);
      });
      doings.hidden = !actions.length;
      if (JSON.stringify(now) !== JSON.stringify(links)) ways.replaceChildren(h("span", {}, "Show"), ...now.map(way));
      links = now;
      ways.hidden = !now.length;
      back.hidden = !title;
      setText(back, `‹ Back to ${title}`);
      enable();
      if (follow === "back" && title) back.focus();
      if (follow === "ways" && !title) ways.querySelector("button")?.focus();
      if ((follow === "back") === Boolean(title)) follow = "";
    },
  };
}

/**
 * One action: its button, and beside it what came of it.
 *
 * @param {(mark: string) => Promise<string>} act
 */
function newDeed(act) {
  const button = h("button", { type: "button", class: "axnb-deed", onclick: () => press() });
  const said = h("span", { class: "axnb-said", role: "status" });
  const element = h("div", { class: "axnb-doing" }, button, said);
  /** @type {Action} */
  let action = { mark: "", label: "", done: "" };
  let enabled = false;
  let working = false; // whether the kernel has been asked
  let waiting = false; // whether another point may be on its way
  let pressed = false; // while waiting

  const show = () => {
    // Not `disabled`, which would lose the focus.
    setAttribute(button, "aria-disabled", !enabled || working || Boolean(action.done) ? "true" : null);
    setAttribute(button, "aria-busy", working || pressed ? "true" : null);
  };

  /** @param {string} text @param {boolean} [bad] */
  const say = (text, bad = false) => {
    setText(said, text);
    said.classList.toggle("axnb-bad", bad);
  };

  const press = async () => {
    if (!enabled || working || action.done) return;
    pressed = waiting;
    if (waiting) {
      show();
      return;
    }
    const { mark } = action;
    working = true;
    say("");
    show();
    try {
      const text = await act(mark);
      if (action.mark === mark) action = { ...action, done: text };
      say(text);
    } catch (error) {
      say(/** @type {Error} */ (error).message, true);
    } finally {
      working = false;
      show();
    }
  };

  return {
    element,
    /** @param {boolean} on */
    enable(on) {
      enabled = on;
      show();
    },
    /** @param {boolean} moving */
    wait(moving) {
      waiting = moving;
      if (!moving && pressed) {
        pressed = false;
        press();
      }
    },
    drop() {
      pressed = false;
      show();
    },
    /** @param {Action} now */
    update(now) {
      const same = now.mark === action.mark && now.done === action.done;
      action = now;
      setText(button, now.label);
      if (!same && !working) say(now.done);
      show();
    },
  };
}
