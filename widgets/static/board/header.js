/**
 * What stands above the rows: name, goal, best so far, how many trials there are by status; and what is said instead of
 * rows as long as there are none.
 */

import { h, icon, setText } from "../dom.js";
import { STATUS } from "./icons.js";

/** @typedef {import("./store.js").Store} Store */

/**
 * @param {Store} store
 * @param {(message: string) => void} warn
 */
export function createHeader(store, warn) {
  const name = h("div", { class: "axnb-name" });
  const goal = h("div", { class: "axnb-goal" });
  const best = h("div", { class: "axnb-best-line" });
  const counts = h("ul", { class: "axnb-counts", "aria-label": "Trials by status" });
  const element = h("div", { class: "axnb-head" }, h("div", { class: "axnb-titles" }, name, goal, best), counts);
  /** @param {string} status */
  const choose = (status) => {
    const { statuses } = store.arrangement;
    const chosen = statuses.includes(status) ? statuses.filter((each) => each !== status) : [...statuses, status];
    store.arrange({ statuses: chosen }).catch((error) => warn(error.message));
  };
  return {
    element,
    update() {
      const { header } = store;
      setText(name, header.name || "Trials");
      setText(goal, header.goal || (header.configured ? "No goal yet: call client.configure_optimization(objective=…)." : ""));
      setText(best, header.best);
      best.hidden = !header.best;
      const { statuses } = store.arrangement;
      const held = counts.contains(document.activeElement) ? document.activeElement?.getAttribute("data-status") : null;
      counts.replaceChildren(...header.counts.map((each) => countItem(each, statuses, choose)));
      if (held) /** @type {HTMLElement | null} */ (counts.querySelector(`[data-status="${held}"]`))?.focus();
    },
  };
}

/**
 * A count that filters: pressed, only trials of its status, and of other pressed ones, are shown.
 *
 * @param {{status: string, word: string, count: number}} each
 * @param {string[]} chosen
 * @param {(status: string) => void} choose
 */
function countItem({ status, word, count }, chosen, choose) {
  const attributes = { type: "button", class: "axnb-count-item", "data-status": status, title: `Show ${word.toLowerCase()} trials only` };
  const pressed = String(chosen.includes(status));
  const said = ` ${word.toLowerCase()}`;
  const mark = icon(STATUS[status] ?? "", `axnb-icon axnb-status-${status}`);
  return h("li", {}, h("button", { ...attributes, "aria-pressed": pressed, onclick: () => choose(status) }, mark, h("b", {}, count.toLocaleString("en")), said));
}

/** @param {Store} store */
export function createPlaceholder(store) {
  const element = h("div", { class: "axnb-empty" });
  return {
    element,
    update() {
      element.hidden = Boolean(store.trials.length);
      if (element.hidden) return;
      const [title, text] = explainEmptiness(store);
      element.replaceChildren(h("div", { class: "axnb-empty-title" }, title), h("div", { class: "axnb-muted" }, text));
    },
  };
}

/**
 * @param {Store} store
 * @returns {[title: string, text: string]}
 */
function explainEmptiness({ header, loaded, failure, total }) {
  if (failure) return ["The board cannot be shown", failure];
  if (!loaded) return ["Waiting for the kernel…", ""];
  if (!header.configured) return ["Nothing to tune yet", "Say what may be tried: client.configure_experiment(parameters=[…])."];
  if (total) return ["No trial is like that", "Take a filter away, or search for something else."];
  return ["No trials yet", "Suggest proposes the next point to try. Add trial takes a point of your own, and earlier results too."];
}
