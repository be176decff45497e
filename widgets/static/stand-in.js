/**
 * The still stand-in that a cell puts out before a live view: hidden while the view is there, shown again when it goes.
 */

const STILL = ".axnb-stand-in";
const PATIENCE = 20_000; // milliseconds for a view to come onto the page
const PAUSE = 30;

/**
 * Hides the stand-in of a view as soon as the view has something to show.
 *
 * @param {HTMLElement} el where the view is drawn
 * @param {AbortSignal} [signal]
 */
export function hideStandIn(el, signal) {
  const end = Date.now() + PATIENCE;
  const look = () => {
    if (signal?.aborted || Date.now() > end) return;
    if (!el.isConnected || !el.firstElementChild) {
      setTimeout(look, PAUSE);
      return;
    }
    const still = standIn(el);
    if (!still) return;
    still.style.display = "none";
    signal?.addEventListener("abort", () => (still.style.display = ""));
  };
  look();
}

/**
 * Finds the stand-in: in JupyterLab the output before the view's own, elsewhere the nearest one before it that stands.
 *
 * @param {HTMLElement} el
 * @returns {HTMLElement | null}
 */
function standIn(el) {
  if (el.closest(".axnb")) return null; // a card of a group
  const output = el.closest(".jp-OutputArea-child");
  if (output) {
    const before = output.previousElementSibling;
    return before?.querySelector(STILL) ? /** @type {HTMLElement} */ (before) : null;
  }
  const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(STILL)]);
  const before = all.filter((still) => still.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1);
  return before && before.style.display !== "none" ? before : null;
}
