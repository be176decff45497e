/**
 * The trial board in the browser: a header, a toolbar, the rows, a line that says what happened.
 *
 * Everything shown comes from the kernel, every action goes to it, and the board shows what it answers.
 */

import { h, keepKeys, setText } from "../dom.js";
import { hideStandIn } from "../stand-in.js";
import { followTheme } from "../theme.js";
import { createAddForm } from "./add-form.js";
import { createColumnsForm } from "./columns-form.js";
import { createDetailsPanel, hasDetails } from "./details-panel.js";
import { createDrawer } from "./drawer.js";
import { createFilters } from "./filters.js";
import { createHeader, createPlaceholder } from "./header.js";
import { followUndoKeys } from "./keyboard.js";
import { ICONS } from "./icons.js";
import { createMessages } from "./messages.js";
import { createPanel } from "./panel.js";
import { createExport, createHelp, createHistory, toolButton } from "./records.js";
import { createRequests, keepCompany } from "./requests.js";
import { createSaveForm } from "./save-form.js";
import { createSelected } from "./selected.js";
import { createSelection } from "./selection.js";
import { createStore } from "./store.js";
import { createTable } from "./table.js";
import { createToolbar } from "./toolbar.js";
import { createTrialForm, describeEnd } from "./trial-form.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").Action} Action
 * @typedef {{get: (name: string) => any} & import("../rpc.js").Channel} Model
 */

const PATIENCE = 4000; // milliseconds without any answer until the board says so

/**
 * Draws one view of a board.
 *
 * @param {object} options
 * @param {Store} options.store
 * @param {Model} options.model
 * @param {HTMLElement} options.el
 * @param {{getWidget: (ref: string) => Promise<any>}} [options.host] makes widgets of the kernel's part of the page
 * @param {AbortSignal} [options.signal]
 */
function renderBoard({ store, model, el, host, signal }) {
  /** @type {ReturnType<typeof createTrialForm> | null} */
  let trialForm = null;
  let chosen = model.get("selected") ?? null;
  let gone = false;

  const { said, alert, say, warn } = createMessages();
  const total = h("span", { class: "axnb-total" });
  const header = createHeader(store, warn);
  const drawer = createDrawer();
  const placeholder = createPlaceholder(store);

  const { ask, perform } = createRequests({ store, isBusy: () => Boolean(model.get("busy")) || gone, say, warn, ended: () => update() });

  const columnsButton = toolButton("Columns", ICONS.columns);
  const panelButton = toolButton("Cards", ICONS.panel);
  const panel = createPanel({ store, model, host, button: panelButton, warn, signal });
  const historyButton = toolButton("History", ICONS.history);
  const helpButton = toolButton("Keys", ICONS.help);
  const exportButton = createExport({ ask, name: () => store.header.name, say, warn });
  columnsButton.addEventListener("click", () => drawer.toggle(columnsButton, () => createColumnsForm({ store, cancel: drawer.close })));
  historyButton.addEventListener("click", () => drawer.toggle(historyButton, () => createHistory(ask, drawer.close)));
  helpButton.addEventListener("click", () => drawer.toggle(helpButton, () => createHelp(drawer.close)));

  // -- rows and forms -------------------------------------------------------------------------------------------------

  const selection = createSelection({
    order: () => store.trials,
    tell: (trial, trials) => store.connection.call("select", { trial, trials }).catch(() => undefined),
    signal,
  });
  /** @type {Parameters<typeof createTable>[0]["select"]} */
  const select = (trial, how) => {
    if (!selection.pick(trial, how)) return;
    chosen = trial;
    mark();
  };

  /**
   * @param {number} trial
   * @param {Action | null} action
   */
  const act = (trial, action) => {
    const row = store.row(trial);
    if (!row || gone) return;
    const first = action ?? row.actions[0];
    if (!first && hasDetails(row)) {
      if (trialForm?.busy()) return;
      closeForm();
      const panel = createDetailsPanel({ row, columns: store.columns, cancel: closeForm });
      table.open(trial, panel.element, panel.focus);
      return;
    }
    if (!first || !row.actions.includes(first)) {
      say(`Trial ${trial} ${row.word.toLowerCase()}${row.reason ? `: ${row.reason}` : ""}.`);
      return;
    }
    if (trialForm && table.openTrial() === trial) {
      if (action) trialForm.show(action);
      else trialForm.focus();
      return;
    }
    if (trialForm?.busy()) return;
    const form = createTrialForm({
      store,
      ask,
      trial,
      action: first,
      cancel: () => {
        if (!form.busy()) closeForm();
      },
      done: (text) => {
        closeForm();
        say(text);
      },
    });
    closeForm();
    trialForm = form;
    table.open(trial, form.element, form.focus);
  };

  const closeForm = () => {
    trialForm = null;
    table.close();
  };

  const selected = createSelected({ store, ask, trials: () => [...selection.all()], drawer, say, warn, added: (text, trial) => added(text, trial) });
  const filters = createFilters({ store, warn, tools: [selected.element, columnsButton, exportButton, historyButton, helpButton, panelButton] });
  const mark = () => {
    table.mark(selection.all());
    selected.update();
  };
  /** @type {Parameters<typeof createTable>[0]["shortcut"]} */
  const shortcut = (key) => {
    if (key === "?") helpButton.click();
    else if (key === "/") filters.focus();
    else return selected.press(key);
    return true;
  };

  /** @type {Parameters<typeof createTable>[0]["amend"]} */
  const amend = async (trial, metric, text) => say((await ask("amend", { trial, metric, text })).text);

  const table = createTable({ store, act, select, amend, shortcut });

  // -- toolbar --------------------------------------------------------------------------------------------------------

  const toolbar = createToolbar({
    suggest: (button, count) =>
      perform(button, "Suggesting", "suggest", { count }, (answer) => {
        const newest = Math.max(...answer.trials);
        if (Number.isFinite(newest)) table.reveal(newest);
      }),
    cancel: () => store.connection.call("cancel").catch((error) => warn(error.message)),
    add: () => drawer.toggle(toolbar.add, openAdd),
    save: () => drawer.toggle(toolbar.save, openSave),
    undo: (button) => perform(button, "Undoing", "undo", {}),
    redo: (button) => perform(button, "Redoing", "redo", {}),
  });

  /** @param {string} text */
  const put = (text) => {
    drawer.close();
    say(text);
  };
  /** @type {import("./add-form.js").Added} */
  const added = (text, trial) => {
    put(text);
    table.go(trial, "status");
  };
  const openAdd = () => createAddForm({ store, ask, cancel: drawer.close, done: added });
  const openSave = () => createSaveForm({ name: store.header.name, ask, cancel: drawer.close, done: put });

  // -- what is shown --------------------------------------------------------------------------------------------------

  const update = () => {
    const { columns, trials } = store;
    header.update();
    filters.update();
    setText(total, store.total === 1 ? "1 trial" : `${store.total.toLocaleString("en")} trials`);
    const ready = store.header.configured && store.loaded && !gone;
    toolbar.update({ ready, addable: columns.parameters.length > 0, busy: model.get("busy"), header: store.header });
    table.element.hidden = !trials.length;
    placeholder.update();
    panel.update();
  };

  /** @param {import("./store.js").Difference} difference */
  const follow = (difference) => {
    const open = table.openTrial();
    const word = trialForm && open !== undefined && !trialForm.busy() ? describeEnd(store.row(open)) : "";
    if (word) {
      closeForm();
      say(word);
    }
    if (open !== undefined && !trialForm && store.row(open)?.actions.length) closeForm(); // arms that take results again
    update();
    table.update(difference);
    if (trialForm && table.openTrial() === undefined) trialForm = null;
    if (chosen !== null && !store.trials.includes(chosen)) chosen = null;
  };

  const root = h("div", { class: "axnb axnb-board", role: "group", "aria-label": "Trial board" });
  root.append(header.element, toolbar.element, alert, filters.element, drawer.element, h("div", { class: "axnb-main" }, h("div", { class: "axnb-rows" }, table.element, placeholder.element), panel.element), h("div", { class: "axnb-foot" }, said, total));
  el.replaceChildren(root);

  followUndoKeys(root, toolbar.turn);
  keepKeys(root, signal);
  followTheme(root, signal);
  const sizes = new ResizeObserver(() => table.measure());
  sizes.observe(table.element);
  let silent = false; // whether the board has said that no answer has come
  const waited = setTimeout(() => {
    silent = !store.loaded && !gone;
    if (silent) warn("No answer from the kernel yet; it may be busy. If it was restarted, run the cell again.");
  }, PATIENCE);
  store.watch((difference) => {
    if (store.failure) warn(store.failure);
    else if (silent && store.loaded) {
      silent = false;
      warn("");
    }
    follow(difference);
  }, signal);
  const lose = (/** @type {any} */ news) => {
    gone = true;
    warn(news.error, true);
    root.classList.add("axnb-gone");
    update();
  };
  store.connection.on("gone", lose, signal);
  const onBusy = () => update();
  /** @param {number[]} trials */
  const onSelection = (trials) => {
    if (!selection.take(trials)) return;
    mark();
    if (trials.length) table.reveal(Math.max(...trials));
  };
  const onTrials = () => onSelection(model.get("selected_trials") ?? []);
  const onSelected = () => {
    const selected = model.get("selected") ?? null;
    if (selected === chosen) return;
    chosen = selected;
    onSelection(chosen === null ? [] : [chosen]);
  };
  model.on("change:busy", onBusy);
  model.on("change:selected", onSelected);
  model.on("change:selected_trials", onTrials);
  signal?.addEventListener("abort", () => {
    sizes.disconnect();
    clearTimeout(waited);
    model.off("change:busy", onBusy);
    model.off("change:selected", onSelected);
    model.off("change:selected_trials", onTrials);
  });
  selection.take(model.get("selected_trials") ?? (chosen === null ? [] : [chosen]));
  mark();
  follow({ columns: true, trials: true, rows: new Set() });
}

/** One store for all views of a board: the widget's model makes it, its views share it. */
export default () => {
  /** @type {Store | undefined} */
  let store;
  return {
    /** @param {{model: Model, signal?: AbortSignal}} context */
    initialize({ model, signal }) {
      const made = createStore(model, signal);
      store = made;
      made.load();
      keepCompany(made, signal);
      // After a lost connection the version comes again, but not the news that were missed.
      model.on("change:version", () => {
        if (model.get("version") > made.version && made.loaded) made.load();
      });
    },
    /** @param {{model: Model, el: HTMLElement, host?: {getWidget: (ref: string) => Promise<any>}, signal?: AbortSignal}} context */
    render({ model, el, host, signal }) {
      if (!store) throw new Error("The board was drawn before it was initialised.");
      hideStandIn(el, signal);
      renderBoard({ store, model, el, host, signal });
    },
  };
};
