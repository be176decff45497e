/**
 * The trial board in the browser: a header, a toolbar, the rows, a line that says what happened.
 *
 * Everything shown comes from the kernel, every action goes to it, and the board shows what it answers.
 */

import { append, h, icon, keepKeys, setAttribute, setText } from "../dom.js";
import { followTheme } from "../theme.js";
import { hideStandIn } from "../stand-in.js";
import { ICONS, STATUS } from "./icons.js";
import { createStore } from "./store.js";
import { createTable } from "./table.js";
import { createAddForm, createTrialForm, sentence, showBusy } from "./forms.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").Action} Action
 * @typedef {{get: (name: string) => any} & import("../rpc.js").Channel} Model
 */

const PATIENCE = 4000; // milliseconds without any answer until the board says so
const BUSY = 1500; // milliseconds without an answer to an action until the board says why

/**
 * Draws one view of a board.
 *
 * @param {object} options
 * @param {Store} options.store
 * @param {Model} options.model
 * @param {HTMLElement} options.el
 * @param {AbortSignal} [options.signal]
 */
function renderBoard({ store, model, el, signal }) {
  /** @type {ReturnType<typeof createTrialForm> | null} */
  let trialForm = null;
  /** @type {ReturnType<typeof createAddForm> | null} */
  let addForm = null;
  let chosen = model.get("selected") ?? null;
  let gone = false;

  const said = h("span", { class: "axnb-said", role: "status", "aria-live": "polite" });
  const total = h("span", { class: "axnb-total" });
  const alert = h("div", { class: "axnb-alert", role: "alert" });
  const name = h("div", { class: "axnb-name" });
  const goal = h("div", { class: "axnb-goal" });
  const best = h("div", { class: "axnb-best-line" });
  const counts = h("ul", { class: "axnb-counts", "aria-label": "Trials by status" });
  const addPlace = h("div", { class: "axnb-add" });
  const empty = h("div", { class: "axnb-empty" });

  /** @param {string} text */
  const say = (text) => setText(said, text);

  /** @param {string} text an empty text takes the message away */
  const warn = (text) => {
    alert.replaceChildren();
    if (!text) return;
    const close = h("button", { type: "button", class: "axnb-plain axnb-close", "aria-label": "Dismiss the message", onclick: () => warn("") }, icon(ICONS.close ?? ""));
    append(alert, [icon(ICONS.alert ?? ""), h("span", { class: "axnb-alert-message" }, sentence(text)), gone ? null : close]);
  };

  /** @param {HTMLElement} element */
  const off = (element) => element.getAttribute("aria-disabled") === "true";

  /**
   * Asks the kernel; says so if it is busy with something else, such as a cell.
   *
   * @type {import("./forms.js").Ask}
   */
  const ask = (method, params) => {
    const timer = setTimeout(() => {
      if (!model.get("busy") && !gone) say("The kernel is busy; this will be done as soon as it is free.");
    }, BUSY);
    return store.connection.call(method, params).finally(() => clearTimeout(timer));
  };

  /**
   * Does something in the kernel that a button stands for; a second press while it lasts does nothing.
   *
   * @param {HTMLButtonElement} button
   * @param {string} doing
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @param {(answer: any) => void} [then]
   */
  const perform = async (button, doing, method, params, then) => {
    if (off(button)) return;
    warn("");
    const end = showBusy(button, doing);
    try {
      const answer = await ask(method, params);
      say(answer.text);
      then?.(answer);
    } catch (caught) {
      const error = /** @type {import("../rpc.js").KernelError} */ (caught);
      warn(Object.values(error.fields ?? {})[0] ?? error.message);
    } finally {
      end();
      update();
    }
  };

  // -- rows and forms -------------------------------------------------------------------------------------------------

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let selecting;
  /** @param {number} trial */
  const select = (trial) => {
    if (chosen === trial) return;
    chosen = trial;
    table.mark(trial);
    clearTimeout(selecting);
    selecting = setTimeout(() => store.connection.call("select", { trial }).catch(() => undefined), 120);
  };

  /**
   * @param {number} trial
   * @param {Action | null} action
   */
  const act = (trial, action) => {
    const row = store.row(trial);
    if (!row || gone) return;
    const first = action ?? row.actions[0];
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

  const table = createTable({ store, act, select });

  // -- toolbar --------------------------------------------------------------------------------------------------------

  const count = h("input", { type: "number", min: 1, step: 1, value: 1, class: "axnb-count", "aria-label": "Number of trials to suggest" });
  const suggest = h("button", { type: "button", class: "axnb-primary axnb-suggest" }, "Suggest");
  const add = h("button", { type: "button", class: "axnb-add-button", "aria-expanded": "false" }, icon(ICONS.add ?? ""), "Add trial");
  const undo = h("button", { type: "button" }, icon(ICONS.undo ?? ""), h("span", { class: "axnb-word" }, "Undo"));
  const redo = h("button", { type: "button" }, icon(ICONS.redo ?? ""), h("span", { class: "axnb-word" }, "Redo"));

  const doSuggest = () =>
    perform(suggest, "Suggesting", "suggest", { count: count.value }, (answer) => {
      const newest = Math.max(...answer.trials);
      if (Number.isFinite(newest)) table.reveal(newest);
    });
  suggest.addEventListener("click", doSuggest);
  count.addEventListener("keydown", (event) => {
    if (event.key === "Enter") doSuggest();
  });
  undo.addEventListener("click", () => perform(undo, "Undoing", "undo", {}));
  redo.addEventListener("click", () => perform(redo, "Redoing", "redo", {}));
  add.addEventListener("click", () => (addForm ? closeAdd() : openAdd()));

  const openAdd = () => {
    if (off(add)) return;
    addForm = createAddForm({
      store,
      ask,
      cancel: () => {
        if (!addForm?.busy()) closeAdd();
      },
      done: (text, trial) => {
        closeAdd();
        say(text);
        table.go(trial, "status");
      },
    });
    addPlace.replaceChildren(addForm.element);
    setAttribute(add, "aria-expanded", "true");
    addForm.focus();
  };

  const closeAdd = () => {
    const held = addPlace.contains(document.activeElement);
    addForm = null;
    addPlace.replaceChildren();
    setAttribute(add, "aria-expanded", "false");
    if (held) add.focus();
  };

  // -- what is shown --------------------------------------------------------------------------------------------------

  const update = () => {
    const { header, columns, trials } = store;
    setText(name, header.name || "Trials");
    setText(goal, header.goal || (header.configured ? "No goal yet: call client.configure_optimization(objective=…)." : ""));
    setText(best, header.best);
    best.hidden = !header.best;
    counts.replaceChildren(...header.counts.map(countItem));
    setText(total, trials.length === 1 ? "1 trial" : `${trials.length} trials`);
    const ready = header.configured && store.loaded && !gone;
    const elsewhere = model.get("busy") && !suggest.classList.contains("axnb-busy");
    if (!suggest.classList.contains("axnb-busy")) setAttribute(suggest, "aria-disabled", !ready || elsewhere ? "true" : null);
    setAttribute(suggest, "title", elsewhere ? `${model.get("busy")}…` : "Ask for the next trials to run");
    setAttribute(add, "aria-disabled", !ready || !columns.parameters.length ? "true" : null);
    turner(undo, "Undo", header.undo, ready);
    turner(redo, "Redo", header.redo, ready);
    table.element.hidden = !trials.length;
    empty.hidden = Boolean(trials.length);
    if (!trials.length) drawEmpty(empty, store);
  };

  /** @param {import("./store.js").Difference} difference */
  const follow = (difference) => {
    const open = table.openTrial();
    const word = trialForm && open !== undefined && !trialForm.busy() ? ended(open) : "";
    if (word) {
      closeForm();
      say(word);
    }
    update();
    table.update(difference);
    if (trialForm && table.openTrial() === undefined) trialForm = null;
    if (chosen !== null && !store.trials.includes(chosen)) chosen = null;
  };

  /** @param {number} trial @returns {string} what to say if its form makes no sense any more */
  const ended = (trial) => {
    const row = store.row(trial);
    return row && !row.actions.length ? `Trial ${trial} ${row.word.toLowerCase()} meanwhile.` : "";
  };

  const bar = h("div", { class: "axnb-bar", role: "group", "aria-label": "Actions" });
  bar.append(
    h("div", { class: "axnb-buttons axnb-joined" }, suggest, count),
    add,
    h("div", { class: "axnb-buttons axnb-end" }, undo, redo),
  );
  const root = h("div", { class: "axnb axnb-board", role: "group", "aria-label": "Trial board" });
  const head = h("div", { class: "axnb-head" }, h("div", { class: "axnb-titles" }, name, goal, best), counts);
  root.append(head, bar, alert, addPlace, table.element, empty, h("div", { class: "axnb-foot" }, said, total));
  el.replaceChildren(root);

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
  store.connection.on(
    "gone",
    (news) => {
      gone = true;
      warn(news.error);
      root.classList.add("axnb-gone");
      update();
    },
    signal,
  );
  const onBusy = () => update();
  const onSelected = () => {
    const selected = model.get("selected") ?? null;
    if (selected === chosen) return;
    chosen = selected;
    table.mark(chosen);
    if (chosen !== null) table.reveal(chosen);
  };
  model.on("change:busy", onBusy);
  model.on("change:selected", onSelected);
  signal?.addEventListener("abort", () => {
    sizes.disconnect();
    clearTimeout(waited);
    clearTimeout(selecting);
    model.off("change:busy", onBusy);
    model.off("change:selected", onSelected);
  });
  table.mark(chosen);
  follow({ columns: true, trials: true, rows: new Set() });
}

/** @param {{status: string, word: string, count: number}} each */
function countItem({ status, word, count }) {
  return h("li", { class: "axnb-count-item" }, icon(STATUS[status] ?? "", `axnb-icon axnb-status-${status}`), h("b", {}, count), ` ${word.toLowerCase()}`);
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} verb
 * @param {string} what
 * @param {boolean} ready
 */
function turner(button, verb, what, ready) {
  if (button.classList.contains("axnb-busy")) return;
  setAttribute(button, "aria-disabled", what && ready ? null : "true");
  setAttribute(button, "title", what ? `${verb}: ${what}` : `Nothing to ${verb.toLowerCase()}`);
  setAttribute(button, "aria-label", what ? `${verb}: ${what}` : verb);
}

/**
 * @param {HTMLElement} empty
 * @param {Store} store
 */
function drawEmpty(empty, store) {
  const { header, loaded, failure } = store;
  const [title, text] = failure
    ? ["The board cannot be shown", failure]
    : !loaded
      ? ["Waiting for the kernel…", ""]
      : !header.configured
        ? ["Nothing to tune yet", "Say what may be tried: client.configure_experiment(parameters=[…])."]
        : ["No trials yet", "Suggest proposes the next point to try. Add trial takes a point of your own, and earlier results too."];
  empty.replaceChildren(h("div", { class: "axnb-empty-title" }, title), h("div", { class: "axnb-muted" }, text));
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
      // After a lost connection the version comes again, but not the news that were missed.
      model.on("change:version", () => {
        if (model.get("version") > made.version && made.loaded) made.load();
      });
    },
    /** @param {{model: Model, el: HTMLElement, signal?: AbortSignal}} context */
    render({ model, el, signal }) {
      if (!store) throw new Error("The board was drawn before it was initialised.");
      hideStandIn(el, signal);
      renderBoard({ store, model, el, signal });
    },
  };
};
