/**
 * The board's buttons: Suggest and Cancel, Add trial, Undo, Redo. What they do is up to whoever made the toolbar.
 */

import { h, icon, setAttribute, setText } from "../dom.js";
import { ICONS } from "./icons.js";

/**
 * @param {object} options
 * @param {(button: HTMLButtonElement, count: string) => void} options.suggest
 * @param {() => void} options.cancel gives up what Suggest began, in this view or another
 * @param {() => void} options.add
 * @param {() => void} options.save
 * @param {(button: HTMLButtonElement) => void} options.undo
 * @param {(button: HTMLButtonElement) => void} options.redo
 */
export function createToolbar({ suggest, cancel, add, save, undo, redo }) {
  const count = h("input", { type: "number", min: 1, step: 1, value: 1, class: "axnb-count", "aria-label": "Number of trials to suggest" });
  const suggestButton = h("button", { type: "button", class: "axnb-primary axnb-suggest" }, "Suggest");
  const cancelButton = h("button", { type: "button", class: "axnb-cancel", hidden: true }, "Cancel");
  const progress = h("span", { class: "axnb-progress" });
  const addButton = h("button", { type: "button", class: "axnb-add-button", "aria-expanded": "false" }, icon(ICONS.add ?? ""), "Add trial");
  const saveWords = [icon(ICONS.save ?? ""), h("span", {}, "Not saved"), h("b", {}, "Save…")];
  const saveButton = h("button", { type: "button", class: "axnb-save", "aria-expanded": "false", title: "The experiment is in memory only" }, ...saveWords);
  const undoButton = h("button", { type: "button" }, icon(ICONS.undo ?? ""), h("span", { class: "axnb-word" }, "Undo"));
  const redoButton = h("button", { type: "button" }, icon(ICONS.redo ?? ""), h("span", { class: "axnb-word" }, "Redo"));
  const askForTrials = () => suggest(suggestButton, count.value);

  suggestButton.addEventListener("click", askForTrials);
  count.addEventListener("keydown", (event) => {
    if (event.key === "Enter") askForTrials();
  });
  cancelButton.addEventListener("click", () => {
    if (isOff(cancelButton)) return;
    setAttribute(cancelButton, "aria-disabled", "true");
    setText(cancelButton, "Cancelling…");
    cancel();
  });
  addButton.addEventListener("click", add);
  saveButton.addEventListener("click", save);
  undoButton.addEventListener("click", () => undo(undoButton));
  redoButton.addEventListener("click", () => redo(redoButton));

  /** @param {boolean} on */
  const showCancel = (on) => {
    const held = cancelButton === document.activeElement;
    setAttribute(cancelButton, "aria-disabled", null);
    setText(cancelButton, "Cancel");
    cancelButton.hidden = !on;
    if (held) suggestButton.focus();
  };

  const element = h(
    "div",
    { class: "axnb-bar", role: "group", "aria-label": "Actions" },
    h("div", { class: "axnb-buttons axnb-joined" }, suggestButton, count),
    cancelButton,
    progress,
    addButton,
    saveButton,
    h("div", { class: "axnb-buttons axnb-end" }, undoButton, redoButton),
  );
  return {
    element,
    add: addButton,
    save: saveButton,

    /** @param {"undo" | "redo"} way presses the button for it */
    turn: (way) => (way === "undo" ? undo(undoButton) : redo(redoButton)),

    /**
     * @param {object} state
     * @param {boolean} state.ready whether the kernel is there and the experiment configured
     * @param {boolean} state.addable whether there are parameters
     * @param {string} state.busy what the kernel is at, or an empty text
     * @param {import("./store.js").Header} state.header
     */
    update({ ready, addable, busy, header }) {
      const suggesting = suggestButton.classList.contains("axnb-busy");
      const elsewhere = busy && !suggesting;
      if (!suggesting) setAttribute(suggestButton, "aria-disabled", !ready || elsewhere ? "true" : null);
      if (Boolean(busy) === cancelButton.hidden) showCancel(Boolean(busy));
      setText(progress, busy.includes(": ") ? busy.slice(busy.indexOf(": ") + 2) : "");
      setAttribute(suggestButton, "title", elsewhere ? `${busy}…` : "Ask for the next trials to run");
      setAttribute(addButton, "aria-disabled", !ready || !addable ? "true" : null);
      saveButton.hidden = !ready || header.kept;
      setAttribute(count, "max", header.most);
      setAttribute(count, "title", `How many trials, from 1 to ${header.most.toLocaleString("en")}`);
      describeTurn(undoButton, "Undo", header.undo, ready);
      describeTurn(redoButton, "Redo", header.redo, ready);
    },
  };
}

/** @param {HTMLElement} element */
export function isOff(element) {
  return element.getAttribute("aria-disabled") === "true";
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} verb
 * @param {string} what
 * @param {boolean} ready
 */
function describeTurn(button, verb, what, ready) {
  if (button.classList.contains("axnb-busy")) return;
  setAttribute(button, "aria-disabled", what && ready ? null : "true");
  setAttribute(button, "title", what ? `${verb}: ${what}` : `Nothing to ${verb.toLowerCase()}`);
  setAttribute(button, "aria-label", what ? `${verb}: ${what}` : verb);
}
