/**
 * Makes a figure safe and right for the page it is painted on. Changes the figure that it is given.
 */

/** What plotly may read as markup; every other `<` is a character that somebody wrote. */
const MARKUP = /<(?!\/?(?:b|i|br|sub|sup|em|extra)\s*\/?>|\/span>|span style="[\w\s:;#.,%()-]*">)/gi;

/**
 * Shows names as they were written: tags that plotly would swallow, follow or load become text.
 *
 * @param {any} value a figure, or any part of one
 * @returns {any}
 */
export function neutral(value) {
  if (typeof value === "string") return value.includes("<") ? value.replace(MARKUP, "&lt;") : value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = neutral(value[i]);
  } else if (value && typeof value === "object") {
    for (const key of Object.keys(value)) if (key !== "bdata") value[key] = neutral(value[key]);
  }
  return value;
}

/**
 * Makes a function that replaces colours in a text, also where they are written as `rgba(...)`.
 *
 * @param {[string, string][]} pairs colours as `#rrggbb`
 * @returns {(text: string) => string}
 */
export function recolouring(pairs) {
  /** @type {Map<string, string>} */
  const swap = new Map();
  for (const [from, to] of pairs) {
    swap.set(from.toLowerCase(), to);
    swap.set(channels(from), channels(to));
  }
  return (text) =>
    text
      .replace(/#[0-9a-f]{6}\b/gi, (found) => swap.get(found.toLowerCase()) ?? found)
      .replace(/(rgba?\()\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)/gi, (found, head, red, green, blue) => {
        const other = swap.get(`${red},${green},${blue}`);
        return other ? head + other : found;
      });
}

/** @param {string} colour as `#rrggbb` */
function channels(colour) {
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16)).join(",");
}

/** Where colours stand for numbers, they stay. */
const SCALES = new Set(["colorscale", "template", "bdata"]);

/**
 * Replaces colours everywhere in a figure but in colour scales.
 *
 * @param {any} value
 * @param {(text: string) => string} recolour
 * @returns {any}
 */
export function recoloured(value, recolour) {
  if (typeof value === "string") return value.startsWith("#") || value.startsWith("rgb") ? recolour(value) : value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = recoloured(value[i], recolour);
  } else if (value && typeof value === "object") {
    for (const key of Object.keys(value)) if (!SCALES.has(key)) value[key] = recoloured(value[key], recolour);
  }
  return value;
}

/**
 * Turns the colour scales of lines round, whose dark end would not be seen on a dark page, and leaves out their darkest colour.
 *
 * @param {any[]} data the traces of a figure
 */
export function visibleLines(data) {
  for (const { type, line } of data) {
    if (type !== "parcoords" || !line) continue;
    line.reversescale = !line.reversescale;
    /** @type {string[]} */
    const colours = (Array.isArray(line.colorscale) ? line.colorscale : []).map((/** @type {[number, string]} */ [, colour]) => colour);
    if (colours.length < 3) continue;
    if (brightness(colours.at(-1) ?? "") < brightness(colours[0] ?? "")) colours.pop();
    else colours.shift();
    line.colorscale = colours.map((colour, i) => [i / (colours.length - 1), colour]);
  }
}

/** @param {string} colour six hexadecimal digits after a hash */
function brightness(colour) {
  const parts = colour.match(/[\da-f]{2}/gi) ?? [];
  return parts.reduce((sum, part) => sum + parseInt(part, 16), 0);
}

const CHARACTER = 7; // pixels of an axis title

/** @param {any} layout @returns {any[]} the axes that lie along the width */
function horizontal(layout) {
  const found = Object.entries(layout).filter(([name, axis]) => /^xaxis\d*$/.test(name) && axis && typeof axis === "object");
  return found.map(([, axis]) => axis);
}

/**
 * Fits what is written along the horizontal axes: long titles are broken, and ticks are thinned out in a narrow picture.
 *
 * @param {any} layout
 * @param {number} room pixels for a title
 */
export function fitAxes(layout, room) {
  for (const axis of horizontal(layout)) {
    if (axis.title?.text) axis.title.text = broken(axis.title.text, room / CHARACTER);
    if (layout.width < 600 && axis.tickvals === undefined) axis.nticks ??= Math.max(2, Math.floor(layout.width / 120));
  }
}

/**
 * Says whether a line of a title below the plot is longer than there is room.
 *
 * @param {any} layout
 * @param {number} room pixels
 */
export function overflows(layout, room) {
  const lines = horizontal(layout).flatMap((axis) => String(axis.title?.text ?? "").split("<br>"));
  return lines.some((line) => line.includes(" ") && line.length * CHARACTER > room);
}

/**
 * @param {string} text
 * @param {number} most characters in a line
 */
function broken(text, most) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length < most) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join("<br>");
}

/**
 * Keeps what a reader has done to the picture (zoom, hidden traces) while data change, and forgets the zoom of an axis
 * that shows something else now.
 *
 * @param {any} layout
 */
export function keepReading(layout) {
  layout.uirevision ??= "axnb";
  for (const [name, axis] of Object.entries(layout)) {
    if (!/^[xy]axis\d*$/.test(name) || !axis || typeof axis !== "object") continue;
    axis.uirevision ??= `${axis.title?.text ?? ""}|${axis.type ?? ""}`;
  }
}

/** @param {any} trace @returns {string[]} the names of its axes */
const axisNames = (trace) => (trace?.dimensions ?? []).map(nameOf);

/** @param {any} dimension @returns {string} its name, which its label may cut short */
const nameOf = (dimension) => String(dimension.name ?? dimension.label);

/**
 * Keeps what a reader has done to the axes of parallel coordinates: the lines picked on an axis, and the order, unless the
 * picture comes with another one. plotly itself keeps it by the place of an axis, wherever that is now.
 *
 * @param {any[]} data the traces of a figure
 * @param {any[]} painted the traces on the page, as the reader has changed them
 * @param {string[][]} given the names of the axes of each of those as it came
 * @returns {string[][]} the same of the figure
 */
export function keepAxes(data, painted, given) {
  const names = data.map(axisNames);
  data.forEach((trace, i) => {
    if (trace.type !== "parcoords") return;
    trace.uirevision = keepAxes.serial += 1;
    const before = axisNames(painted[i]);
    if (new Set(names[i]).size !== names[i]?.length || new Set(before).size !== before.length) return;
    for (const dimension of trace.dimensions) {
      const picked = painted[i]?.dimensions[before.indexOf(nameOf(dimension))]?.constraintrange;
      if (picked) dimension.constraintrange = picked;
    }
    if (given[i]?.join("\n") !== names[i].join("\n")) return;
    const place = (/** @type {any} */ dimension) => before.indexOf(nameOf(dimension));
    trace.dimensions.sort((/** @type {any} */ a, /** @type {any} */ b) => place(a) - place(b));
  });
  return names;
}
keepAxes.serial = 0;

const SMALL = 6; // pixels of a character beside an axis of parallel coordinates

/**
 * Cuts the names of parallel coordinates so that neighbours do not run into each other.
 *
 * @param {any[]} data the traces of a figure
 * @param {number} room pixels between the first axis and the last
 */
export function fitNames(data, room) {
  for (const trace of data) {
    const axes = trace.type === "parcoords" ? trace.dimensions ?? [] : [];
    const most = Math.max(4, Math.floor(room / Math.max(axes.length - 1, 1) / SMALL) - 1);
    for (const dimension of axes) {
      const letters = String(dimension.label).match(/&#?\w+;|./gu) ?? [];
      if (letters.length <= most) continue;
      dimension.name = dimension.label;
      dimension.label = `${letters.slice(0, most - 1).join("")}…`;
    }
  }
}
