/**
 * The trials that are selected: one by a click or by moving to it, a range with Shift, more with Ctrl or the space bar.
 */

/** @typedef {{extend?: boolean, toggle?: boolean}} How */

const PAUSE = 120; // milliseconds without another choice until the kernel is told

/**
 * @param {{ctrlKey: boolean, metaKey: boolean, shiftKey: boolean}} event
 * @returns {How}
 */
export const howOf = (event) => ({ extend: event.shiftKey, toggle: event.ctrlKey || event.metaKey });

/**
 * @param {object} options
 * @param {() => number[]} options.order the trials in the order of the rows
 * @param {(trial: number, trials: number[]) => Promise<unknown>} options.tell tells the kernel
 * @param {AbortSignal} [options.signal]
 */
export function createSelection({ order, tell, signal }) {
  /** @type {Set<number>} */
  let trials = new Set();
  let anchor = -1;
  let last = -1;
  /** Choices that the kernel does not know yet: what it says meanwhile is older. */
  let pending = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  signal?.addEventListener("abort", () => clearTimeout(timer));

  const report = () => {
    clearTimeout(timer);
    const mine = ++pending;
    timer = setTimeout(() => tell(last, [...trials]).finally(() => (pending = pending === mine ? 0 : pending)), PAUSE);
  };

  return {
    all: () => trials,

    /**
     * @param {number} trial
     * @param {How} how
     * @returns {boolean} whether that changes anything
     */
    pick(trial, { extend = false, toggle = false }) {
      const rows = order();
      const from = rows.indexOf(anchor);
      const to = rows.indexOf(trial);
      if (!extend && !toggle && last === trial && trials.size === 1 && trials.has(trial)) return false;
      last = trial;
      if (extend && from >= 0 && to >= 0) trials = new Set(rows.slice(Math.min(from, to), Math.max(from, to) + 1));
      else {
        anchor = trial;
        if (!toggle) trials = new Set([trial]);
        else if (!trials.delete(trial)) trials.add(trial);
      }
      report();
      return true;
    },

    /**
     * Takes what the kernel says.
     *
     * @param {number[]} chosen
     * @returns {boolean} whether that changes anything
     */
    take(chosen) {
      if (pending || (chosen.length === trials.size && chosen.every((trial) => trials.has(trial)))) return false;
      trials = new Set(chosen);
      anchor = last = chosen.at(-1) ?? -1;
      return true;
    },
  };
}
