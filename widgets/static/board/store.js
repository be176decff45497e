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
 * @property {string} [created] when, as an ISO date
 * @property {(Cell | null)[]} [predicted] what the model expected of each metric
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
 * @typedef {object} Arrangement which rows are shown and in which order
 * @property {string} sort
 * @property {boolean} descending
 * @property {string[]} statuses
 * @property {string} text
 * @property {Record<string, [number | null, number | null]>} ranges where an end is open it is null
 * @property {number | number[] | null} among how many trials were chosen one by one, or which
 *
 * @typedef {object} Layout the columns as a reader wants them
 * @property {string[]} hidden
 * @property {string[]} shown
 * @property {string[]} order
 * @property {Record<string, number>} widths
 * @property {string} panel
 *
 * @typedef {{low: number, high: number, bars: number[], kept: number[], log: boolean}} Histogram
 *
 * @typedef {{columns: boolean, trials: boolean, rows: Set<number>}} Difference what a view has to draw anew
 */

/** @type {Header} */
const EMPTY = { name: "", goal: "", best: "", counts: [], undo: "", redo: "", configured: true, kept: true, most: 1 };

/** @type {Arrangement} */
const PLAIN = { sort: "", descending: false, statuses: [], text: "", ranges: {}, among: null };

/** @type {Layout} */
const FIRST_LAYOUT = { hidden: [], shown: [], order: [], widths: {}, panel: "" };

const MOST = 300; // rows that are asked for at once

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
  let asking = false;
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
    /** The trials that are shown, in their order. @type {number[]} */
    trials: [],
    /** How many there are, shown or not. */
    total: 0,
    arrangement: PLAIN,
    layout: FIRST_LAYOUT,
    /** How the values of columns are spread. @type {Record<string, Histogram>} */
    histograms: {},
    loaded: false,
    /** Why there is nothing to show. */
    failure: "",

    /** @param {number} trial */
    row: (trial) => rows.get(trial),

    /**
     * Gets the rows of these trials that are not here yet, one message at a time; views are told when they come, and
     * ask again for what is in sight then.
     *
     * @param {number[]} trials
     */
    want(trials) {
      if (asking) return;
      const missing = trials.filter((trial) => !rows.has(trial)).slice(0, MOST);
      if (!missing.length) return;
      asking = true;
      connection.call("rows", { trials: missing }).then(
        (answer) => {
          asking = false;
          take(answer.rows, answer.version, missing.length);
        },
        () => (asking = false),
      );
    },

    /**
     * Shows other rows, or in another order.
     *
     * @param {Partial<Arrangement>} part what is to change
     */
    arrange: (part) => connection.call("arrange", { ...store.arrangement, ...part }),

    /**
     * Shows columns in another way.
     *
     * @param {Partial<Layout>} part what is to change
     */
    layOut: (part) => connection.call("lay_out", { layout: { ...store.layout, ...part } }),

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
   * @param {number} wanted how many were asked for
   */
  const take = (fresh, version, wanted) => {
    const late = version < store.version;
    const useful = version < complete ? [] : fresh.filter((row) => !late || !rows.has(row.trial));
    for (const row of useful) rows.set(row.trial, row);
    // Rows that never come are gone; those that came too early are asked for again.
    if (useful.length || version < complete) tell({ columns: false, trials: useful.length < wanted, rows: new Set(useful.map((row) => row.trial)) });
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
    store.total = news.total;
    store.arrangement = news.arrangement;
    store.histograms = news.columns ? news.histograms : { ...store.histograms, ...news.histograms };
    const arranged = news.layout && JSON.stringify(news.layout) !== JSON.stringify(store.layout);
    if (news.layout) store.layout = news.layout;
    const trials = news.spans ? expand(news.spans) : move(store.trials, news.moves);
    const moved = trials !== store.trials && !same(trials, store.trials);
    store.trials = trials;
    for (const row of news.rows ?? []) rows.set(row.trial, row);
    tell({
      columns: Boolean(news.columns || arranged),
      trials: moved || Boolean(news.stale),
      rows: new Set((news.rows ?? []).map((/** @type {Row} */ row) => row.trial)),
    });
  };

  connection.on("rows", receive, signal);
  return store;
}

/** @typedef {ReturnType<typeof createStore>} Store */

/**
 * Returns the numbers of spans, which rise or fall by one.
 *
 * @example expand([[2, 0], [5, 6]]) is [2, 1, 0, 5, 6]
 *
 * @param {[number, number][]} spans
 */
export function expand(spans) {
  const trials = [];
  for (const [first, last] of spans) {
    const step = last < first ? -1 : 1;
    for (let trial = first; trial !== last + step; trial += step) trials.push(trial);
  }
  return trials;
}

/**
 * Returns an order from which some trials are taken out, and into which some are put at their places.
 *
 * @example move([3, 2, 1], { out: [1], put: [[0, 1]] }) is [1, 3, 2]
 *
 * @param {number[]} trials
 * @param {{out: number[], put: [number, number][]}} [moves] the places in rising order
 */
export function move(trials, moves) {
  if (!moves) return trials;
  const out = new Set(moves.out);
  const kept = trials.filter((trial) => !out.has(trial));
  for (const [place, trial] of moves.put) kept.splice(place, 0, trial);
  return kept;
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function same(a, b) {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
