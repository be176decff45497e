/**
 * Modules that the kernel holds: each is loaded once a page, whichever card asks first, and kept for all.
 */

/** Milliseconds after which another card asks as well: the first one's kernel may be busy or gone. */
const PATIENCE = 8000;

/**
 * Returns a module; waits for as long as it takes.
 *
 * @param {string} name
 * @param {any} model a widget whose kernel has it
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export function load(name, model, signal) {
  const page = /** @type {any} */ (globalThis);
  const modules = (page.__axnb_modules ??= {});
  const entry = (modules[name] ??= newEntry());
  if (entry.loaded) return entry.promise;

  let mine = false;
  const ask = () => {
    if (Date.now() - entry.asked < PATIENCE) return;
    entry.asked = Date.now();
    mine = true;
    model.send({ id: `module-${entry.asked}`, method: "module", params: { name } });
  };
  /** @param {any} message @param {DataView[]} buffers */
  const receive = async (message, buffers) => {
    if (message?.news !== "module" || message.name !== name || !buffers?.[0] || entry.come) return;
    entry.come = true;
    try {
      entry.resolve(await unpack(buffers[0]));
    } catch (error) {
      entry.come = false;
      console.warn(`axnb: ${name} could not be loaded:`, error);
    }
  };
  const stop = () => {
    model.off("msg:custom", receive);
    clearInterval(timer);
    if (mine && !entry.loaded) entry.asked = -Infinity;
  };
  const timer = setInterval(ask, PATIENCE / 4);
  model.on("msg:custom", receive);
  signal.addEventListener("abort", stop);
  ask();
  return entry.promise.finally(stop);
}

function newEntry() {
  /** @type {any} */
  const entry = { asked: -Infinity, come: false, loaded: false };
  entry.promise = new Promise((resolve) => {
    entry.resolve = (/** @type {any} */ module) => {
      entry.loaded = true;
      resolve(module);
    };
  });
  return entry;
}

/**
 * Makes a module of gzipped source.
 *
 * @param {DataView} bytes
 */
async function unpack(bytes) {
  const packed = new Blob([/** @type {BlobPart} */ (bytes)]).stream();
  const source = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}
