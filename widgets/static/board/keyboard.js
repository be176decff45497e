/**
 * The keyboard's place in the grid: which places a row has, and where a key leads.
 */

import { WORDS } from "./row.js";

/**
 * @typedef {import("./store.js").Action} Action
 * @typedef {import("./row.js").Line} Line
 */

/**
 * The places in a row that the keyboard can be at, from left to right.
 *
 * @param {Line} line
 */
export function stopsOf(line) {
  return [...line.element.querySelectorAll("[data-key]")].filter(
    (stop) => stop.hasAttribute("tabindex") && getComputedStyle(stop).display !== "none",
  );
}

/**
 * Finds a place in a row, or the one nearest to it.
 *
 * @param {Line} line
 * @param {string} key
 * @returns {HTMLElement | undefined}
 */
export function stopAt(line, key) {
  const all = stopsOf(line);
  const found = all.find((stop) => stop.getAttribute("data-key") === key);
  const last = key === "last" || key in WORDS ? all.find((stop) => (stop.getAttribute("data-key") ?? "") in WORDS) ?? all.at(-1) : all[0];
  return /** @type {HTMLElement | undefined} */ (found ?? last);
}

/**
 * Does what a key that is pressed in a row stands for.
 *
 * @param {KeyboardEvent} event
 * @param {object} place
 * @param {Line} place.line
 * @param {number} place.at position of the row
 * @param {number[]} place.trials
 * @param {number} place.page rows of a page
 * @param {object} moves
 * @param {(trial: number, key: string) => void} moves.go
 * @param {(trial: number, action: Action | null) => void} moves.act
 * @param {(trial: number, how: import("./selection.js").How) => void} moves.select
 * @param {(trial: number, key: string, typed: string | null) => boolean} moves.edit edits a cell, if it can be; null keeps its text
 * @param {(key: string) => boolean} moves.shortcut does what a key stands for, if it stands for anything
 */
export function pressKey(event, { line, at, trials, page }, { go, act, select, edit, shortcut }) {
  const stop = /** @type {HTMLElement} */ (event.target).closest("[data-key]");
  if (!stop || event.altKey || event.metaKey || event.isComposing) return;
  const { trial } = line;
  const key = stop.getAttribute("data-key") ?? "trial";
  const letter = event.key.length === 1 && event.key !== " " && !event.ctrlKey;
  if ((letter || event.key === "F2" || event.key === "Enter") && edit(trial, key, letter ? event.key : null)) {
    event.preventDefault();
    return;
  }
  if (!event.ctrlKey && shortcut(event.key)) {
    event.preventDefault();
    return;
  }
  const all = stopsOf(line);
  const end = trials.length - 1;
  /** @param {number} step */
  const across = (step) => go(trial, all[all.indexOf(stop) + step]?.getAttribute("data-key") ?? key);
  /** @param {number} to */
  const down = (to) => go(trials[Math.min(Math.max(to, 0), end)] ?? trial, key);
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowRight: () => across(1),
    ArrowLeft: () => across(-1),
    ArrowDown: () => down(at + 1),
    ArrowUp: () => down(at - 1),
    PageDown: () => down(at + page),
    PageUp: () => down(at - page),
    Home: () => (event.ctrlKey ? go(trials[0] ?? trial, "trial") : go(trial, "trial")),
    End: () => (event.ctrlKey ? go(trials[end] ?? trial, "last") : go(trial, all.at(-1)?.getAttribute("data-key") ?? key)),
    Enter: () => act(trial, key in WORDS ? /** @type {Action} */ (key) : null),
    " ": () => (key in WORDS ? act(trial, /** @type {Action} */ (key)) : select(trial, { toggle: true })),
  };
  const move = keys[event.key];
  if (!move) return;
  event.preventDefault();
  move();
}

/**
 * Lets Ctrl+Z and Ctrl+Shift+Z mean the board's Undo and Redo, but in a field, where they are about what is typed.
 *
 * @param {HTMLElement} root
 * @param {(way: "undo" | "redo") => void} turn
 */
export function followUndoKeys(root, turn) {
  root.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || target.matches("input, select, textarea")) return;
    event.preventDefault();
    turn(event.shiftKey ? "redo" : "undo");
  });
}
