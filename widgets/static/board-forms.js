/**
 * The board's forms: a trial's results, why it failed or was abandoned, a new trial. Fields hold what was typed, as
 * text; the kernel checks it, and says beside each field what is wrong. Nothing typed is lost by a refusal.
 */

import { h, icon, setAttribute, setText, uid } from "./dom.js";
import { ICONS } from "./board-icons.js";

/**
 * @typedef {import("./board-store.js").Store} Store
 * @typedef {import("./board-store.js").Action} Action
 * @typedef {{element: HTMLElement, name: string, input: HTMLInputElement | HTMLSelectElement, reason: HTMLElement}} Field
 * @typedef {{element: HTMLElement, focus: () => void, busy: () => boolean}} Form
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
 * @param {number} options.trial
 * @param {Action} options.action the tab to begin with
 * @param {(text: string) => void} options.done
 * @param {() => void} options.cancel
 * @returns {Form & {show: (action: Action) => void}}
 */
export function createTrialForm({ store, trial, action, done, cancel }) {
  const actions = store.row(trial)?.actions ?? [];
  /** @param {Action} each */
  const make = (each) =>
    sheet({
      label: `${VERBS[each].word} trial ${trial}`,
      submit: each === "complete" ? "Complete" : each === "fail" ? "Mark as failed" : "Abandon",
      doing: VERBS[each].doing,
      fields: each === "complete" ? resultFields(store) : [reasonField(each)],
      send: (values) => store.connection.call(each, each === "complete" ? { trial, values: paired(values) } : { trial, reason: values.reason }),
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
 * @param {(text: string, trial: number) => void} options.done
 * @param {() => void} options.cancel
 * @returns {Form}
 */
export function createAddForm({ store, done, cancel }) {
  const asked = store.columns.parameters.filter((column) => column.control !== "fixed");
  const fixed = store.columns.parameters.filter((column) => column.control === "fixed");
  const form = sheet({
    label: "Add a trial",
    submit: "Add trial",
    doing: "Adding",
    fields: asked.map(parameterField),
    note: fixed.length ? `Always: ${fixed.map((column) => `${column.name} ${column.text}`).join(", ")}.` : "",
    send: (values) =>
      store.connection.call("add", {
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
 * @param {Field[][]} options.fields fields that belong together stand side by side
 * @param {string} [options.note]
 * @param {(values: Record<string, string>) => Promise<any>} options.send
 * @param {(text: string, answer: any) => void} options.done
 * @param {() => void} options.cancel
 * @returns {Form}
 */
function sheet({ label, submit, doing, fields, note, send, done, cancel }) {
  const all = fields.flat();
  const alert = h("div", { class: "axnb-alert-text", role: "alert" });
  const button = h("button", { type: "submit", class: "axnb-primary" }, submit);
  const leave = h("button", { type: "button", onclick: cancel }, "Cancel");
  const groups = h("div", { class: "axnb-fields" }, ...fields.map((group) => groupElement(group)));
  const foot = h("div", { class: "axnb-form-foot" }, button, leave, note ? h("span", { class: "axnb-muted" }, note) : null, alert);
  const element = h("form", { class: "axnb-sheet", "aria-label": label, novalidate: true }, groups, foot);
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
      show(/** @type {import("./rpc.js").KernelError} */ (error));
    } finally {
      end();
      setAttribute(leave, "aria-disabled", null);
      for (const field of all) setAttribute(field.input, "aria-busy", null);
    }
  };

  /** @param {import("./rpc.js").KernelError} error */
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

/** @param {Store} store */
function resultFields(store) {
  return store.columns.metrics.map((metric) => {
    const optional = metric.needed ? "" : " (optional)";
    const mean = textField({ name: `mean ${metric.name}`, spoken: `${metric.name}${optional}`, hint: metric.note, className: "axnb-wide" });
    const sem = textField({ name: `sem ${metric.name}`, spoken: `Standard error of ${metric.name} (optional)`, hint: "", className: "axnb-narrow" });
    setAttribute(sem.input, "placeholder", "sem");
    mean.element.prepend(caption(metric.name, mean.input, metric.note + (optional && metric.note !== "tracked" ? optional : "")));
    sem.element.prepend(h("span", { class: "axnb-plus-minus", "aria-hidden": "true" }, "±"));
    return [mean, sem];
  });
}

/** @param {"fail" | "abandon" | "complete"} action */
function reasonField(action) {
  const spoken = action === "fail" ? "Why did it fail?" : "Why is it abandoned?";
  const field = textField({ name: "reason", spoken, hint: "", className: "axnb-long" });
  setAttribute(field.input, "inputmode", null);
  setAttribute(field.input, "maxlength", 1000);
  field.element.prepend(caption(spoken, field.input, action === "fail" ? "optional; a failed point may be tried again" : "optional; an abandoned point is left out"));
  return [field];
}

/** @param {import("./board-store.js").ParameterColumn} column */
function parameterField(column) {
  if (column.control === "choice") {
    const blank = h("option", { value: "" }, "Choose…");
    const options = (column.options ?? []).map((text, at) => h("option", { value: at }, text));
    const select = h("select", { id: uid("field") }, blank, ...options);
    const reason = h("div", { class: "axnb-field-reason", role: "alert", id: uid("reason") });
    const element = h("div", { class: "axnb-field" }, caption(column.name, select, column.note), select, reason);
    return [{ element, name: column.name, input: select, reason }];
  }
  const field = textField({ name: column.name, spoken: column.name, hint: column.hint ?? "", className: "axnb-wide" });
  setAttribute(field.input, "inputmode", column.whole ? "numeric" : "decimal");
  field.element.prepend(caption(column.name, field.input, column.note));
  return [field];
}

/**
 * @param {{name: string, spoken: string, hint: string, className: string}} options
 * @returns {Field}
 */
function textField({ name, spoken, hint, className }) {
  const input = h("input", { type: "text", id: uid("field"), class: className, inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-label": spoken });
  if (hint) input.title = hint;
  const reason = h("div", { class: "axnb-field-reason", role: "alert", id: uid("reason") });
  return { element: h("div", { class: "axnb-field" }, input, reason), name, input, reason };
}

/**
 * @param {string} text
 * @param {HTMLElement} input
 * @param {string} note
 */
function caption(text, input, note) {
  return h("label", { for: input.id, class: "axnb-caption", title: text }, h("span", { class: "axnb-caption-name" }, text), note ? h("span", { class: "axnb-note" }, note) : null);
}

/** @param {Field[]} group */
function groupElement(group) {
  return group.length === 1 && group[0] ? group[0].element : h("div", { class: "axnb-pair" }, ...group.map((field) => field.element));
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
