/**
 * Light or dark, and the colours of the page. The colours themselves are in theme.css, as `--axnb-...` variables.
 */

/**
 * Says whether the page around an element is dark, by the colour that is really behind it.
 *
 * @param {Element} element
 * @returns {boolean}
 */
export function isDark(element) {
  const marked = element.ownerDocument.body?.dataset;
  if (marked?.jpThemeLight) return marked.jpThemeLight === "false";
  if (marked?.vscodeThemeKind) return marked.vscodeThemeKind.includes("dark");
  const channels = getComputedStyle(element).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [255, 255, 255];
  const [red = 255, green = 255, blue = 255, alpha = 1] = channels;
  if (alpha === 0) return globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false;
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

/**
 * Reads colours that a picture needs, as CSS colours.
 *
 * @param {Element} element inside an element of class `axnb`
 * @param {string[]} names without the leading `--axnb-`
 * @returns {Record<string, string>}
 */
export function colours(element, names) {
  const style = getComputedStyle(element);
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--axnb-${name}`).trim()]));
}

/**
 * Marks the root of a widget `data-axnb-theme="light"` or `"dark"`, now and whenever the page's theme changes.
 *
 * @param {HTMLElement} root
 * @param {AbortSignal} [signal]
 * @param {(dark: boolean) => void} [changed] called after each change, not for the first marking
 */
export function followTheme(root, signal, changed) {
  const mark = () => {
    const theme = isDark(root) ? "dark" : "light";
    if (root.dataset.axnbTheme === theme) return;
    const first = root.dataset.axnbTheme === undefined;
    root.dataset.axnbTheme = theme;
    if (!first) changed?.(theme === "dark");
  };
  mark();
  const observer = new MutationObserver(mark);
  const attributeFilter = ["data-jp-theme-light", "data-jp-theme-name", "data-vscode-theme-kind", "class", "data-theme"];
  observer.observe(document.body, { attributes: true, attributeFilter });
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
  const preference = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  preference?.addEventListener?.("change", mark);
  signal?.addEventListener("abort", () => {
    observer.disconnect();
    preference?.removeEventListener?.("change", mark);
  });
}
