/**
 * What can be done with the trials that are selected: a menu, and the keys that stand for its items.
 */

import { h } from "../dom.js";
import { createAddForm } from "./add-form.js";
import { noteGroup } from "./fields.js";
import { createMenu } from "./menu.js";
import { createSheet, closeOnEscape } from "./sheet.js";

/**
 * @typedef {import("./store.js").Store} Store
 *
 * @typedef {object} Hands
 * @property {Store} store
 * @property {import("./sheet.js").Ask} ask
 * @property {() => number[]} trials those that are selected
 * @property {ReturnType<typeof import("./drawer.js").createDrawer>} drawer
 * @property {(text: string) => void} say
 * @property {(text: string) => void} warn
 * @property {import("./add-form.js").Added} added
 */

/** @param {Hands} hands */
export function createSelected({ store, ask, trials, drawer, say, warn, added }) {
  const rows = () => trials().flatMap((trial) => store.row(trial) ?? []);
  const name = () => nameTrials(trials());
  const running = () => rows().some((row) => row.status === "running");

  /** @param {string} method @param {Record<string, unknown>} [more] */
  const act = async (method, more = {}) => {
    warn("");
    try {
      const answer = await ask(method, { trials: trials(), ...more });
      say(answer.text);
    } catch (error) {
      warn(/** @type {Error} */ (error).message);
    }
  };

  /** @param {string} title @param {Omit<Parameters<typeof createSheet>[0], "label" | "cancel" | "done">} options */
  const openForm = (title, options) =>
    drawer.toggle(menu.button, () => {
      const done = (/** @type {string} */ text) => {
        drawer.close();
        say(text);
      };
      const sheet = createSheet({ label: title, cancel: drawer.close, done, ...options });
      const element = h("div", { class: "axnb-form" }, h("div", { class: "axnb-form-head" }, h("span", { class: "axnb-form-title" }, title)), sheet.element);
      closeOnEscape(element, drawer.close);
      return { element, focus: sheet.focus, busy: sheet.busy };
    });

  const writeNote = () => {
    const noted = trials();
    openForm(`Note on ${name()}`, { submit: "Keep", doing: "Keeping", groups: [noteGroup(rows()[0]?.note ?? "")], send: ({ note }) => ask("note", { trials: noted, note }) });
  };
  const remove = () => {
    const gone = trials();
    openForm(`Delete ${name()}?`, { submit: "Delete", doing: "Deleting", groups: [], note: "Results go with it. Undo brings it back.", send: () => ask("delete", { trials: gone }) });
  };
  const duplicate = () => {
    const [like] = rows();
    if (like) drawer.toggle(menu.button, () => createAddForm({ store, ask, like, cancel: drawer.close, done: added }));
  };
  const copy = async () => {
    try {
      const { table, count } = await ask("table", { trials: trials(), format: "tsv" });
      await navigator.clipboard.writeText(table);
      say(count === 1 ? "1 trial copied." : `${count} trials copied.`);
    } catch (error) {
      warn(`The trials could not be copied: ${/** @type {Error} */ (error).message}`);
    }
  };

  /** @returns {import("./menu.js").Item[]} */
  const items = () => [
    { word: "Repeat", key: "r", off: rows().some((row) => row.arms), run: () => act("repeat") },
    { word: "Duplicate…", key: "d", off: trials().length !== 1 || rows().some((row) => row.arms), run: duplicate },
    { word: "Note…", key: "n", run: writeNote },
    { word: "Stop early", off: !running(), run: () => act("stop") },
    { word: "Delete…", key: "Delete", run: remove },
    { word: "Show only these", key: "o", run: () => store.arrange({ among: trials() }).catch((error) => warn(error.message)) },
    { word: "Copy for a spreadsheet", key: "y", run: copy },
  ];
  const menu = createMenu({ label: "Selected trials", items });

  return {
    element: menu.element,
    update() {
      const { length } = trials();
      menu.update(length ? nameTrials(trials(), true) : "No trial selected", length > 0);
    },

    /**
     * Does what a key stands for.
     *
     * @param {string} key
     * @returns {boolean} whether it stands for anything
     */
    press(key) {
      const item = items().find((each) => each.key === key);
      if (!item || !trials().length) return false;
      if (!item.off) item.run();
      return true;
    },
  };
}

/**
 * @param {number[]} trials
 * @param {boolean} [starts] whether a label starts with it
 */
export function nameTrials(trials, starts = false) {
  const words = trials.length === 1 ? `trial ${trials[0]}` : `${trials.length} trials`;
  return starts && trials.length === 1 ? `Trial ${trials[0]}` : words;
}
