/**
 * The row of controls of a card. Elements stay while their control stays, so that neither focus nor a drag is lost.
 */

import { h, setAttribute, uid } from "../dom.js";

const POSITIONS = 200; // of a slider without steps

/**
 * @typedef {object} Control
 * @property {string} field
 * @property {string | null} key
 * @property {string} label
 * @property {"dropdown" | "slider" | "toggle"} kind
 * @property {any} value
 * @property {any[]} options
 * @property {string[]} labels
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {"linear" | "log"} scale
 * @property {number | null} step
 * @property {"x" | "y" | null} [axis] of the picture, on which the value has a place
 * @property {[number, number] | null} [span] where on it the first and the last value lie, if it has other numbers
 * @property {[number, number] | null} [across] from where to where its line goes along the other axis
 *
 * @typedef {(control: Control, value: unknown, moving: boolean) => void} Moved
 * @typedef {{element: HTMLElement, update: (control: Control) => void}} Part
 */

/**
 * @param {object} options
 * @param {Moved} options.moved
 * @param {() => void} options.reset
 * @param {(control: Control) => boolean} options.pending whether a control must not be set, since the reader is moving it
 */
export function newControls({ moved, reset, pending }) {
  /** @type {Map<string, Part>} */
  const parts = new Map();
  const back = h("button", { type: "button", class: "axnb-plain axnb-reset", onclick: reset }, "Reset");
  const element = h("div", { class: "axnb-controls", role: "group", "aria-label": "Controls" });
  /** @type {string | undefined} */
  let first;
  let owner = "";
  let enabled = false;

  const enable = () => {
    for (const field of element.querySelectorAll("input, select, button")) setAttribute(field, "disabled", !enabled);
  };

  return {
    element,

    /** @param {boolean} on whether the kernel listens */
    enable(on) {
      enabled = on;
      enable();
    },

    /**
     * Moves a slider from elsewhere.
     *
     * @param {Control} control @param {any} value @param {boolean} moving
     */
    steer(control, value, moving) {
      parts.get(nameOf(control))?.update({ ...control, value });
      moved(control, value, moving);
    },

    /**
     * @param {Control[]} controls
     * @param {string} [of] what the controls belong to; where that changes, these are its first settings
     */
    update(controls, of = "") {
      if (of !== owner) first = undefined;
      owner = of;
      first ??= settings(controls);
      back.hidden = settings(controls) === first;
      element.hidden = !controls.length;
      const present = new Set(controls.map(nameOf));
      for (const [name, part] of parts) {
        if (present.has(name)) continue;
        part.element.remove();
        parts.delete(name);
      }
      /** @type {Node | null} */
      let at = element.firstChild;
      /** @type {Map<string, Element>} */
      const owners = new Map();
      for (const control of controls) {
        let part = parts.get(nameOf(control));
        if (!part) parts.set(nameOf(control), (part = newPart(control, moved)));
        else if (!pending(control)) part.update(control);
        const beside = control.kind === "toggle" && control.key ? owners.get(control.key) : undefined;
        if (beside) {
          if (part.element.parentNode !== beside) beside.append(part.element);
          continue;
        }
        if (control.key) owners.set(control.key, part.element);
        if (part.element !== at) element.insertBefore(part.element, at);
        else at = at.nextSibling;
      }
      if (controls.length && back.parentNode !== element) element.append(back);
      enable();
    },
  };
}

/** @param {Control} control */
function nameOf(control) {
  const choices = control.kind === "dropdown" ? control.labels : [control.minimum, control.maximum, control.step];
  return JSON.stringify([control.field, control.key, control.kind, control.label, choices]);
}

/** @param {Control[]} controls */
function settings(controls) {
  return JSON.stringify(controls.map((control) => [control.field, control.key, control.value]));
}

/**
 * @param {Control} control
 * @param {Moved} moved
 * @returns {Part}
 */
function newPart(control, moved) {
  if (control.kind === "slider") return newSlider(control, moved);
  return control.kind === "toggle" ? newToggle(control, moved) : newDropdown(control, moved);
}

/**
 * @param {Control} control
 * @param {Moved} moved
 * @returns {Part}
 */
function newDropdown(control, moved) {
  const id = uid("choice");
  const options = control.labels.map((label, i) => h("option", { value: i }, label));
  const field = h("select", { id, onchange: () => moved(control, control.options[field.selectedIndex], false) }, ...options);
  /** @param {Control} now */
  const update = (now) => {
    field.selectedIndex = now.options.findIndex((option) => option === now.value);
  };
  update(control);
  return { element: h("div", { class: "axnb-control" }, h("label", { for: id }, control.label), field), update };
}

/**
 * @param {Control} control
 * @param {Moved} moved
 * @returns {Part}
 */
function newToggle(control, moved) {
  const field = h("input", { type: "checkbox", onchange: () => moved(control, field.checked, false) });
  /** @param {Control} now */
  const update = (now) => {
    field.checked = now.value === true;
  };
  update(control);
  return { element: h("div", { class: "axnb-control axnb-toggle" }, h("label", {}, field, " ", control.label)), update };
}

/**
 * @param {Control} control
 * @param {Moved} moved
 * @returns {Part}
 */
function newSlider(control, moved) {
  const id = uid("slider");
  const scale = scaleOf(control);
  const shown = h("input", {
    type: "text",
    class: "axnb-typed",
    inputmode: "decimal",
    "aria-label": `${control.label}: type a value`,
    onchange: () => take(),
  });
  const field = h("input", {
    id,
    type: "range",
    min: 0,
    max: scale.last,
    step: 1,
    oninput: () => tell(true),
    onchange: () => tell(false),
  });
  /** @param {number} value */
  const say = (value) => {
    shown.value = brief(value);
    setAttribute(field, "aria-valuetext", brief(value));
  };
  /** @param {boolean} moving */
  const tell = (moving) => {
    const value = scale.value(Number(field.value));
    known = value;
    say(value);
    moved(control, value, moving);
  };
  let known = Number(control.value);
  /** Takes what was typed, moved to the nearest value there is; what is no number is put back. */
  const take = () => {
    const typed = Number(shown.value.trim().replace(",", ".") || NaN);
    if (Number.isFinite(typed)) known = scale.inside(typed);
    field.value = String(scale.position(known));
    say(known);
    if (Number.isFinite(typed)) moved(control, known, false);
  };
  /** @param {Control} now */
  const update = (now) => {
    known = now.value;
    field.value = String(scale.position(now.value));
    if (document.activeElement !== shown || shown.value === "") say(now.value);
  };
  update(control);
  const head = h("div", { class: "axnb-slider-head" }, h("label", { for: id }, control.label), shown);
  return { element: h("div", { class: "axnb-control axnb-slider" }, head, field), update };
}

/**
 * Relates the positions 0, 1, ..., last of a slider to its values.
 *
 * @param {Pick<Control, "minimum" | "maximum" | "scale" | "step">} control
 */
export function scaleOf({ minimum, maximum, scale, step }) {
  const low = minimum ?? 0;
  const high = maximum ?? 1;
  const steps = step ? Math.floor((high - low) / step + 1e-9) : Infinity;
  const stepwise = steps <= POSITIONS || scale === "linear" && steps < Infinity;
  const last = stepwise ? steps : POSITIONS;
  const logarithmic = scale === "log" && !(stepwise && steps <= 20);
  /** @param {number} value */
  const inside = (value) => {
    const stepped = step ? low + Math.round((value - low) / step) * step : value;
    return Math.min(Math.max(Number(stepped.toPrecision(12)), low), high);
  };
  return {
    last,
    inside,
    /** @param {number} position */
    value(position) {
      const share = position / last;
      if (position >= last && !step) return high;
      if (logarithmic) return inside(low * (high / low) ** share);
      return inside(stepwise && step ? low + position * step : low + (high - low) * share);
    },
    /** @param {number} value */
    position(value) {
      if (logarithmic) return Math.round((last * Math.log(value / low)) / Math.log(high / low));
      return Math.round(stepwise && step ? (value - low) / step : (last * (value - low)) / (high - low));
    },
  };
}

/** @param {number} value */
export function brief(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  return size && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}
