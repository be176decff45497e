/**
 * Several live cards under one title: as tabs, or side by side where there are few. A member is made when it is first shown.
 */

import { h, keepKeys, setAttribute, setText, uid } from "./dom.js";
import { hideStandIn } from "./stand-in.js";
import { followTheme } from "./theme.js";

/**
 * @param {{model: any, el: HTMLElement, signal: AbortSignal, host: {getWidget: (ref: string) => Promise<any>}}} context
 */
async function render({ model, el, signal, host }) {
  /** @type {{title: string, subtitle: string, titles: string[], tabbed: boolean}} */
  const { title, subtitle, titles, tabbed } = model.get("face");
  /** @type {string[]} */
  const members = model.get("members");
  const root = h("section", { class: "axnb axnb-group", "aria-label": title, "data-arrangement": tabbed ? "tabs" : "grid" });
  const panels = members.map(() => h("div", { id: uid("panel"), class: "axnb-member" }));
  const sentence = h("p", { hidden: !subtitle }, subtitle);
  const head = h("header", {}, h("h2", {}, title), sentence);
  model.on("change:face", () => {
    setText(sentence, model.get("face").subtitle);
    sentence.hidden = !model.get("face").subtitle;
  });
  root.append(head, h("div", { class: "axnb-members" }, ...panels));
  hideStandIn(el, signal);
  el.append(root);
  followTheme(root, signal);

  /** @type {Set<number>} */
  const made = new Set();
  /** @param {number} i */
  const make = async (i) => {
    const panel = panels[i];
    const member = members[i];
    if (made.has(i) || !panel || !member) return;
    made.add(i);
    const widget = await host.getWidget(member);
    if (!signal.aborted) await widget.render({ el: panel, signal });
  };

  if (!tabbed) {
    await Promise.all(members.map((_, i) => make(i)));
    return;
  }
  const tabs = newTabs(titles, panels, make);
  head.after(tabs);
  keepKeys(tabs, signal);
}

/**
 * @param {string[]} titles
 * @param {HTMLElement[]} panels
 * @param {(i: number) => Promise<void>} make
 */
function newTabs(titles, panels, make) {
  const tabs = panels.map((panel, i) => {
    const tab = h("button", { type: "button", role: "tab", id: uid("tab"), "aria-controls": panel.id, title: titles[i] });
    tab.append(titles[i] ?? `Card ${i + 1}`);
    setAttribute(panel, "role", "tabpanel");
    setAttribute(panel, "aria-labelledby", tab.id);
    tab.addEventListener("click", () => select(i));
    return tab;
  });
  /** @param {number} chosen */
  const select = (chosen) => {
    tabs.forEach((tab, i) => {
      setAttribute(tab, "aria-selected", String(i === chosen));
      tab.tabIndex = i === chosen ? 0 : -1;
    });
    panels.forEach((panel, i) => (panel.hidden = i !== chosen));
    make(chosen);
  };
  /** @param {KeyboardEvent} event */
  const steer = (event) => {
    const at = tabs.findIndex((tab) => tab === event.target);
    const moves = /** @type {Record<string, number>} */ ({ ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 });
    const goal = moves[event.key];
    if (goal === undefined || at < 0) return;
    event.preventDefault();
    const chosen = (goal + tabs.length) % tabs.length;
    select(chosen);
    tabs[chosen]?.focus();
  };
  select(0);
  return h("div", { class: "axnb-tabs", role: "tablist", onkeydown: steer }, ...tabs);
}

export default { render };
