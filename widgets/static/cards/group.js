/**
 * Several live cards under one title: as tabs, or side by side where there are few. A member is made when it is first shown,
 * and stays as it is while others come and go.
 */

import { h, keepKeys, setAttribute, setText, uid } from "../dom.js";
import { hideStandIn } from "../stand-in.js";
import { followTheme } from "../theme.js";

/**
 * @typedef {object} Place
 * @property {HTMLElement} panel
 * @property {HTMLButtonElement} tab
 * @property {boolean} made
 * @property {AbortController} end
 */

/**
 * @param {{model: any, el: HTMLElement, signal: AbortSignal, host: {getWidget: (ref: string) => Promise<any>}}} context
 */
async function render({ model, el, signal, host }) {
  const heading = h("h2");
  const sentence = h("p");
  const tabs = h("div", { class: "axnb-tabs", role: "tablist", onkeydown: (event) => steer(event) });
  const panels = h("div", { class: "axnb-members" });
  const root = h("section", { class: "axnb axnb-group" }, h("header", {}, heading, sentence), tabs, panels);
  hideStandIn(el, signal);
  el.append(root);
  followTheme(root, signal);
  keepKeys(tabs, signal);

  /** @type {Map<string, Place>} members by reference, in order */
  let places = new Map();
  /** @type {string | undefined} */
  let chosen;

  /** @param {string} member @returns {Place} */
  const newPlace = (member) => {
    const panel = h("div", { id: uid("panel"), class: "axnb-member" });
    const tab = h("button", { type: "button", role: "tab", id: uid("tab"), "aria-controls": panel.id, onclick: () => select(member) });
    const end = new AbortController();
    signal.addEventListener("abort", () => end.abort(), { signal: end.signal });
    return { panel, tab, made: false, end };
  };

  /** @param {string} member */
  const make = async (member) => {
    const place = places.get(member);
    if (!place || place.made) return;
    place.made = true;
    const widget = await host.getWidget(member);
    if (!place.end.signal.aborted) await widget.render({ el: place.panel, signal: place.end.signal });
  };

  /** @param {string | undefined} member */
  const select = (member) => {
    chosen = member;
    const tabbed = root.dataset.arrangement === "tabs";
    const shown = [];
    for (const [name, { panel, tab }] of places) {
      const mine = name === chosen;
      setAttribute(tab, "aria-selected", String(mine));
      tab.tabIndex = mine ? 0 : -1;
      panel.hidden = tabbed && !mine;
      setAttribute(panel, "role", tabbed && "tabpanel");
      setAttribute(panel, "aria-labelledby", tabbed && tab.id);
      if (!panel.hidden) shown.push(make(name));
    }
    return Promise.all(shown);
  };

  /** @param {KeyboardEvent} event */
  const steer = (event) => {
    const names = [...places.keys()];
    const at = names.findIndex((name) => places.get(name)?.tab === event.target);
    const moves = /** @type {Record<string, number>} */ ({ ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 });
    const goal = moves[event.key];
    if (goal === undefined || at < 0) return;
    event.preventDefault();
    const name = names[(goal + names.length) % names.length];
    select(name);
    places.get(name ?? "")?.tab.focus();
  };

  const update = () => {
    /** @type {{title: string, subtitle: string, titles: string[], tabbed: boolean}} */
    const { title, subtitle, titles, tabbed } = model.get("face");
    /** @type {string[]} */
    const members = model.get("members");
    const before = [...places.keys()];
    const now = new Map(members.map((member) => [member, places.get(member) ?? newPlace(member)]));
    for (const [name, place] of places) {
      if (now.has(name)) continue;
      place.end.abort();
      place.panel.remove();
      place.tab.remove();
    }
    places = now;
    if (before.join() !== members.join()) arrange();
    setText(heading, title);
    heading.hidden = !title;
    setText(sentence, subtitle);
    sentence.hidden = !subtitle;
    setAttribute(root, "aria-label", title || titles[0]);
    setAttribute(root, "data-arrangement", tabbed ? "tabs" : "grid");
    tabs.hidden = !tabbed;
    members.forEach((member, i) => {
      const tab = /** @type {Place} */ (places.get(member)).tab;
      setText(tab, titles[i] ?? `Card ${i + 1}`);
      setAttribute(tab, "title", titles[i]);
    });
    if (chosen !== undefined && places.has(chosen)) return select(chosen);
    return select(members[Math.min(Math.max(before.indexOf(chosen ?? ""), 0), members.length - 1)]);
  };

  /** Puts panels and tabs in order, moving only those that stand elsewhere: what is moved loses its place on the page. */
  const arrange = () => {
    for (const [parent, part] of /** @type {[HTMLElement, "panel" | "tab"][]} */ ([[panels, "panel"], [tabs, "tab"]])) {
      [...places.values()].forEach((place, i) => {
        if (parent.children[i] !== place[part]) parent.insertBefore(place[part], parent.children[i] ?? null);
      });
    }
  };

  for (const name of ["change:face", "change:members"]) model.on(name, update);
  await update();
}

export default { render };
