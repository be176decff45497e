/**
 * Small helpers that make elements. Every text goes in as a text node, so no name can become markup.
 */

const SVG = "http://www.w3.org/2000/svg";
const FOCUSABLE = new Set(["button", "input", "select", "textarea", "a", "summary"]);

/**
 * @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Attributes
 * @typedef {Node | string | number | null | undefined | false} Child
 */

/**
 * Makes an element. Attributes named `on...` are listeners; `true` is an empty attribute; `false`, `null` and `undefined` are none.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else setAttribute(element, name, value);
  }
  if (FOCUSABLE.has(tag) || "tabindex" in attributes) quiet(element);
  append(element, children);
  return element;
}

/**
 * Sets, changes or removes an attribute, touching the element only when something changes.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string | number | boolean | null | undefined} value
 */
export function setAttribute(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/**
 * @param {Node} parent
 * @param {Child[]} children
 */
export function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * Makes an element have these children. Those that stay are not moved, so that the focus stays.
 *
 * @param {Element} parent
 * @param {Node[]} nodes
 */
export function arrangeChildren(parent, nodes) {
  const keep = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!keep.has(child)) child.remove();
  let child = parent.firstChild;
  for (const node of nodes) {
    if (node === child) child = child.nextSibling;
    else parent.insertBefore(node, child);
  }
}

/**
 * Changes an element's text, touching it only when it changes.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes a line icon on a 16 by 16 grid, drawn in the colour of the text around it and hidden from screen readers.
 *
 * @param {string} path
 * @param {string} [className]
 */
export function icon(path, className = "axnb-icon") {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 16 16", class: className, "aria-hidden": "true", focusable: "false" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.appendChild(line);
  return svg;
}

/**
 * Keeps the notebook's single-key commands off an element that can have the focus.
 *
 * @template {Element} E
 * @param {E} element
 * @returns {E}
 */
export function quiet(element) {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
  return element;
}

/**
 * Keeps every key that is pressed inside a widget from the notebook: `b` must not insert a cell.
 *
 * @param {HTMLElement} root
 * @param {AbortSignal} [signal]
 */
export function keepKeys(root, signal) {
  for (const type of ["keydown", "keypress", "keyup"]) {
    root.addEventListener(type, (event) => event.stopPropagation(), { signal });
  }
}

let serial = 0;

/**
 * Returns an id that no other element of the page has.
 *
 * @param {string} stem
 */
export function uid(stem) {
  serial += 1;
  return `axnb-${stem}-${serial}-${Math.random().toString(36).slice(2, 7)}`;
}

/**
 * Returns a text with a capital letter.
 *
 * @param {string} text
 */
export function capitalize(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
