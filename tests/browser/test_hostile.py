"""Names that try to break out of HTML, LaTeX, JavaScript and plotly's templates do no harm on any card or report."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.harness import Notebook

FIRST = "<img src=/evil onerror=window.pwned=1>"
SECOND = "$x^2$ 'a' %{x} ${y} & `b` " + "long " * 34
THIRD = "</script><script>window.pwned=2</script>"
CHOICES = ["<b onclick=1>b</b>", "\\(b\\)", "温度 η₀ ☃", "c" * 200, "<svg onload=window.pwned=4>"]
GAIN = "m<i>$1$<img src=/evil onerror=window.pwned=5>"
COST = "`cost` é <style>*{display:none}</style>"
CONTEXT = "each => each.parentElement.outerHTML.slice(0, 400)"
EACH = """
names = [n for n in see.__all__ if callable(getattr(getattr(see, n), "compute", None)) and n != "Analysis"]
made = [getattr(see, n)(*([trial] if n == "TrialAnalysis" else [])) for n in names if "Overview" not in n]
cards = client.compute_analyses([a for a in made if type(a).__name__ not in ("ResultsAnalysis", "AllTrialsAnalysis")])
"""
REPORT = "client.report({path!r}); client"


def _setup() -> str:
    """Return the first cell; written with plain strings so that what is in the notebook is what is meant."""
    return "\n".join(
        [
            "import numpy as np",
            "from axnb import ChoiceParameterConfig, Client, RangeParameterConfig",
            "from axnb import analyses as see",
            f"FIRST, SECOND, THIRD = {FIRST!r}, {SECOND!r}, {THIRD!r}",
            f"CHOICES, GAIN, COST = {CHOICES!r}, {GAIN!r}, {COST!r}",
            "client = Client(random_seed=1)",
            "client.configure_experiment(name=FIRST + THIRD, description='$$x$$' + FIRST, parameters=[",
            "    RangeParameterConfig(FIRST, (0.0, 1.0), 'float'),",
            "    RangeParameterConfig(SECOND, (0.1, 10.0), 'float', scaling='log'),",
            "    ChoiceParameterConfig(THIRD, CHOICES, 'str', is_ordered=False)])",
            "client.configure_optimization(f'\"{GAIN}\"', [f'\"{COST}\" <= 0.8'])",
            "rng = np.random.default_rng(0)",
            "for k in range(12):",
            "    p = {FIRST: rng.random(), SECOND: 10 ** rng.uniform(-1, 1), THIRD: CHOICES[k % len(CHOICES)]}",
            "    outcome = {GAIN: p[FIRST] + 0.1 * (k % len(CHOICES)), COST: p[FIRST] ** 2}",
            "    client.complete_trial(client.attach_trial(p), outcome)",
            "trial = client.attach_trial({FIRST: 0.5, SECOND: 1.0, THIRD: CHOICES[0]})",
            "client.attach_data(trial, {GAIN: 0.4}, progression=1)",
        ]
    )


def _harmless(page: Page) -> None:
    assert page.evaluate("() => window.pwned") is None
    for selector in ("img[src='/evil']", "b[onclick]", "svg[onload]", "mjx-container", ".MathJax", ".katex"):
        found = page.locator(selector)
        assert found.count() == 0, f"{selector}: {found.first.evaluate(CONTEXT)}"


def test_hostile_names_do_no_harm(
    open_: OpenNotebook, write: Callable[..., Path], browser: Browser, tmp_path: Path
) -> None:
    report = tmp_path / "report.html"
    notebook: Notebook = open_(write("hostile.ipynb", _setup(), EACH, REPORT.format(path=str(report))))
    notebook.run_all(180)
    assert notebook.errors() == []
    cards = notebook.page.locator(".axnb-card:visible")
    expect(cards.nth(30)).to_be_visible()
    notebook.settle()  # cards in groups come one after another
    for i in range(cards.count()):
        card = cards.nth(i)
        card.scroll_into_view_if_needed()
        if card.locator(".axnb-figure:visible").count():
            expect(card.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=30_000)
        expect(card.locator(".axnb-problem")).to_be_hidden()
        expect(card, card.inner_text()).not_to_have_attribute("data-kind", "error")
        notebook.page.wait_for_function("card => card.scrollWidth <= card.clientWidth + 1", arg=card.element_handle())
    _harmless(notebook.page)
    notebook.screenshot("hostile", cards.nth(3))

    asked: list[str] = []
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.goto(report.as_uri())
    page.locator(".plot .main-svg").first.wait_for(timeout=30_000)
    for card in page.locator(".card.figure").all():
        card.scroll_into_view_if_needed()
        expect(card.locator(".plot .main-svg").first).to_be_visible()
    _harmless(page)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1000})
    wide = "cards => cards.filter(c => c.scrollWidth > c.clientWidth + 1).map(c => c.textContent.slice(0, 60))"
    assert page.locator(".card").evaluate_all(wide) == []
    page.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
