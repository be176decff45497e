/**
 * Lines that a reader drags in the picture: a grip for every slider whose value is a place on an axis of the figure.
 *
 * The slider stays the way for the keyboard and for screen readers; a grip is another hand on it.
 */

import { scaleOf } from "./controls.js";
import { h } from "../dom.js";

/** @typedef {import("./controls.js").Control} Control */

/**
 * @param {object} options
 * @param {HTMLElement} options.plot what plotly draws in
 * @param {(control: Control, value: any, moving: boolean) => void} options.moved
 */
export function newHandles({ plot, moved }) {
  const element = h("div", { class: "axnb-handles", "aria-hidden": "true" });
  /** @type {{grip: HTMLElement, control: Control}[]} */
  let handles = [];
  /** @type {HTMLElement | null} */
  let held = null;
  let enabled = false;

  /** @param {string | null} [axis] @returns {any} plotly's axis, once it has drawn it */
  const axisOf = (axis) => /** @type {any} */ (plot)._fullLayout?.[`${axis}axis`];

  /** Where the line lies from one end to the other, in pixels. @param {Control} control @returns {[number, number]} */
  const extentOf = ({ axis, across }) => {
    const { l, t, w, h: high } = /** @type {any} */ (plot)._fullLayout._size;
    const other = axisOf(axis === "x" ? "y" : "x");
    if (!across || !other) return axis === "x" ? [t, high] : [l, w];
    const [from = 0, to = 0] = across.map((value) => other._offset + other.d2p(value)).sort((a, b) => a - b);
    return [from, to - from];
  };

  /** @param {HTMLElement} grip @param {Control} control @param {any} value */
  const put = (grip, control, value) => {
    const axis = axisOf(control.axis);
    const along = axis ? axis.d2p(placeOf(control, value)) : NaN;
    grip.hidden = !enabled || !(along >= -1 && along <= axis._length + 1);
    if (grip.hidden) return;
    const [start, length] = extentOf(control);
    const box = control.axis === "x" ? [axis._offset + along, start, 0, length] : [start, axis._offset + along, length, 0];
    const [left = 0, top = 0, width = 0, height = 0] = box;
    grip.style.cssText = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
  };

  /** @param {PointerEvent} event @param {Control} control */
  const valueAt = (event, control) => {
    const axis = axisOf(control.axis);
    const box = plot.getBoundingClientRect();
    const place = control.axis === "x" ? event.clientX - box.left : event.clientY - box.top;
    const value = axis.p2d(Math.min(Math.max(place - axis._offset, 0), axis._length));
    if (control.span) return valueOf(control, value);
    return Math.min(Math.max(Number(value.toPrecision(6)), control.minimum ?? -Infinity), control.maximum ?? Infinity);
  };

  /** @param {Control} control */
  const newGrip = (control) => {
    const grip = h("div", { class: `axnb-grip axnb-grip-${control.axis}`, title: `Drag: ${control.label}` });
    const entry = { grip, control };
    /** @param {PointerEvent} event */
    const drag = (event) => {
      const value = valueAt(event, entry.control);
      put(grip, entry.control, value);
      moved(entry.control, value, true);
    };
    /** @param {PointerEvent} event */
    const drop = (event) => {
      if (held !== grip) return;
      held = null;
      delete grip.dataset.axnbHeld;
      grip.removeEventListener("pointermove", drag);
      moved(entry.control, valueAt(event, entry.control), false);
    };
    grip.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !enabled) return;
      event.preventDefault();
      held = grip;
      grip.dataset.axnbHeld = "";
      grip.setPointerCapture(event.pointerId);
      grip.addEventListener("pointermove", drag);
    });
    grip.addEventListener("pointerup", drop);
    grip.addEventListener("pointercancel", drop);
    return entry;
  };

  const place = () => {
    for (const { grip, control } of handles) if (grip !== held) put(grip, control, control.value);
  };

  return {
    element,
    place,

    /** @param {boolean} on whether the kernel listens */
    enable(on) {
      enabled = on;
      place();
    },

    /** @param {Control[]} controls */
    update(controls) {
      const wanted = controls.filter(({ axis }) => axis);
      /** @param {Control} control */
      const name = ({ axis, field, key }) => JSON.stringify([axis, field, key]);
      const known = new Map(handles.map((entry) => [name(entry.control), entry]));
      handles = wanted.map((control) => {
        const entry = known.get(name(control)) ?? newGrip(control);
        entry.control = control;
        return entry;
      });
      const grips = handles.map(({ grip }) => grip);
      if (grips.length !== element.children.length || grips.some((grip, i) => grip !== element.children[i])) element.replaceChildren(...grips);
    },
  };
}

/**
 * Where a control's value lies on its axis.
 *
 * @param {Control} control
 * @param {any} value
 * @returns {number}
 */
export function placeOf(control, value) {
  if (!control.span) return value;
  const [first, last] = control.span;
  return first + (last - first) * shareOf(control, value);
}

/** How far along the control a value lies, from 0 to 1. @param {Control} control @param {any} value */
function shareOf(control, value) {
  const { kind, options, minimum, maximum, scale } = control;
  if (kind === "dropdown") return options.indexOf(value) / Math.max(options.length - 1, 1);
  const low = minimum ?? 0;
  const high = maximum ?? 1;
  return scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

/**
 * The control's value whose place on its axis is nearest.
 *
 * @param {Control} control with a span
 * @param {number} place
 */
export function valueOf(control, place) {
  const [first, last] = control.span ?? [0, 1];
  const share = first === last ? 0 : Math.min(Math.max((place - first) / (last - first), 0), 1);
  const { kind, options, minimum, maximum, scale } = control;
  if (kind === "dropdown") return options[Math.round(share * (options.length - 1))];
  const low = minimum ?? 0;
  const high = maximum ?? 1;
  return scaleOf(control).inside(scale === "log" ? low * (high / low) ** share : low + (high - low) * share);
}
