/**
 * Where the rows of the board are, in pixels: all of one height, with a form below one of them at most.
 */

export const ROW = 32; // pixels, as in board.css

/** @typedef {{place: number, height: number}} Below a form: the position of the row that it is below, and its height */

/**
 * Returns how far the top of a row is from the top of the rows.
 *
 * @param {number} place position of the row
 * @param {Below | null} form
 */
export function topOf(place, form) {
  return place * ROW + (form && place > form.place ? form.height : 0);
}

/**
 * Returns the position of the row at some distance from the top of the rows.
 *
 * @param {number} y
 * @param {Below | null} form
 */
export function placeAt(y, form) {
  const after = form ? (form.place + 1) * ROW : Infinity;
  return Math.floor((y <= after ? y : Math.max(after, y - (form?.height ?? 0))) / ROW);
}

/**
 * Remembers which row is at the top of what is in sight, where it is not the first.
 *
 * @param {HTMLElement} scroll what scrolls
 * @param {Map<number, number>} places of the trials
 * @param {(place: number) => number} top
 * @returns {(places: Map<number, number>, top: (place: number) => number) => boolean} brings it there again, and tells whether that moved anything
 */
export function keepInSight(scroll, places, top) {
  const trial = scroll.scrollTop > ROW ? [...places].find(([, at]) => top(at) >= scroll.scrollTop)?.[0] : undefined;
  if (trial === undefined) return () => false;
  const offset = top(places.get(trial) ?? 0) - scroll.scrollTop;
  return (now, topNow) => {
    const at = now.get(trial);
    if (at === undefined || Math.abs(topNow(at) - offset - scroll.scrollTop) < 1) return false;
    scroll.scrollTop = topNow(at) - offset;
    return true;
  };
}
