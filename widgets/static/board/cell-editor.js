/**
 * A result edited in its cell: what is typed goes to the kernel on Enter, Tab or when the cell is left; Escape leaves it
 * as it was. A refusal stands below the cell, and nothing typed is lost by it.
 */

import { capitalize, h, setAttribute, setText, uid } from "../dom.js";

/**
 * @typedef {import("./store.js").Cell} Cell
 *
 * @typedef {object} Edit
 * @property {HTMLElement} cell
 * @property {string} label what a screen reader says
 * @property {string} text what is to be edited
 * @property {boolean} [fresh] whether the text was typed just now, and not selected to be typed over
 * @property {(text: string) => Promise<unknown>} send
 * @property {(step: number) => void} leave gives the focus to the cell so many places on
 */

/**
 * Edits the result in a cell of the table; those of a batch are edited in its form.
 *
 * @param {object} place
 * @param {import("./store.js").Row | undefined} place.row
 * @param {import("./columns.js").Column[]} place.columns
 * @param {string} place.key of the cell
 * @param {HTMLElement | undefined} place.cell
 * @param {string | null} place.typed what was typed already, in place of what is there
 * @param {(trial: number, metric: string, text: string) => Promise<unknown>} place.amend
 * @param {(trial: number, key: string) => void} place.go
 * @returns {boolean} whether there is something to edit
 */
export function editResult({ row, columns, key, cell, typed, amend, go }) {
  const results = columns.filter(({ kind }) => kind === "result");
  const column = results.find((each) => each.key === key);
  if (!column || !row || row.arms || !cell) return false;
  openEditor({
    cell,
    label: `${column.name} of trial ${row.trial}`,
    text: typed ?? editableText(row.results[column.at]),
    fresh: typed !== null,
    send: (text) => amend(row.trial, column.name, text),
    leave: (step) => go(row.trial, results[column.at + step]?.key ?? key),
  });
  return true;
}

/** @param {Cell | null | undefined} data */
function editableText(data) {
  return data ? (data.exact ?? `${data.text}${data.sem ? ` ± ${data.sem}` : ""}`) : "";
}

/** Pixels that a reason may need below its cell. */
const ROOM = 70;

/** @param {Edit} edit */
function openEditor({ cell, label, text, fresh, send, leave }) {
  if (cell.querySelector("input")) return;
  const reason = h("div", { class: "axnb-cell-reason", role: "alert", id: uid("reason") });
  const input = h("input", { type: "text", class: "axnb-cell-input", "aria-label": label, autocomplete: "off", spellcheck: "false", value: text });
  const before = fresh ? "" : text;
  let open = true;
  let busy = false;

  const close = () => {
    open = false;
    cell.classList.remove("axnb-editing");
    input.remove();
    reason.remove();
  };

  /** @param {number | null} step where to go then; null leaves the focus where it is */
  const commit = async (step) => {
    if (busy || !open) return;
    if (input.value.trim() !== before.trim()) {
      busy = true;
      setAttribute(input, "aria-busy", "true");
      try {
        await send(input.value);
      } catch (error) {
        setText(reason, capitalize(/** @type {Error} */ (error).message));
        setAttribute(input, "aria-invalid", "true");
        setAttribute(input, "aria-describedby", reason.id);
        if (step !== null) input.focus();
        return;
      } finally {
        busy = false;
        setAttribute(input, "aria-busy", null);
      }
    }
    close();
    if (step !== null) leave(step);
  };

  input.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the grid's keys are letters here
    if (event.key === "Escape") {
      close();
      leave(0);
    } else if (event.key === "Enter") commit(0);
    else if (event.key === "Tab") commit(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  });
  input.addEventListener("input", () => {
    setText(reason, "");
    setAttribute(input, "aria-invalid", null);
  });
  input.addEventListener("blur", () => commit(null));
  cell.classList.add("axnb-editing");
  const sight = cell.closest(".axnb-scroll")?.getBoundingClientRect();
  cell.classList.toggle("axnb-above", Boolean(sight && cell.getBoundingClientRect().bottom + ROOM > sight.bottom));
  cell.append(input, reason);
  input.focus();
  if (fresh) input.setSelectionRange(text.length, text.length);
  else input.select();
}
