/** The board's icons: a shape for each status, so that colour is never the only sign; lines on a 16 by 16 grid. */

/** @type {Record<string, string>} */
export const STATUS = {
  candidate: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11Z",
  staged: "M8 2.5 13.5 8 8 13.5 2.5 8Z",
  running: "M5 3v10l8-5Z",
  completed: "M3 8.5 6.5 12 13 4.5",
  failed: "M4 4l8 8M12 4l-8 8",
  abandoned: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM4.2 4.2l7.6 7.6",
  dispatched: "M3 8h9M8.5 4.5 12 8l-3.5 3.5",
  early_stopped: "M4 4h8v8H4Z",
  stale: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 5v3.2l2.2 1.6",
};

/** @type {Record<string, string>} */
export const ICONS = {
  best: "M8 1.8l1.9 4 4.4.6-3.2 3 .8 4.3L8 11.6l-3.9 2.1.8-4.3-3.2-3 4.4-.6Z",
  add: "M8 3v10M3 8h10",
  undo: "M6 3.5 3 6.5l3 3M3 6.5h6.5a3.5 3.5 0 0 1 0 7H7",
  redo: "M10 3.5l3 3-3 3M13 6.5H6.5a3.5 3.5 0 0 0 0 7H9",
  up: "M4 10l4-4 4 4",
  down: "M4 6l4 4 4-4",
  columns: "M2.5 3h11v10h-11ZM6.2 3v10M9.8 3v10",
  copy: "M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3",
  download: "M8 2.5v7M5 7l3 3 3-3M3 13.5h10",
  upload: "M8 10V3M5 5.5l3-3 3 3M3 13.5h10",
  history: "M8 4.5V8l2.5 1.5M2.8 6.2A5.5 5.5 0 1 1 2.5 8M2.5 3v3.2h3.2",
  help: "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5M8 12v.1",
  panel: "M2.5 3h11v10h-11ZM9.5 3v10",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
  print: "M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7Z",
  close: "M4 4l8 8M12 4l-8 8",
  save: "M3 2.5h8l2.5 2.5v8.5H3ZM5.5 2.5v3.5h5v-3.5M5 13.5v-4h6v4",
  note: "M3.5 2.5h6l3 3v8h-9ZM6 7.5h4M6 10.5h4",
  alert: "M8 2 14.5 13.5h-13ZM8 6.5v3.2M8 11.7v.1",
  complete: "M3 8.5 6.5 12 13 4.5",
  fail: "M4 4l8 8M12 4l-8 8",
  abandon: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM4.2 4.2l7.6 7.6",
};
