/**
 * How the values of a column are spread, small, in its head: bars of all trials, and before them bars of those that are
 * shown. Dragging over it picks a range; a click gives it up.
 */

import { h } from "../dom.js";

/**
 * @typedef {import("./store.js").Histogram} Histogram
 * @typedef {[number | null, number | null]} Range
 */

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 100; // of the drawing's own units
const HIGH = 20;
const LEAST = 4; // pixels that are a drag and no click

/**
 * @param {object} options
 * @param {(range: Range | null) => void} options.pick
 */
export function createHistogram({ pick }) {
  const picture = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" })) picture.setAttribute(name, value);
  const brush = h("span", { class: "axnb-brush", hidden: true });
  const element = h("span", { class: "axnb-histogram", hidden: true, title: "Drag to show a range only" }, picture, brush);
  /** @type {Histogram | undefined} */
  let drawn;
  let range = "";

  /** @param {number} from @param {number} to as shares of the width */
  const mark = (from, to) => {
    brush.hidden = false;
    brush.style.insetInlineStart = `${(100 * from).toFixed(2)}%`;
    brush.style.width = `${(100 * (to - from)).toFixed(2)}%`;
  };

  element.addEventListener("pointerdown", (event) => {
    if (!drawn) return;
    event.preventDefault();
    event.stopPropagation();
    element.setPointerCapture(event.pointerId);
    const box = element.getBoundingClientRect();
    const share = (/** @type {PointerEvent} */ { clientX }) => Math.min(1, Math.max(0, (clientX - box.left) / box.width));
    const from = share(event);
    let to = from;
    /** @param {PointerEvent} moved */
    const drag = (moved) => {
      to = share(moved);
      mark(Math.min(from, to), Math.max(from, to));
    };
    element.addEventListener("pointermove", drag);
    element.addEventListener("lostpointercapture", () => {
      element.removeEventListener("pointermove", drag);
      const dragged = Math.abs(to - from) * box.width >= LEAST;
      if (drawn && dragged) pick([valueAt(drawn, Math.min(from, to)), valueAt(drawn, Math.max(from, to))]);
      else pick(null);
    }, { once: true });
  });
  element.addEventListener("click", (event) => event.stopPropagation());

  return {
    element,
    /**
     * @param {Histogram | undefined} histogram
     * @param {Range | undefined} picked
     */
    update(histogram, picked) {
      element.hidden = !histogram;
      const told = JSON.stringify(picked ?? null);
      if (histogram !== drawn && histogram) picture.replaceChildren(bars(histogram.bars, histogram.bars, "axnb-all"), bars(histogram.kept, histogram.bars, "axnb-kept"));
      if (told !== range || histogram !== drawn) {
        brush.hidden = !picked || !histogram;
        if (picked && histogram) mark(shareOf(histogram, picked[0] ?? histogram.low), shareOf(histogram, picked[1] ?? histogram.high));
      }
      drawn = histogram;
      range = told;
    },
  };
}

/**
 * @param {number[]} counts
 * @param {number[]} all the counts that give the height
 * @param {string} name
 */
function bars(counts, all, name) {
  const most = Math.max(...all, 1);
  const wide = WIDE / counts.length;
  const path = counts.map((count, at) => {
    const high = count ? Math.max(1, (HIGH * count) / most) : 0;
    return `M${(at * wide).toFixed(2)} ${HIGH}v${(-high).toFixed(2)}h${(wide * 0.86).toFixed(2)}v${high.toFixed(2)}z`;
  });
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path.join(""));
  line.setAttribute("class", name);
  return line;
}

/**
 * @example valueAt({ low: 1, high: 100, log: true, bars: [], kept: [] }, 0.5) is 10
 *
 * @param {Histogram} histogram
 * @param {number} share of the width
 */
export function valueAt({ low, high, log }, share) {
  if (share <= 0) return low;
  if (share >= 1) return high;
  return log ? Math.exp(Math.log(low) + share * Math.log(high / low)) : low + share * (high - low);
}

/**
 * @param {Histogram} histogram
 * @param {number} value
 */
export function shareOf({ low, high, log }, value) {
  const share = log ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.min(1, Math.max(0, share));
}
