/**
 * The form of one trial: its results, why it failed, why it was abandoned.
 */

import { h, icon, setAttribute } from "../dom.js";
import { reasonGroup, resultGroup } from "./fields.js";
import { ICONS } from "./icons.js";
import { closeButton, closeOnEscape, createSheet } from "./sheet.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").Action} Action
 * @typedef {import("./store.js").Arm} Arm
 * @typedef {import("./sheet.js").Ask} Ask
 * @typedef {import("./sheet.js").Form} Form
 */

const VERBS = {
  complete: { word: "Complete", doing: "Completing" },
  fail: { word: "Fail", doing: "Failing" },
  abandon: { word: "Abandon", doing: "Abandoning" },
};

/**
 * The form of one trial, with a tab for each action that is possible.
 *
 * @param {object} options
 * @param {Store} options.store
 * @param {Ask} options.ask
 * @param {number} options.trial
 * @param {Action} options.action the tab to begin with
 * @param {(text: string) => void} options.done
 * @param {() => void} options.cancel
 * @returns {Form & {show: (action: Action) => void}}
 */
export function createTrialForm({ store, ask, trial, action, done, cancel }) {
  const row = store.row(trial);
  const { actions = [], arms } = row ?? {};
  /** @param {Action} each */
  const make = (each) =>
    createSheet({
      label: `${VERBS[each].word} trial ${trial}`,
      submit: each === "complete" ? "Complete" : each === "fail" ? "Mark as failed" : "Abandon",
      doing: VERBS[each].doing,
      groups: each === "complete" ? resultGroups(row, store.columns) : [reasonGroup(each)],
      read: (text) => ask("read", { text }),
      send: (values) => ask(each, each === "complete" ? { trial, values: readResults(values, arms) } : { trial, reason: values.reason }),
      done,
      cancel,
    });
  const sheets = new Map(actions.map((each) => [each, make(each)]));
  const tabs = new Map(
    actions.map((each) => [each, h("button", { type: "button", class: "axnb-tab", onclick: () => show(each) }, icon(ICONS[each] ?? ""), VERBS[each].word)]),
  );
  let shown = action;

  /** @param {Action} each */
  const show = (each) => {
    if ([...sheets.values()].some((one) => one.busy())) return;
    shown = each;
    for (const [name, one] of sheets) one.element.hidden = name !== each;
    for (const [name, tab] of tabs) {
      setAttribute(tab, "aria-pressed", name === each ? "true" : "false");
    }
    sheets.get(each)?.focus();
  };

  const title = h("span", { class: "axnb-form-title" }, `Trial ${trial}`);
  const note = row?.note ? h("span", { class: "axnb-muted" }, row.note) : null;
  const choice = h("div", { class: "axnb-tabs", role: "group", "aria-label": `What to do with trial ${trial}` }, ...tabs.values());
  const element = h("div", { class: "axnb-form" }, h("div", { class: "axnb-form-head" }, title, choice, note, closeButton(cancel)), ...[...sheets.values()].map((one) => one.element));
  closeOnEscape(element, cancel);
  for (const [name, one] of sheets) one.element.hidden = name !== action;
  for (const [name, tab] of tabs) setAttribute(tab, "aria-pressed", name === action ? "true" : "false");
  return {
    element,
    show,
    focus: () => sheets.get(shown)?.focus(),
    busy: () => [...sheets.values()].some((one) => one.busy()),
  };
}

/**
 * The fields for results: one set, or of a batch one set an arm below the arm's parameters.
 *
 * @param {import("./store.js").Row | undefined} row
 * @param {import("./store.js").Columns} columns
 * @returns {import("./fields.js").Group[]}
 */
function resultGroups(row, { parameters, metrics }) {
  if (!row?.arms) return metrics.map((metric, place) => resultGroup(metric, row?.results[place]));
  return row.arms.flatMap((arm, at) => {
    const point = parameters.map(({ name }, place) => `${name} ${arm.values[place]?.text ?? "–"}`).join(", ");
    const head = h("div", { class: "axnb-arm" }, h("b", {}, arm.name), h("span", { class: "axnb-muted" }, point));
    return [{ element: head, fields: [] }, ...metrics.map((metric, place) => resultGroup(metric, arm.results[place], { at, name: arm.name }))];
  });
}

/**
 * Puts the texts of the fields "mean x" and "sem x" together for each metric, of a batch for each metric of each arm.
 *
 * @param {Record<string, string>} values
 * @param {Arm[] | undefined} arms
 */
function readResults(values, arms) {
  if (!arms) return pairResults(values);
  return Object.fromEntries(
    arms.map((arm, at) => {
      const tag = new RegExp(`^(mean|sem) ${at} `);
      const own = Object.entries(values).filter(([name]) => tag.test(name));
      return [arm.name, pairResults(Object.fromEntries(own.map(([name, text]) => [name.replace(tag, "$1 "), text])))];
    }),
  );
}

/**
 * @example pairResults({ "mean loss": "1", "sem loss": "" }) is { loss: { mean: "1", sem: "" } }
 *
 * @param {Record<string, string>} values
 */
function pairResults(values) {
  /** @type {Map<string, Record<string, string>>} */
  const results = new Map();
  for (const [name, text] of Object.entries(values)) {
    const part = name.slice(0, name.indexOf(" "));
    const metric = name.slice(name.indexOf(" ") + 1);
    results.set(metric, { ...results.get(metric), [part]: text });
  }
  return Object.fromEntries(results);
}

/**
 * @param {import("./store.js").Row | undefined} row
 * @returns {string} what to say if its form makes no sense any more
 */
export function describeEnd(row) {
  return row && !row.actions.length ? `Trial ${row.trial} ${row.word.toLowerCase()} meanwhile.` : "";
}
