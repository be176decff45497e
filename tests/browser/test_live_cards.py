"""Every live control of every card, moved in JupyterLab: the picture becomes what the kernel says it should be.

One notebook on one page serves all tests of this module. A picture is read from plotly as numbers and compared with the
figure of the same analysis, computed in the kernel with the same settings behind the page's back.
"""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.harness import Lab, Notebook, open_notebook

SETUP = '''
import math

import numpy as np

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb import analyses as see
from axnb.analyses.controls import set_field
from axnb.errors import UserInputError

PARAMETERS = [
    RangeParameterConfig("heat", (0.0, 1.0), "float"),
    RangeParameterConfig("salt", (0.01, 10.0), "float", scaling="log"),
    RangeParameterConfig("time", (1, 30), "int"),
    ChoiceParameterConfig("oven", ["gas", "steam", "stone"], "str", is_ordered=False),
]


def results(p):
    x, s, t = p["heat"], math.log10(p["salt"]), p["time"] / 30
    taste = 5 - 8 * (x - 0.6) ** 2 - (s - 0.2) ** 2 - 2 * (t - 0.5) ** 2 + 0.4 * (p["oven"] == "stone") + x * t
    return {"taste": (taste, 0.05), "cost": 1 + 2 * t + x + 0.3 * s * x, "crumbs": 0.2 + 0.7 * x * t}


def bakery(goal, trials=16):
    client = Client(random_seed=3)
    client.configure_experiment(PARAMETERS)
    client.configure_optimization(goal, ["crumbs <= 0.6"])
    if "cost" not in goal:
        client.configure_tracking_metrics(["cost"])
    rng = np.random.default_rng(3)
    baseline = {"heat": 0.3, "salt": 1.0, "time": 12, "oven": "gas"}
    client.complete_trial(client.attach_baseline(baseline), results(baseline))
    for _ in range(trials):
        p = {"heat": rng.random(), "salt": 10 ** rng.uniform(-2, 1), "time": int(rng.integers(1, 31))}
        p |= {"oven": ["gas", "steam", "stone"][rng.integers(3)]}
        client.complete_trial(client.attach_trial(p), results(p))
    return client


one, two = bakery("taste"), bakery("taste, -cost")
curves = Client(random_seed=3)
curves.configure_experiment([RangeParameterConfig("rate", (0.0, 1.0), "float")])
curves.configure_optimization("-loss")
curves.configure_tracking_metrics(["gap"])
for k in range(4):
    index = curves.attach_trial({"rate": (k + 0.5) / 4})
    for step in range(1, 5):
        curves.attach_data(index, {"loss": k + 4 / step, "gap": k / step}, progression=step)
    curves.complete_trial(index)
cards = {}


def show(name, client, analysis):
    (card,) = client.compute_analyses([analysis], display=False)
    cards[name] = (client, card)
    return card


def plain(values):
    if isinstance(values, (list, tuple, np.ndarray)):
        return [plain(v) for v in values]
    if isinstance(values, (float, np.floating)):
        return float(values) if np.isfinite(values) else None
    return values.item() if isinstance(values, np.generic) else values


def drawn(figure):
    traces = []
    for t in figure.data:
        parts = {k: plain(t[k]) for k in ("x", "y", "z") if k in t and t[k] is not None}
        for k in ("error_x", "error_y"):
            if k in t and t[k].array is not None:
                parts[k] = plain(t[k].array)
        if t.type == "parcoords":
            parts["dimensions"] = [plain(d.values) for d in t.dimensions]
            parts["color"] = plain(t.line.color)
        traces.append({"type": t.type, **parts})
    return traces


def with_changes(name, changes):
    """The card with controls set, given by their places and values."""
    client, card = cards[name]
    analysis = card.analysis
    for place, value in changes:
        control = card.controls[place]
        analysis = set_field(analysis, control.field, control.read(value), control.key)
    return see.compute_card(analysis, client.analysis_context())


def look(name, changes=()):
    return drawn(with_changes(name, changes).figure)


def values(name, changes=()):
    """What each control shows: the place of an option, whether it is on, or nothing for a slider."""
    kinds = {"dropdown": lambda c: c.options.index(c.value), "toggle": lambda c: c.value, "slider": lambda c: None}
    return [kinds[c.kind](c) for c in with_changes(name, changes).controls]


def controls(name):
    return [c.to_json() | {"step": None} for c in cards[name][1].controls]


def now(name):
    """The values of the controls of the live card, by field and key."""
    client, card = cards[name]
    return {(c["field"], c["key"]): c["value"] for c in card.view.widget(card).face["controls"]}
'''
CARDS = {
    "contour": "one, see.ContourPlot('heat', 'time', 'taste')",
    "slice": "one, see.SlicePlot('heat', 'taste')",
    "whatif": "one, see.WhatIf()",
    "sensitivity": "one, see.SensitivityAnalysisPlot('taste')",
    "validation": "one, see.CrossValidationPlot('taste')",
    "effects": "one, see.ArmEffectsPlot('taste')",
    "parallel": "one, see.ParallelCoordinatesPlot('taste')",
    "trace": "one, see.UtilityProgressionAnalysis(optimum=6.0)",
    "constraint": "one, see.ScatterPlot('taste', 'crumbs')",
    "feasible": "one, see.PFeasiblePlot()",
    "marginal": "one, see.MarginalEffectsPlot('taste')",
    "noise": "one, see.NoiseAndOutliers('taste')",
    "pareto": "two, see.ScatterPlot('taste', 'cost')",
    "progression": "curves, see.ProgressionPlot('loss')",
}
SAME_PICTURE = {("trace", "Scale"), ("feasible", "Predicted")}  # in which other numbers do not change
PLACES = {name: place for place, name in enumerate(CARDS, start=1)}
DRAWN = 30_000  # milliseconds for plotly.js to arrive on a busy machine

LOOK = """plot => {
    const plain = v => v == null ? null : ArrayBuffer.isView(v) || Array.isArray(v) ? Array.from(v, plain)
        : typeof v === "number" && !Number.isFinite(v) ? null : v;
    return plot._fullData.map((t, i) => {
        const parts = { type: t.type };
        for (const k of ["x", "y", "z"]) if (plot.data[i][k] != null) parts[k] = plain(t[k]);
        for (const k of ["error_x", "error_y"]) if (plot.data[i][k]?.array) parts[k] = plain(t[k].array);
        if (t.type === "parcoords") {
            parts.dimensions = t.dimensions.map(d => plain(d.values));
            parts.color = plain(t.line.color);
        }
        return parts;
    });
}"""


@pytest.fixture(scope="module")
def notebook(lab: Lab, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """All cards, each in a cell of its own, run."""
    cells = [SETUP, *(f"show({name!r}, {given})" for name, given in CARDS.items())]
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    file = tmp_path_factory.mktemp("live") / "live-cards.ipynb"
    nbformat.write(made, file)
    with open_notebook(browser, lab, file) as opened:
        opened.run_all()
        assert opened.errors() == []
        yield opened
        opened.page.evaluate("() => 0")  # events reach us only inside calls to the page
        assert opened.problems == []


class Card:
    """A card on the page, and what the kernel says of it."""

    def __init__(self, notebook: Notebook, name: str) -> None:
        self.notebook, self.name = notebook, name
        self.output = notebook.output(PLACES[name])
        self.output.scroll_into_view_if_needed()
        self.plot = self.output.locator(".js-plotly-plot")
        expect(self.plot.locator(".main-svg").first).to_be_visible(timeout=DRAWN)
        self.fields = self.output.locator(".axnb-control")

    def ask(self, expression: str) -> Any:
        return self.notebook.ask(expression)

    def becomes(self, wanted: list[dict[str, Any]]) -> None:
        """Wait until the picture shows these numbers."""
        try:
            self.notebook.until(lambda: not _difference(self.plot.evaluate(LOOK), wanted))
        except TimeoutError:
            differs = _difference(self.plot.evaluate(LOOK), wanted)
            pytest.fail(f"The picture of {self.name} is not what the kernel says: {differs}")

    def rests(self) -> None:
        """Wait until no picture is on its way."""
        expect(self.output.locator("[aria-busy=true]")).to_have_count(0)

    def press(self, slider: Locator, *keys: str) -> None:
        """Give a slider the focus and press keys; a slider that the kernel does not listen to would not take them."""
        expect(slider).to_be_enabled()
        slider.focus()
        for key in keys:
            self.notebook.page.keyboard.press(key)

    def set(self, place: int, control: dict[str, Any]) -> Any:
        """Move a control to another value and return that."""
        field = self.fields.nth(place)
        if control["kind"] == "dropdown":
            chosen = (control["options"].index(control["value"]) + 1) % len(control["options"])
            field.locator("select").select_option(index=chosen)
            return control["options"][chosen]
        if control["kind"] == "toggle":
            field.locator("input:not(.axnb-typed)").click()
            return not control["value"]
        high = control["value"] < control["maximum"]
        self.press(field.locator("input:not(.axnb-typed)"), "End" if high else "Home")
        return control["maximum"] if high else control["minimum"]

    def values(self) -> list[Any]:
        """Return what each control shows: the place of an option, whether it is on, or nothing for a slider."""
        reading = "f => f.type === 'range' ? null : f.type === 'checkbox' ? f.checked : f.selectedIndex"
        fields = "fields => fields.map(each => each.querySelector('input:not(.axnb-typed), select'))"
        return list(self.fields.evaluate_all(f"fields => ({fields})(fields).map({reading})"))

    def stands(self, wanted: list[Any]) -> None:
        """Wait until the controls show these values."""
        try:
            self.notebook.until(lambda: self.values() == wanted)
        except TimeoutError:
            assert self.values() == wanted

    def reset(self) -> None:
        self.output.locator(".axnb-reset").click()

    def field(self, key: str) -> Locator:
        """The control of a parameter."""
        return self.output.locator(".axnb-control", has=self.notebook.page.get_by_text(key, exact=True))


def _difference(seen: Any, wanted: Any, path: str = "") -> str:
    """Return where two nested values differ, nothing where they agree."""
    if isinstance(wanted, dict) and isinstance(seen, dict):
        if wanted.keys() != seen.keys():
            return f"{path}: {sorted(seen)} are not {sorted(wanted)}"
        pairs = [(seen[k], wanted[k], f"{path}.{k}") for k in wanted]
    elif isinstance(wanted, list) and isinstance(seen, list):
        if len(wanted) != len(seen):
            return f"{path}: {len(seen)} entries are not {len(wanted)}"
        pairs = [(s, w, f"{path}[{i}]") for i, (s, w) in enumerate(zip(seen, wanted, strict=True))]
    else:
        close = seen == pytest.approx(wanted, rel=1e-9, abs=1e-12) if isinstance(wanted, float) else seen == wanted
        return "" if close else f"{path}: {seen!r} is not {wanted!r}"
    return next((found for pair in pairs if (found := _difference(*pair))), "")


@pytest.mark.parametrize("name", CARDS)
def test_every_control_changes_the_picture_to_what_the_analysis_says(notebook: Notebook, name: str) -> None:
    card = Card(notebook, name)
    first = card.ask(f"look({name!r})")
    card.becomes(first)
    controls = card.ask(f"controls({name!r})")
    expect(card.fields).to_have_count(len(controls))
    for place, control in enumerate(controls):
        if control["kind"] == "dropdown" and len(control["options"]) == 1:
            continue
        value = card.set(place, control)
        wanted = card.ask(f"look({name!r}, [({place}, {value!r})])")
        if (name, control["label"]) not in SAME_PICTURE:
            assert _difference(wanted, first), f"{control['label']} changes nothing"
        card.becomes(wanted)
        card.stands(card.ask(f"values({name!r}, [({place}, {value!r})])"))
        card.reset()
        card.becomes(first)
        card.stands(card.ask(f"values({name!r})"))


def test_a_contour_and_a_slice_show_what_predict_says(notebook: Notebook) -> None:
    card = Card(notebook, "contour")
    card.press(card.field("salt").locator("input:not(.axnb-typed)"), *["PageDown"] * 3)
    card.rests()
    held = card.ask("now('contour')")
    salt, oven = held["at", "salt"], held["at", "oven"]
    card.becomes(card.ask(f"look('contour', [(5, {salt!r})])"))
    seen = card.plot.evaluate(LOOK)[0]
    places = [(0, 0), (7, 11), (len(seen["y"]) - 1, len(seen["x"]) - 1)]
    points = [{"heat": seen["x"][i], "time": round(seen["y"][j]), "salt": salt, "oven": oven} for j, i in places]
    predicted = card.ask(f"[one.predict([p])[0]['taste'][0] for p in {points!r}]")
    whole = [abs(seen["y"][j] - round(seen["y"][j])) < 1e-9 for j, _ in places]
    assert sum(whole) >= 2
    for (j, i), mean, on_grid in zip(places, predicted, whole, strict=True):
        if on_grid:
            assert seen["z"][j][i] == pytest.approx(mean, rel=1e-6)
    card.reset()


def test_a_what_if_shows_what_predict_says_and_makes_the_point_a_trial(notebook: Notebook) -> None:
    card = Card(notebook, "whatif")
    card.press(card.field("heat").locator("input:not(.axnb-typed)"), "PageUp", "PageUp")
    card.field("oven").locator("select").select_option(label="steam")
    notebook.until(lambda: card.ask("now('whatif')['at', 'oven']") == "steam")
    card.rests()
    point = {key: value for (_, key), value in card.ask("now('whatif')").items() if key}
    mean, sem = card.ask(f"one.predict([{point!r}])[0]['taste']")
    card.becomes(card.ask(f"drawn(see.WhatIf(at={point!r}).compute(one.analysis_context()).figure)"))
    traces = card.plot.evaluate(LOOK)
    expected = next(t for t in traces if t["type"] == "scatter" and len(t["x"]) == 1 and "error_x" in t)
    assert expected["x"][0] == pytest.approx(mean, rel=1e-9)
    assert expected["error_x"][0] == pytest.approx(1.959964 * sem, rel=1e-5)

    before = card.ask("len(one.experiment.view().trials)")
    make = card.output.get_by_role("button", name="Make this a trial")
    make.focus()
    notebook.page.keyboard.press("Enter")
    notebook.page.keyboard.press("Enter")
    expect(card.output.locator(".axnb-said")).to_have_text(f"This is trial {before}.")
    make.dblclick(force=True)
    notebook.heard()
    assert card.ask("len(one.experiment.view().trials)") == before + 1
    assert card.ask(f"dict(one.experiment.view().trials[{before}].parameters)") == point
    expect(make).to_be_focused()
    notebook.screenshots("what-if", card.output)
    card.ask("one.undo()")
    expect(card.output.locator(".axnb-said")).to_have_text("")
    card.ask("setattr(Client, 'attach_trial', lambda *given: (_ for _ in ()).throw(UserInputError('not today.')))")
    make.click()
    expect(card.output.locator(".axnb-said")).to_have_text("not today.")
    card.reset()


def test_a_bar_opens_its_slice_and_the_way_back_leads_back(notebook: Notebook) -> None:
    card = Card(notebook, "sensitivity")
    first = card.ask("look('sensitivity')")
    card.becomes(first)
    names = card.ask("[link.label for link in cards['sensitivity'][1].links]")
    bar = notebook.place(card.plot.locator(".bars .point path").first)
    notebook.page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    back = card.output.get_by_role("button", name="Back to")
    expect(back).to_be_visible()
    opened = card.output.locator(".axnb-title").inner_text()
    (name,) = [n for n in names if n in opened]
    card.becomes(card.ask(f"drawn(see.SlicePlot({name!r}, 'taste').compute(one.analysis_context()).figure)"))
    back.click()
    card.becomes(first)

    way = card.output.get_by_role("button", name=f"along {names[1]}")
    way.focus()
    notebook.page.keyboard.press("Enter")
    expect(back).to_be_focused()
    card.becomes(card.ask(f"drawn(see.SlicePlot({names[1]!r}, 'taste').compute(one.analysis_context()).figure)"))
    notebook.screenshots("slice-from-sensitivity", card.output)
    notebook.page.keyboard.press("Enter")
    card.becomes(first)


@pytest.mark.parametrize(("name", "field", "axis"), [("pareto", "thresholds", "y"), ("constraint", "bounds", "y")])
def test_a_line_is_dragged_in_the_picture(notebook: Notebook, name: str, field: str, axis: str) -> None:
    card = Card(notebook, name)
    first = card.ask(f"look({name!r})")
    card.becomes(first)
    (place, control) = next(
        (i, c) for i, c in enumerate(card.ask(f"controls({name!r})")) if c["field"] == field and c["axis"] == axis
    )
    slider = card.fields.nth(place).locator("input:not(.axnb-typed)")
    shown = slider.get_attribute("aria-valuetext")
    _drag(notebook, card.output.locator(f".axnb-grip-{axis}").first, 60)
    expect(slider).not_to_have_attribute("aria-valuetext", str(shown))
    card.rests()
    value = card.ask(f"now({name!r})")[field, control["key"]]
    assert value != pytest.approx(control["value"])
    wanted = card.ask(f"look({name!r}, [({place}, {value!r})])")
    assert _difference(wanted, first)
    card.becomes(wanted)
    notebook.screenshots(f"{name}-dragged", card.output)
    card.reset()
    card.becomes(first)


AXES = "plot => plot._fullData[0].dimensions.map(d => [d.label, d.constraintrange ?? null])"
ORDER = "plot => plot.data[0].dimensions.map(d => d.label)"
COLOURED = """async png => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const pixels = canvas.getImageData(0, 0, 0.85 * image.width, image.height).data; // without the bar of colours
    let count = 0;
    for (let i = 0; i < pixels.length; i += 4) {
        const part = pixels.subarray(i, i + 3);
        count += Math.max(...part) - Math.min(...part) > 60;
    }
    return count;
}"""


def test_picked_lines_and_moved_axes_stay_while_trials_complete(notebook: Notebook) -> None:
    card = Card(notebook, "parallel")
    card.becomes(card.ask("look('parallel')"))
    axes = card.plot.evaluate(AXES)
    assert [picked for _, picked in axes] == [None] * len(axes)
    area = card.plot.locator(".gl-canvas-focus").first
    coloured = _coloured(notebook, area)

    brush = notebook.place(card.output.locator(".axis-brush").first)
    _pull(notebook, brush["x"] + brush["width"] / 2, brush["y"] + 0.05 * brush["height"], down=0.3 * brush["height"])
    notebook.until(lambda: card.plot.evaluate(AXES)[0][1])
    (name, picked), *others = card.plot.evaluate(AXES)
    assert name == axes[0][0]
    assert 0 < picked[1] - picked[0] < 0.5
    assert [p for _, p in others] == [None] * len(others)
    notebook.page.mouse.move(0, 0)
    assert _coloured(notebook, area) < 0.8 * coloured
    notebook.screenshots("parallel-picked", card.output)

    heading = notebook.place(card.output.locator(".axis-heading").first)
    step = notebook.place(card.output.locator(".axis-heading").nth(1))["x"] - heading["x"]
    _pull(notebook, heading["x"] + heading["width"] / 2, heading["y"] + 8, right=1.3 * step)
    notebook.until(lambda: card.plot.evaluate(ORDER)[0] == axes[1][0])
    card.ask("[one.complete_trial(i, results(p)).name for i, p in one.get_next_trials(1).items()]")
    trials = card.ask("len(cards['parallel'][0].analysis_context().observed(['taste']))")
    notebook.page.wait_for_function(
        "([p, n]) => p._fullData[0].dimensions[0].values.length === n", arg=[card.plot.element_handle(), trials]
    )
    assert card.plot.evaluate(AXES)[:2] == [[axes[1][0], None], [axes[0][0], picked]]
    card.ask("[one.undo(), one.undo()] and None")


def _coloured(notebook: Notebook, area: Locator) -> int:
    """Return how many pixels are coloured once that stays the same: lines are painted a few at a time."""
    counts = [-1, -2]

    def rests() -> bool:
        image = base64.b64encode(area.screenshot()).decode()
        counts[:] = counts[1], notebook.page.evaluate(COLOURED, image)
        return counts[0] == counts[1]

    notebook.until(rests)
    return counts[1]


def _pull(notebook: Notebook, x: float, y: float, *, right: float = 0.0, down: float = 0.0) -> None:
    mouse = notebook.page.mouse
    mouse.move(x, y)
    mouse.down()
    for step in range(1, 9):
        mouse.move(x + right * step / 8, y + down * step / 8)
        notebook.page.wait_for_timeout(30)
    mouse.up()


def _drag(notebook: Notebook, grip: Locator, down: int) -> None:
    box = notebook.place(grip)
    mouse = notebook.page.mouse
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    for step in range(1, 7):
        mouse.move(x, y + down * step / 6)
    mouse.up()


def test_a_notebook_that_is_opened_again_shows_the_pictures_without_running(
    notebook: Notebook, open_: OpenNotebook, tmp_path: Path
) -> None:
    notebook.command("docmanager:save")
    copy = tmp_path / "again.ipynb"
    shutil.copy(notebook.lab.root / notebook.path, copy)
    gone = "widget model not found"  # JupyterLab tells the console so of each live view
    again = open_(copy, expected=(gone,))
    for name, place in PLACES.items():
        again.cell(place).scroll_into_view_if_needed()
        picture = again.cell(place).locator("img[src^='data:image/svg+xml;base64,']")
        expect(picture, name).to_have_count(1)
        loaded = "image => image.complete && image.naturalWidth > 200 && image.clientWidth > 200"
        again.page.wait_for_function(loaded, arg=picture.element_handle())
        expect(again.cell(place).locator(".axnb-card")).to_have_count(0)
        expect(again.cell(place)).not_to_contain_text("Error", use_inner_text=True)
