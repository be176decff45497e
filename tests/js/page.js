/** A page and a kernel that the tests pretend to have. */

import { JSDOM } from "jsdom";

/** Gives the tests a browser's globals; returns the page's body. */
export function page() {
  const dom = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true });
  const names = ["document", "Node", "HTMLElement", "Element", "MutationObserver", "getComputedStyle", "Event", "KeyboardEvent", "MouseEvent", "AbortController", "AbortSignal"];
  for (const name of names) globalThis[name] = dom.window[name];
  globalThis.requestAnimationFrame = (callback) => setTimeout(callback, 0);
  globalThis.ResizeObserver = class {
    observe() {}
    disconnect() {}
  };
  return dom.window.document.body;
}

/** A widget model whose kernel is `answer(method, params)`; what it throws is sent as an error. */
export class FakeModel {
  constructor(answer = () => null) {
    this.answer = answer;
    this.sent = [];
    this.values = { selected: null, busy: "" };
    this.listeners = new Map();
  }

  on(event, callback) {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), callback]);
  }

  off(event, callback) {
    this.listeners.set(event, (this.listeners.get(event) ?? []).filter((other) => other !== callback));
  }

  get(name) {
    return this.values[name];
  }

  set() {
    throw new Error("the browser must not write traits");
  }

  save_changes() {
    throw new Error("the browser must not write traits");
  }

  trigger(event, ...values) {
    for (const callback of this.listeners.get(event) ?? []) callback(...values);
  }

  /** What the kernel sends on its own. */
  tell(content) {
    this.trigger("msg:custom", content);
  }

  change(name, value) {
    this.values[name] = value;
    this.trigger(`change:${name}`);
  }

  send(content) {
    this.sent.push(content);
    Promise.resolve()
      .then(() => this.answer(content.method, content.params))
      .then(
        (value) => this.tell({ re: content.id, ok: true, value }),
        (error) => this.tell({ re: content.id, ok: false, kind: error.kind ?? "UserInputError", error: error.message, fields: error.fields ?? {} }),
      );
  }

  /** The requests of one method so far. */
  calls(method) {
    return this.sent.filter((content) => content.method === method).map((content) => content.params);
  }
}

/** Lets everything that is under way arrive. */
export async function settle() {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** An error as the kernel answers it. */
export function refusal(message, fields = {}, kind = "UserInputError") {
  return Object.assign(new Error(message), { fields, kind });
}

export function press(element, key, more = {}) {
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

export function click(element) {
  element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
}

/** Finds a button by what a screen reader calls it. */
export function button(root, name) {
  const said = (each) => (each.getAttribute("aria-label") ?? each.textContent).trim();
  return [...root.querySelectorAll("button")].find((each) => !each.closest("[hidden]") && said(each) === name);
}
