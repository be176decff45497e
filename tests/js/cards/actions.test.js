import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { newActions } from "../../../widgets/static/cards/actions.js";
import { click, page, settle } from "../page.js";

const EVIL = "<img src=x onerror=alert(1)>";
const body = page();
beforeEach(() => body.replaceChildren());

const action = (more = {}) => ({ mark: "m1", label: `Make ${EVIL}`, done: "", ...more });
const links = [
  { mark: "a", label: "heat", hint: "Show loss along heat" },
  { mark: "b", label: EVIL, hint: EVIL },
];

/** Buttons of a card, with a kernel that answers when it is told to. */
function shown(face) {
  const asked = [];
  const opened = [];
  const failures = [];
  const actions = newActions({
    act: (mark) => new Promise((resolve, reject) => asked.push({ mark, resolve, reject })),
    open: async (mark) => {
      if (mark === "b") throw new Error("gone");
      opened.push(mark);
    },
    failed: (error) => failures.push(error.message),
  });
  body.append(actions.back, actions.ways, actions.doings);
  actions.update(face);
  actions.enable(true);
  const deed = () => actions.doings.querySelector("button");
  const said = () => actions.doings.querySelector("[role=status]");
  return { actions, asked, opened, failures, deed, said };
}

test("an action is a button that says afterwards what came of it", async () => {
  const { asked, deed, said } = shown({ actions: [action()] });
  assert.equal(deed().textContent, `Make ${EVIL}`);
  click(deed());
  asked[0].resolve(`This is trial 12 ${EVIL}.`);
  await settle();
  assert.equal(said().textContent, `This is trial 12 ${EVIL}.`);
  assert.equal(body.querySelector("img"), null);
  assert.equal(deed().getAttribute("aria-disabled"), "true");
});

test("two clicks ask once, before the answer and after it", async () => {
  const { asked, deed } = shown({ actions: [action()] });
  click(deed());
  click(deed());
  assert.equal(deed().getAttribute("aria-busy"), "true");
  asked[0].resolve("Done.");
  await settle();
  click(deed());
  assert.equal(asked.length, 1);
});

test("a refusal is said beside the button, which works again", async () => {
  const { asked, deed, said } = shown({ actions: [action()] });
  click(deed());
  asked[0].reject(new Error("temperature 999 is above 260."));
  await settle();
  assert.equal(said().textContent, "temperature 999 is above 260.");
  assert.ok(said().classList.contains("axnb-bad"));
  click(deed());
  assert.equal(asked.length, 2);
  assert.equal(said().textContent, "");
});

test("what was pressed while a picture is on its way is done for the point that comes", () => {
  const { actions, asked, deed } = shown({ actions: [action()] });
  actions.wait(true);
  click(deed());
  assert.equal(asked.length, 0);
  actions.update({ actions: [action({ mark: "m2" })] });
  actions.wait(false);
  assert.deepEqual(asked.map(({ mark }) => mark), ["m2"]);
});

test("what was pressed is forgotten when the picture does not come", () => {
  const { actions, asked, deed } = shown({ actions: [action()] });
  actions.wait(true);
  click(deed());
  actions.drop();
  actions.wait(false);
  assert.equal(asked.length, 0);
});

test("another point makes the same button, with the focus, new", async () => {
  const { actions, asked, deed, said } = shown({ actions: [action({ done: "This is trial 3." })] });
  deed().focus();
  assert.equal(said().textContent, "This is trial 3.");
  click(deed());
  assert.equal(asked.length, 0);
  actions.update({ actions: [action({ mark: "m2" })] });
  assert.equal(document.activeElement, deed());
  assert.deepEqual([said().textContent, deed().getAttribute("aria-disabled")], ["", null]);
  actions.update({ actions: [] });
  assert.ok(actions.doings.hidden);
});

test("without a kernel nothing can be pressed", () => {
  const { actions, asked, opened, deed } = shown({ actions: [action()], links, back: "Loss" });
  actions.enable(false);
  click(deed());
  actions.clicked("a");
  assert.ok([...body.querySelectorAll(".axnb-way, .axnb-back")].every((button) => button.disabled));
  assert.deepEqual([asked.length, opened.length], [0, 0]);
});

test("a link and a click on its mark lead to the same place; other marks nowhere", async () => {
  const { actions, opened, failures } = shown({ links });
  const [first, second] = actions.ways.querySelectorAll("button");
  assert.equal(first.getAttribute("aria-label"), "Show loss along heat");
  assert.equal(second.textContent, EVIL);
  click(first);
  actions.clicked("a");
  actions.clicked("nothing");
  click(second);
  await settle();
  assert.deepEqual(opened, ["a", "a"]);
  assert.deepEqual(failures, ["gone"]);
});

test("the focus goes to the way back, and back to the links", async () => {
  const { actions, opened } = shown({ links });
  assert.ok(actions.back.hidden);
  actions.ways.querySelector("button").focus();
  click(document.activeElement);
  await settle();
  actions.update({ links: [], back: `What ${EVIL} depends on` });
  assert.equal(document.activeElement, actions.back);
  assert.equal(actions.back.textContent, `‹ Back to What ${EVIL} depends on`);
  click(actions.back);
  await settle();
  actions.update({ links });
  assert.equal(document.activeElement, actions.ways.querySelector("button"));
  assert.deepEqual(opened, ["a", ""]);
});

test("a click in the picture leaves the focus where it is", async () => {
  const { actions } = shown({ links });
  actions.clicked("a");
  await settle();
  actions.update({ links: [], back: "Loss" });
  assert.notEqual(document.activeElement, actions.back);
});
