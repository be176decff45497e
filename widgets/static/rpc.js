/**
 * Requests to the kernel, each answered by a value or an error. Knows nothing of what is asked.
 *
 * A request is the custom message `{id, method, params}`; its answer `{re, ok: true, value}` or
 * `{re, ok: false, kind, error, fields}`. `{nudge: id}` asks for nothing. Anything else that the kernel sends is news: `{news: name, ...}`.
 * Traits are never written from here: some kernels never acknowledge that, and the widget would stall.
 */

/**
 * @typedef {object} Channel the part of a widget model that is needed
 * @property {(content: any) => void} send
 * @property {(event: string, callback: (...args: any[]) => void) => void} on
 * @property {(event: string, callback: (...args: any[]) => void) => void} off
 */

/** What the kernel said instead of a value; `fields` maps form fields to what is wrong with each. */
export class KernelError extends Error {
  /**
   * @param {string} message
   * @param {string} kind name of the error's class in Python, or "Disconnected"
   * @param {Record<string, string>} fields
   */
  constructor(message, kind = "Disconnected", fields = {}) {
    super(message);
    this.name = "KernelError";
    this.kind = kind;
    this.fields = fields;
  }
}

const FIRST_NUDGE = 1500; // milliseconds
const LAST_NUDGE = 60_000;

const GONE = "The kernel that holds this experiment has been stopped or restarted. Run the cell again.";

/**
 * Connects to the widget's Python half.
 *
 * @param {Channel} model
 * @param {AbortSignal} [signal] ends the connection
 */
export function connect(model, signal) {
  // Answers reach every browser that shows the widget, so an id must be nobody else's.
  const me = Math.random().toString(36).slice(2, 10) + Date.now().toString(36);
  /** @type {Map<string, {resolve: (value: any) => void, reject: (error: KernelError) => void, timer: any}>} */
  const waiting = new Map();
  /** @type {Map<string, Set<(message: any, buffers?: DataView[]) => void>>} */
  const listeners = new Map();
  let count = 0;
  let gone = false;

  /**
   * @param {any} message
   * @param {DataView[]} [buffers]
   */
  const receive = (message, buffers) => {
    if (message && typeof message.news === "string") {
      for (const listener of listeners.get(message.news) ?? []) listener(message, buffers);
      return;
    }
    const call = waiting.get(message?.re);
    if (!call) return;
    waiting.delete(message.re);
    clearTimeout(call.timer);
    if (message.ok) call.resolve(message.value);
    else call.reject(new KernelError(String(message.error), String(message.kind), message.fields ?? {}));
  };

  const lose = () => {
    gone = true;
    for (const call of waiting.values()) {
      clearTimeout(call.timer);
      call.reject(new KernelError(GONE));
    }
    waiting.clear();
    for (const listener of listeners.get("gone") ?? []) listener({ news: "gone", error: GONE });
  };

  /**
   * Some kernels now and then leave a message unread until the next one comes: where an answer is late, send one.
   *
   * @param {string} id
   * @param {number} pause milliseconds
   */
  const nudge = (id, pause) => {
    const call = waiting.get(id);
    if (!call) return;
    call.timer = setTimeout(() => {
      model.send({ nudge: id });
      nudge(id, Math.min(2 * pause, LAST_NUDGE));
    }, pause);
  };

  model.on("msg:custom", receive);
  model.on("comm_live_update", lose);
  signal?.addEventListener("abort", () => {
    model.off("msg:custom", receive);
    model.off("comm_live_update", lose);
    lose();
  });

  return {
    /**
     * Asks the kernel; rejects with a KernelError. There is no time limit: a busy kernel answers when it is free.
     *
     * @param {string} method
     * @param {Record<string, unknown>} [params]
     * @returns {Promise<any>}
     */
    call(method, params = {}) {
      if (gone) return Promise.reject(new KernelError(GONE));
      const id = `${me}-${++count}`;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject, timer: undefined });
        model.send({ id, method, params });
        nudge(id, FIRST_NUDGE);
      });
    },

    /**
     * Calls back on news of that name; "gone" is the loss of the kernel, with an `error` that says so.
     *
     * @param {string} news
     * @param {(message: any, buffers?: DataView[]) => void} listener
     * @param {AbortSignal} [until]
     */
    on(news, listener, until) {
      const all = listeners.get(news) ?? new Set();
      listeners.set(news, all.add(listener));
      until?.addEventListener("abort", () => all.delete(listener));
    },
  };
}

/** @typedef {ReturnType<typeof connect>} Connection */
