/**
 * The board's forms: a trial's results, why it failed or was abandoned, a new trial. Fields hold what was typed, as
 * text; the kernel checks it, and says beside each field what is wrong. Nothing typed is lost by a refusal.
 */

import { h, icon, setAttribute, setText, uid } from "../dom.js";
import { ICONS } from "./icons.js";

/**
 * @typedef {import("./store.js").Store} Store
 * @typedef {import("./store.js").Action} Action
 * @typedef {{name: string, input: HTMLInputElement | HTMLSelectElement, reason: HTMLElement}} Field
 * @typedef {{element: HTMLElement, fields: Field[]}} Group fields that belong together
 * @typedef {{element: HTMLElement, focus: () => void, busy: () => boolean}} Form
 * @typedef {(method: string, params: Record<string, unknown>) => Promise<any>} Ask
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
  const actions = store.row(trial)?.actions ?? [];
  /** @param {Action} each */
  const make = (each) =>
    sheet({
      label: `${VERBS[each].word} trial ${trial}`,
      submit: each === "complete" ? "Complete" : each === "fail" ? "Mark as failed" : "Abandon",
      doing: VERBS[each].doing,
      groups: each === "complete" ? store.columns.metrics.map(resultGroup) : [reasonGroup(each)],
      send: (values) => ask(each, each === "complete" ? { trial, values: paired(values) } : { trial, reason: values.reason }),
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
  const choice = h("div", { class: "axnb-tabs", role: "group", "aria-label": `What to do with trial ${trial}` }, ...tabs.values());
  const close = h("button", { type: "button", class: "axnb-plain axnb-close", "aria-label": "Close the form", title: "Close (Esc)", onclick: cancel }, icon(ICONS.close ?? ""));
  const element = h("div", { class: "axnb-form" }, h("div", { class: "axnb-form-head" }, title, choice, close), ...[...sheets.values()].map((one) => one.element));
  escapes(element, cancel);
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
 * The form for a trial of one's own.
 *
 * @param {object} options
 * @param {Store} options.store
 * @param {Ask} options.ask
 * @param {(text: string, trial: number) => void} options.done
 * @param {() => void} options.cancel
 * @returns {Form}
 */
export function createAddForm({ store, ask, done, cancel }) {
  const asked = store.columns.parameters.filter((column) => column.control !== "fixed");
  const fixed = store.columns.parameters.filter((column) => column.control === "fixed");
  const form = sheet({
    label: "Add a trial",
    submit: "Add trial",
    doing: "Adding",
    groups: asked.map(parameterGroup),
    note: fixed.length ? `Always: ${fixed.map((column) => `${column.name} ${column.text}`).join(", ")}.` : "",
    send: (values) =>
      ask("add", {
        values: Object.fromEntries(asked.map(({ name, control }) => [name, control === "choice" ? (values[name] === "" ? null : Number(values[name])) : values[name]])),
      }),
    done: (text, answer) => done(text, answer.trials[0]),
    cancel,
  });
  const title = h("span", { class: "axnb-form-title" }, "Add a trial");
  const about = h("span", { class: "axnb-muted" }, "A point of your own; earlier results count too: add the point, then complete the trial.");
  const close = h("button", { type: "button", class: "axnb-plain axnb-close", "aria-label": "Close the form", title: "Close (Esc)", onclick: cancel }, icon(ICONS.close ?? ""));
  const element = h("div", { class: "axnb-form axnb-add-form" }, h("div", { class: "axnb-form-head" }, title, about, close), form.element);
  escapes(element, cancel);
  return { element, focus: form.focus, busy: form.busy };
}

/**
 * Shows on a button that something is under way: a word, a spinner and, after a moment, the seconds so far.
 *
 * @param {HTMLButtonElement} button
 * @param {string} word
 * @returns {() => void} ends it
 */
export function showBusy(button, word) {
  const before = [...button.childNodes];
  const began = performance.now();
  const label = h("span", {}, `${word}…`);
  button.replaceChildren(h("span", { class: "axnb-spinner", "aria-hidden": "true" }), label);
  button.classList.add("axnb-busy");
  setAttribute(button, "aria-disabled", "true");
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    if (seconds >= 0.5) setText(label, `${word}… ${seconds.toFixed(1)} s`);
  }, 100);
  return () => {
    clearInterval(timer);
    button.classList.remove("axnb-busy");
    setAttribute(button, "aria-disabled", null);
    button.replaceChildren(...before);
  };
}

/**
 * Fields, a button that sends them, and a place for what the kernel has against it.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.submit
 * @param {string} options.doing
 * @param {Group[]} options.groups
 * @param {string} [options.note]
 * @param {(values: Record<string, string>) => Promise<any>} options.send
 * @param {(text: string, answer: any) => void} options.done
 * @param {() => void} options.cancel
 * @returns {Form}
 */
function sheet({ label, submit, doing, groups, note, send, done, cancel }) {
  const all = groups.flatMap((group) => group.fields);
  const alert = h("div", { class: "axnb-alert-text", role: "alert" });
  const button = h("button", { type: "submit", class: "axnb-primary" }, submit);
  const leave = h("button", { type: "button", onclick: cancel }, "Cancel");
  const body = h("div", { class: "axnb-fields" }, ...groups.map((group) => group.element));
  const foot = h("div", { class: "axnb-form-foot" }, button, leave, note ? h("span", { class: "axnb-muted" }, note) : null, alert);
  const element = h("form", { class: "axnb-sheet", "aria-label": label, novalidate: true }, body, foot);
  let busy = false;

  const submitted = async () => {
    if (busy) return;
    busy = true;
    for (const field of all) refuse(field, "");
    setText(alert, "");
    setAttribute(leave, "aria-disabled", "true");
    for (const field of all) setAttribute(field.input, "aria-busy", "true");
    const end = showBusy(button, doing);
    try {
      const answer = await send(Object.fromEntries(all.map((field) => [field.name, field.input.value])));
      busy = false;
      done(answer.text, answer);
    } catch (error) {
      busy = false;
      show(/** @type {import("../rpc.js").KernelError} */ (error));
    } finally {
      end();
      setAttribute(leave, "aria-disabled", null);
      for (const field of all) setAttribute(field.input, "aria-busy", null);
    }
  };

  /** @param {import("../rpc.js").KernelError} error */
  const show = (error) => {
    const wrong = all.filter((field) => Object.hasOwn(error.fields ?? {}, field.name));
    for (const field of wrong) refuse(field, sentence(error.fields[field.name] ?? ""));
    if (!wrong.length) alert.replaceChildren(icon(ICONS.alert ?? ""), h("span", {}, sentence(error.message)));
    (wrong[0]?.input ?? button).focus();
  };

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    submitted();
  });
  return { element, focus: () => (all[0]?.input ?? button).focus(), busy: () => busy };
}

/**
 * Asks for a metric's mean and, if known, its standard error.
 *
 * @param {import("./store.js").MetricColumn} metric
 * @returns {Group}
 */
function resultGroup({ name, note, needed }) {
  const optional = needed ? "" : "optional";
  const mean = textField(`mean ${name}`, needed ? name : `${name} (optional)`, "axnb-wide");
  const sem = textField(`sem ${name}`, `Standard error of ${name} (optional)`, "axnb-short");
  setAttribute(sem.input, "placeholder", "sem");
  const sign = h("span", { class: "axnb-plus-minus", "aria-hidden": "true" }, "±");
  const row = h("div", { class: "axnb-pair" }, mean.input, sign, sem.input);
  const label = caption(name, mean.input, [note, optional].filter(Boolean).join(", "));
  return { element: h("div", { class: "axnb-field" }, label, row, mean.reason, sem.reason), fields: [mean, sem] };
}

/**
 * @param {Action} action
 * @returns {Group}
 */
function reasonGroup(action) {
  const spoken = action === "fail" ? "Why did it fail?" : "Why is it abandoned?";
  const note = action === "fail" ? "optional; the point may be suggested again" : "optional; the point will not be suggested again";
  const field = textField("reason", spoken, "axnb-long");
  setAttribute(field.input, "inputmode", null);
  setAttribute(field.input, "maxlength", 1000);
  return { element: h("div", { class: "axnb-field axnb-field-long" }, caption(spoken, field.input, note), field.input, field.reason), fields: [field] };
}

/**
 * @param {import("./store.js").ParameterColumn} column
 * @returns {Group}
 */
function parameterGroup(column) {
  const field = column.control === "choice" ? choiceField(column) : textField(column.name, column.name, "axnb-wide");
  if (column.control === "number") setAttribute(field.input, "inputmode", column.whole ? "numeric" : "decimal");
  if (column.hint) field.input.title = column.hint;
  return { element: h("div", { class: "axnb-field" }, caption(column.name, field.input, column.note), field.input, field.reason), fields: [field] };
}

/**
 * @param {import("./store.js").ParameterColumn} column
 * @returns {Field}
 */
function choiceField({ name, options = [] }) {
  const blank = h("option", { value: "" }, "Choose…");
  const input = h("select", { id: uid("field") }, blank, ...options.map((text, at) => h("option", { value: at }, text)));
  return { name, input, reason: reasonPlace() };
}

/**
 * @param {string} name
 * @param {string} spoken what a screen reader says
 * @param {string} className
 * @returns {Field}
 */
function textField(name, spoken, className) {
  const quietly = { autocomplete: "off", spellcheck: "false" };
  const input = h("input", { type: "text", id: uid("field"), class: className, inputmode: "decimal", "aria-label": spoken, ...quietly });
  return { name, input, reason: reasonPlace() };
}

function reasonPlace() {
  return h("div", { class: "axnb-field-reason", role: "alert", id: uid("reason") });
}

/**
 * @param {string} text
 * @param {HTMLElement} input
 * @param {string} note
 */
function caption(text, input, note) {
  const name = h("span", { class: "axnb-caption-name" }, text);
  return h("label", { for: input.id, class: "axnb-caption", title: text }, name, note ? h("span", { class: "axnb-note" }, note) : null);
}

/**
 * @param {Field} field
 * @param {string} reason
 */
function refuse(field, reason) {
  setText(field.reason, reason);
  setAttribute(field.input, "aria-invalid", reason ? "true" : null);
  setAttribute(field.input, "aria-describedby", reason ? field.reason.id : null);
}

/**
 * Puts the texts of the fields "mean x" and "sem x" together for each metric.
 *
 * @param {Record<string, string>} values
 */
function paired(values) {
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
 * @param {HTMLElement} element
 * @param {() => void} cancel
 */
function escapes(element, cancel) {
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    cancel();
  });
}

/**
 * Returns an error's text with a capital letter.
 *
 * @param {string} text
 */
export function sentence(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
