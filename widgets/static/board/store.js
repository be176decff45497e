/**
 * What the page knows of an experiment: all trial numbers, the rows that were looked at, and how to get the others.
 * One store serves every view of a board.
 */

import { connect } from "../rpc.js";

/**
 * @typedef {{text: string, exact?: string, sem?: string, span?: boolean, broken?: string}} Cell what constraint it breaks; a span is what the arms of a batch reach over
 * @typedef {{name: string, values: (Cell | null)[], results: (Cell | null)[]}} Arm
 * @typedef {"complete" | "fail" | "abandon"} Action
 * @typedef {object} Row
 * @property {number} trial
 * @property {string} status
 * @property {string} word the status as a word
 * @property {string} origin
 * @property {string} best what is said of it if it is among the best
 * @property {(Cell | null)[]} values
 * @property {(Cell | null)[]} results
 * @property {string} reason
 * @property {string} note
 * @property {Action[]} actions what can be done with it now
 * @property {Arm[]} [arms] of a batch
 *
 * @typedef {object} ParameterColumn
 * @property {string} name
 * @property {string} note
 * @property {boolean} number
 * @property {"number" | "choice" | "fixed"} control
 * @property {boolean} [whole]
 * @property {string} [hint]
 * @property {string[]} [options]
 * @property {string} [text]
 *
 * @typedef {{name: string, note: string, needed: boolean}} MetricColumn
 * @typedef {{parameters: ParameterColumn[], metrics: MetricColumn[]}} Columns
 *
 * @typedef {object} Header
 * @property {string} name
 * @property {string} goal
 * @property {string} best
 * @property {{status: string, word: string, count: number}[]} counts
 * @property {string} undo
 * @property {string} redo
 * @property {boolean} configured
 * @property {boolean} kept whether a storage has it
 * @property {number} most how many trials may be suggested at once
 *
 * @typedef {{columns: boolean, trials: boolean, rows: Set<number>}} Difference what a view has to draw anew
 */

const CHUNK = 100;

/** @type {Header} */
const EMPTY = { name: "", goal: "", best: "", counts: [], undo: "", redo: "", configured: true, kept: true, most: 1 };

/**
 * @param {import("../rpc.js").Channel} model
 * @param {AbortSignal} [signal]
 */
export function createStore(model, signal) {
  const connection = connect(model, signal);
  /** @type {Set<(difference: Difference) => void>} */
  const views = new Set();
  /** @type {Map<number, Row>} */
  const rows = new Map();
  /** @type {Set<number>} */
  const asked = new Set();
  /** News that came before the state that they change. @type {any[]} */
  const early = [];
  /** Rows of an older version than this may lack a change that was too large to be sent. */
  let complete = -1;

  const store = {
    connection,
    version: -1,
    header: EMPTY,
    /** @type {Columns} */
    columns: { parameters: [], metrics: [] },
    /** Longest text, fraction and standard error of each column of values and results. @type {number[][]} */
    extents: [],
    /** All trial numbers, newest first. @type {number[]} */
    trials: [],
    loaded: false,
    /** Why there is nothing to show. */
    failure: "",

    /** @param {number} trial */
    row: (trial) => rows.get(trial),

    /**
     * Gets the rows of these trials that are not here yet; views are told when they come.
     *
     * @param {number[]} trials
     */
    want(trials) {
      for (const trial of trials) {
        const first = Math.floor(trial / CHUNK) * CHUNK;
        if (rows.has(trial) || asked.has(first)) continue;
        asked.add(first);
        connection.call("rows", { first, last: first + CHUNK - 1 }).then(
          (answer) => {
            asked.delete(first);
            take(answer.rows, answer.version);
          },
          () => asked.delete(first),
        );
      }
    },

    /**
     * @param {(difference: Difference) => void} view
     * @param {AbortSignal} [until]
     */
    watch(view, until) {
      views.add(view);
      until?.addEventListener("abort", () => views.delete(view));
    },

    load() {
      return connection.call("state").then(
        (state) => {
          store.loaded = true;
          store.failure = "";
          receive(state);
          for (const news of early.splice(0)) receive(news);
        },
        (error) => {
          store.failure = error.message;
          tell({ columns: true, trials: true, rows: new Set() });
        },
      );
    },
  };

  /** @param {Difference} difference */
  const tell = (difference) => {
    for (const view of views) view(difference);
  };

  /**
   * Takes rows that were asked for, unless news have overtaken them.
   *
   * @param {Row[]} fresh
   * @param {number} version
   */
  const take = (fresh, version) => {
    const late = version < store.version;
    const useful = version < complete ? [] : fresh.filter((row) => !late || !rows.has(row.trial));
    for (const row of useful) rows.set(row.trial, row);
    tell({ columns: false, trials: useful.length < fresh.length, rows: new Set(useful.map((row) => row.trial)) });
  };

  /** @param {any} news the whole state, or what changed since the last news */
  const receive = (news) => {
    if (!store.loaded) {
      early.push(news);
      return;
    }
    if (news.version < store.version) return;
    store.version = news.version;
    store.header = news.header;
    store.extents = news.extents;
    if (news.columns) store.columns = news.columns;
    if (news.columns || news.stale) {
      rows.clear();
      complete = news.version;
    }
    const trials = expand(news.spans);
    const moved = !same(trials, store.trials);
    store.trials = trials;
    for (const row of news.rows) rows.set(row.trial, row);
    if (moved) {
      const present = new Set(trials);
      for (const trial of rows.keys()) if (!present.has(trial)) rows.delete(trial);
    }
    tell({
      columns: Boolean(news.columns),
      trials: moved || Boolean(news.stale),
      rows: new Set(news.rows.map((/** @type {Row} */ row) => row.trial)),
    });
  };

  connection.on("rows", receive, signal);
  return store;
}

/** @typedef {ReturnType<typeof createStore>} Store */

/**
 * Returns the trial numbers of spans, newest first.
 *
 * @param {[number, number][]} spans
 */
export function expand(spans) {
  const trials = [];
  for (const [first, last] of [...spans].reverse()) for (let trial = last; trial >= first; trial--) trials.push(trial);
  return trials;
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function same(a, b) {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
