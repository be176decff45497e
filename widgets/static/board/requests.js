/**
 * How the board asks the kernel for something, and what it shows meanwhile.
 */

import { showBusy } from "./busy.js";
import { isOff } from "./toolbar.js";

const HERE = 60_000; // milliseconds between two signs of life
const BUSY = 1500; // milliseconds without an answer to an action until the board says why

/**
 * @param {object} options
 * @param {import("./store.js").Store} options.store
 * @param {() => boolean} options.isBusy whether it is known what the kernel is at, or that it is gone
 * @param {(text: string) => void} options.say
 * @param {(text: string) => void} options.warn
 * @param {() => void} options.ended called when an action has ended
 */
export function createRequests({ store, isBusy, say, warn, ended }) {
  /**
   * Asks the kernel; says so if it is busy with something else, such as a cell.
   *
   * @type {import("./sheet.js").Ask}
   */
  const ask = (method, params) => {
    const timer = setTimeout(() => {
      if (!isBusy()) say("The kernel is busy; this will be done as soon as it is free.");
    }, BUSY);
    return store.connection.call(method, params).finally(() => clearTimeout(timer));
  };

  /**
   * Does something in the kernel that a button stands for; a second press while it lasts does nothing.
   *
   * @param {HTMLButtonElement} button
   * @param {string} doing
   * @param {string} method
   * @param {Record<string, unknown>} params
   * @param {(answer: any) => void} [then]
   */
  const perform = async (button, doing, method, params, then) => {
    if (isOff(button)) return;
    warn("");
    const end = showBusy(button, doing);
    try {
      const answer = await ask(method, params);
      say(answer.text);
      then?.(answer);
    } catch (caught) {
      const error = /** @type {import("../rpc.js").KernelError} */ (caught);
      warn(Object.values(error.fields ?? {})[0] ?? error.message);
    } finally {
      end();
      ended();
    }
  };

  return { ask, perform };
}

/**
 * Tells the kernel now and then that a page is there, so that it looks for what other notebooks do.
 *
 * @param {import("./store.js").Store} store
 * @param {AbortSignal} [signal]
 */
export function keepCompany(store, signal) {
  const timer = setInterval(() => {
    if (!document.hidden) store.connection.call("here").catch(() => undefined);
  }, HERE);
  signal?.addEventListener("abort", () => clearInterval(timer));
}
