/**
 * What stands above the rows: name, goal, best so far, how many trials there are by status; and what is said instead of
 * rows as long as there are none.
 */

import { h, icon, setText } from "../dom.js";
import { STATUS } from "./icons.js";

/** @typedef {import("./store.js").Store} Store */

/** @param {Store} store */
export function createHeader(store) {
  const name = h("div", { class: "axnb-name" });
  const goal = h("div", { class: "axnb-goal" });
  const best = h("div", { class: "axnb-best-line" });
  const counts = h("ul", { class: "axnb-counts", "aria-label": "Trials by status" });
  const element = h("div", { class: "axnb-head" }, h("div", { class: "axnb-titles" }, name, goal, best), counts);
  return {
    element,
    update() {
      const { header } = store;
      setText(name, header.name || "Trials");
      setText(goal, header.goal || (header.configured ? "No goal yet: call client.configure_optimization(objective=…)." : ""));
      setText(best, header.best);
      best.hidden = !header.best;
      counts.replaceChildren(...header.counts.map(countItem));
    },
  };
}

/** @param {{status: string, word: string, count: number}} each */
function countItem({ status, word, count }) {
  return h("li", { class: "axnb-count-item" }, icon(STATUS[status] ?? "", `axnb-icon axnb-status-${status}`), h("b", {}, count), ` ${word.toLowerCase()}`);
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
function explainEmptiness({ header, loaded, failure }) {
  if (failure) return ["The board cannot be shown", failure];
  if (!loaded) return ["Waiting for the kernel…", ""];
  if (!header.configured) return ["Nothing to tune yet", "Say what may be tried: client.configure_experiment(parameters=[…])."];
  return ["No trials yet", "Suggest proposes the next point to try. Add trial takes a point of your own, and earlier results too."];
}
