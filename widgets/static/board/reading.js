/**
 * What is typed into a field for a number, as the kernel reads it: "12 %" is said to be "read as 12" before it is sent.
 */

import { capitalize, h, setText } from "../dom.js";
import { refuse } from "./fields.js";

/** @typedef {(text: string) => Promise<{text: string}>} Read asks the kernel; refused with a reason */

const PLAIN = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;
const PAUSE = 120; // milliseconds without a key until the kernel is asked

/**
 * Shows below a field how its text is read, and when it is left why it cannot be.
 *
 * @param {import("./fields.js").Field} field
 * @param {Read} read
 */
export function followReading(field, read) {
  const place = h("div", { class: "axnb-field-reading", role: "status" });
  field.reason.before(place);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {boolean} left whether the field is left, and a reason is due */
  const look = (left) => {
    const text = field.input.value;
    if (!text.trim() || PLAIN.test(text)) return;
    read(text).then(
      (answer) => field.input.value === text && setText(place, answer.text),
      (error) => left && field.input.value === text && refuse(field, capitalize(error.message)),
    );
  };
  field.input.addEventListener("input", () => {
    clearTimeout(timer);
    setText(place, "");
    refuse(field, "");
    timer = setTimeout(() => look(false), PAUSE);
  });
  field.input.addEventListener("change", () => look(true));
}
