/**
 * Sends what a reader moves to the kernel: one request at a time, and of several moves the latest.
 */

/** Milliseconds without movement after which the fine picture is asked for, though the slider is still held. */
const REST = 200;

/**
 * @typedef {object} Change
 * @property {string} field
 * @property {string | null} key
 * @property {unknown} value
 */

/**
 * @param {object} options
 * @param {(request: {changes: Change[], draft: boolean, reset: boolean}) => Promise<number>} options.send
 *   answers the number of the picture to come
 * @param {(error: Error) => void} options.refused
 * @param {(waiting: boolean) => void} [options.busy]
 * @param {AbortSignal} [options.signal]
 */
export function newMoves({ send, refused, busy = () => {}, signal }) {
  /** @type {Map<string, Change>} */
  const wanted = new Map();
  let fine = false; // whether a fine picture is wanted
  let reset = false; // whether the first settings are wanted, before the changes
  let awaited = 0; // the picture that will free the way; Infinity while its number is unknown
  let latest = 0; // the newest picture that has come
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const pump = async () => {
    if (awaited > latest || (!wanted.size && !fine) || signal?.aborted) return;
    const changes = [...wanted.values()];
    const request = { changes, draft: !fine, reset };
    wanted.clear();
    fine = reset = false;
    awaited = Infinity;
    busy(true);
    try {
      awaited = await send(request);
    } catch (error) {
      awaited = 0;
      refused(/** @type {Error} */ (error));
    }
    free();
  };

  const free = () => {
    if (awaited > latest) return;
    busy(false);
    pump();
  };

  signal?.addEventListener("abort", () => clearTimeout(timer));

  return {
    /**
     * @param {Change} change
     * @param {boolean} moving whether more will follow at once
     */
    move(change, moving) {
      wanted.set(`${change.field}\n${change.key ?? ""}`, change);
      clearTimeout(timer);
      if (moving) {
        timer = setTimeout(() => {
          fine = true;
          pump();
        }, REST);
      } else fine = true;
      pump();
    },
    /** Goes back to the first settings. */
    reset() {
      wanted.clear();
      clearTimeout(timer);
      fine = reset = true;
      pump();
    },
    /**
     * Notes that a picture has come, before its controls are shown: what it answers is no longer pending.
     *
     * @param {number} ticket its number
     */
    landed(ticket) {
      latest = Math.max(latest, ticket);
    },
    /** Sends what waits, once a picture has come or failed. @param {number} ticket its number */
    arrived(ticket) {
      latest = Math.max(latest, ticket);
      free();
    },
    /** Whether this control was moved and its answer is not there yet. @param {string} field @param {string | null} key */
    pending(field, key) {
      return wanted.has(`${field}\n${key ?? ""}`) || awaited > latest;
    },
  };
}
