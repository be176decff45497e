/**
 * The trials that stand behind the marks of a picture: `customdata` holds the number of each. Which were clicked or
 * brushed, and how those that are selected are lit up. Knows nothing of messages.
 */

const FAINT = 0.22; // opacity of what is not selected

/** Whether a trace's marks are trials. @param {any} trace */
const hasTrials = (trace) => Array.isArray(trace?.customdata) && Number.isInteger(trace.customdata[0]);

/** Whether any mark of a picture is a trial. @param {any[]} data */
export const showsTrials = (data) => data.some(hasTrials);

/**
 * @param {{customdata?: any}[] | undefined} points of an event
 * @returns {number[]}
 */
export function trialsOf(points) {
  return [...new Set((points ?? []).map(({ customdata }) => customdata).filter(Number.isInteger))];
}

/**
 * Lights up the selected trials in every trace; where none is selected, or none is in the picture, all are as they were.
 *
 * @param {any[]} data
 * @param {Set<number>} selected
 * @param {string} accent a colour
 */
export function lightUp(data, selected, accent) {
  const traces = data.filter(hasTrials);
  if (!traces.some((trace) => trace.customdata.some((/** @type {number} */ trial) => selected.has(trial)))) return;
  for (const trace of traces) {
    const chosen = trace.customdata.map((/** @type {number} */ trial) => selected.has(trial));
    if (trace.type === "parcoords") {
      if (brushedTrials(trace)) continue; // plotly greys the others itself
      const scale = [[0, "rgba(128,128,128,0.16)"], [1, accent]];
      trace.line = { color: chosen.map(Number), cmin: 0, cmax: 1, colorscale: scale, showscale: false };
      continue;
    }
    trace.selectedpoints = chosen.flatMap((/** @type {boolean} */ is, /** @type {number} */ at) => (is ? [at] : []));
    trace.selected = { marker: { opacity: 1, color: accent } };
    trace.unselected = { marker: { opacity: FAINT } };
  }
}

/**
 * The trials whose lines pass through every brush of parallel coordinates; null where there is no brush.
 *
 * @param {any} trace as plotly completed it
 * @returns {number[] | null}
 */
export function brushedTrials(trace) {
  const brushes = (trace?.dimensions ?? []).filter((/** @type {any} */ each) => each.constraintrange?.length);
  if (!brushes.length) return null;
  return trace.customdata.filter((/** @type {number} */ _, /** @type {number} */ at) =>
    brushes.every((/** @type {any} */ { values, constraintrange }) => rangesOf(constraintrange).some(([low, high]) => values[at] >= low && values[at] <= high)),
  );
}

/**
 * @param {any} constraint one range or several
 * @returns {[number, number][]}
 */
function rangesOf(constraint) {
  return Array.isArray(constraint[0]) ? constraint : [constraint];
}
