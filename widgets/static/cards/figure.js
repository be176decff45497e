/**
 * The picture of a card: a still one at once, plotly's when it has arrived. Both fill the same box.
 */

import { fitAxes, fitNames, keepAxes, keepReading, neutral, overflows, recoloured, recolouring, visibleLines } from "./text.js";
import { brushedTrials, lightUp, showsTrials, trialsOf } from "./marks.js";
import { h, setAttribute } from "../dom.js";
import { colours } from "../theme.js";

const COLOUR_BAR = 90; // pixels beside parallel coordinates

// The same objects every time: with another one plotly would start anew and forget a zoom.
const CONFIG = {
  displaylogo: false,
  displayModeBar: "hover",
  typesetMath: false, // names with dollar signs are names
  showSendToCloud: false, // nothing leaves the machine
  plotlyServerURL: "",
  topojsonURL: "",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "toImage"],
};
const WITH_TRIALS = { ...CONFIG, modeBarButtonsToRemove: ["autoScale2d", "toImage"] };

/**
 * @typedef {object} Themes
 * @property {any} light a plotly template
 * @property {any} dark
 * @property {[string, string][]} pairs colours of the light theme with those of the dark one
 */

/**
 * @param {object} options
 * @param {HTMLElement} options.root the card, marked with its theme
 * @param {HTMLElement} options.plot what plotly draws in
 * @param {Themes} options.themes
 * @param {HTMLElement} options.overlay what lies over the picture
 * @param {() => void} options.arranged called when the axes may lie elsewhere
 * @param {(mark: string) => void} options.clicked called with the id of a mark that was clicked
 * @param {(trials: number[] | null, brushed: boolean) => void} options.picked called with the trials whose marks were clicked or brushed; null where a brush was taken away
 * @param {(ticket: number, draft: boolean) => void} options.painted
 * @param {(error: Error) => void} options.failed
 * @param {AbortSignal} options.signal
 */
export function newFigure({ root, plot, themes, overlay, arranged, clicked, picked, painted, failed, signal }) {
  const still = h("img", { class: "axnb-still", alt: "", draggable: "false" });
  const element = h("div", { class: "axnb-figure", role: "img" }, still, plot, overlay);
  /** @type {any} */
  let library;
  /** @type {{json: string, ticket: number, draft: boolean} | undefined} */
  let figure;
  let svg = "";
  let height = 0;
  let width = 0;
  let painting = false;
  let again = false;
  /** @type {string[][]} */
  let axes = []; // of parallel coordinates, as the picture came
  /** @type {Set<number>} */
  let selected = new Set(); // trials
  let lit = 0; // how often another selection was shown

  const toDark = recolouring(themes.pairs);
  const isDark = () => root.dataset.axnbTheme === "dark";
  const isLive = () => "axnbLive" in element.dataset;

  /** Pixels for a title below the plot; known once something is painted. */
  const room = () => {
    const size = /** @type {any} */ (plot)._fullLayout?._size;
    return size ? 2 * Math.min(size.l + size.w / 2, size.r + size.w / 2) : width;
  };

  /** @param {number} titleRoom */
  const dressed = (titleRoom) => {
    const { data = [], layout = {} } = neutral(JSON.parse(figure?.json ?? "{}"));
    if (isDark()) {
      for (const part of [data, layout]) recoloured(part, toDark);
      visibleLines(data);
    }
    layout.template ??= ownTemplate();
    layout.selectionrevision = lit;
    layout.width = Math.min(layout.width ?? Infinity, width);
    layout.height = height;
    keepReading(layout);
    axes = keepAxes(data, /** @type {any} */ (plot).data ?? [], axes);
    lightUp(data, selected, colours(element, ["accent"]).accent ?? "");
    const { l = 80, r = 80 } = layout.margin ?? {};
    fitNames(data, layout.width - l - r - COLOUR_BAR);
    fitAxes(layout, titleRoom);
    return { data, layout };
  };

  const ownTemplate = () => {
    const template = structuredClone(themes[isDark() ? "dark" : "light"]);
    const { bg, fg, line, muted, accent } = colours(element, ["bg", "fg", "line", "muted", "accent"]);
    const paper = bg ? { paper_bgcolor: bg, plot_bgcolor: bg } : {};
    const hoverlabel = { bgcolor: bg, bordercolor: line, font: { color: fg } };
    const modebar = { bgcolor: "rgba(0,0,0,0)", color: muted, activecolor: accent };
    template.layout = { ...template.layout, ...paper, modebar, hoverlabel };
    return template;
  };

  const paint = async () => {
    if (!library || !figure || !width || signal.aborted) return;
    again = true;
    if (painting) return;
    painting = true;
    try {
      while (again && !signal.aborted) {
        again = false;
        const { ticket, draft } = figure;
        const fitted = room();
        const { data, layout } = dressed(fitted);
        await library.react(plot, data, layout, showsTrials(data) ? WITH_TRIALS : CONFIG);
        again ||= room() < fitted && overflows(layout, room());
        if (!isLive()) listen();
        element.dataset.axnbLive = "";
        arranged();
        painted(ticket, draft);
      }
    } catch (error) {
      failed(new Error(`The picture could not be drawn: ${/** @type {Error} */ (error).message}`));
    } finally {
      painting = false;
    }
  };

  /** Hears what a reader does in the picture. */
  const listen = () => {
    const on = /** @type {any} */ (plot).on;
    if (!on) return;
    /** @param {any} event */
    const idOf = (event) => event?.points?.find((/** @type {any} */ point) => point.id)?.id;
    on("plotly_click", (/** @type {any} */ event) => {
      const trials = trialsOf(event?.points);
      if (idOf(event)) clicked(idOf(event));
      else if (trials.length) picked(trials, false);
    });
    on("plotly_selected", (/** @type {any} */ event) => event && picked(trialsOf(event.points), true));
    on("plotly_deselect", () => picked(null, true));
    on("plotly_restyle", () => {
      const [trace] = /** @type {any} */ (plot)._fullData ?? [];
      if (trace?.type === "parcoords" && showsTrials([trace])) picked(brushedTrials(trace), true);
    });
    on("plotly_hover", (/** @type {any} */ event) => setAttribute(element, "data-axnb-leads", Boolean(idOf(event) || trialsOf(event?.points).length)));
    on("plotly_unhover", () => setAttribute(element, "data-axnb-leads", false));
    for (const name of ["plotly_relayout", "plotly_relayouting"]) on(name, arranged);
  };

  /** @param {"png" | "svg"} format */
  const save = (format) => {
    const filename = (element.getAttribute("data-name") || "card").replace(/[^\w.-]+/g, "-");
    return library?.downloadImage(plot, { format, filename, width, height, scale: format === "png" ? 2 : 1 });
  };

  const showStill = () => {
    const text = isDark() ? toDark(svg) : svg;
    if (svg) still.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    still.hidden = !svg;
  };

  const measure = () => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    paint();
  };
  const observer = globalThis.ResizeObserver && new ResizeObserver(measure);
  observer?.observe(element);
  signal.addEventListener("abort", () => {
    observer?.disconnect();
    library?.purge(plot);
  });

  return {
    element,
    save,
    /** @param {any} plotly */
    use(plotly) {
      library = plotly;
      measure();
      return paint();
    },
    /** @param {string} picture an SVG document */
    stand(picture) {
      svg = picture;
      if (!isLive()) showStill();
    },
    /**
     * @param {{subtitle: string, name: string, height: number}} face
     */
    label(face) {
      height = face.height;
      element.hidden = !height;
      element.style.height = `${height}px`;
      setAttribute(element, "aria-label", face.subtitle);
      setAttribute(element, "data-name", face.name);
    },
    /**
     * @param {DataView} bytes the figure as JSON
     * @param {number} ticket
     * @param {boolean} draft
     */
    show(bytes, ticket, draft) {
      figure = { json: new TextDecoder().decode(bytes), ticket, draft };
      measure();
      return paint();
    },
    /** @param {number[]} trials */
    select(trials) {
      selected = new Set(trials);
      lit += 1;
      return paint();
    },
    /** Paints again, for another theme. */
    repaint() {
      if (!isLive()) showStill();
      return paint();
    },
  };
}
