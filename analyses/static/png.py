"""Cards as PNG pictures, drawn by a browser that is installed on the machine: Chromium, Chrome or Edge.

The static picture is drawn, in a process that ends with it, without a network. Knows nothing of experiments.
"""

import html
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from axnb.analyses.static.face import Face, Leaf, is_group
from axnb.analyses.static.html import render_html
from axnb.analyses.static.svg import render_svg
from axnb.errors import UnsupportedError, UserInputError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge", "microsoft-edge")
VARIABLE = "AXNB_BROWSER"

_ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_PLAYWRIGHT = ("chromium-*/chrome-*/chrome", "chromium-*/chrome-*/Chromium.app/Contents/MacOS/Chromium")
_MISSING = (
    "A PNG is drawn by a browser, and neither Chromium nor Chrome was found. Install one (`apt-get install chromium`, "
    "or `pip install playwright` and `playwright install chromium`), or set AXNB_BROWSER to the path of one; "
    "card.to_svg() and card.to_html() need none."
)
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_WIDTH, _TALLEST = 900, 12_000
_SECONDS = 60


def browser() -> str | None:
    """Return the path of a browser that can draw pages, `None` if there is none."""
    if chosen := os.environ.get(VARIABLE):
        return chosen if Path(chosen).exists() else shutil.which(chosen)
    on_path = (shutil.which(name) for name in NAMES)
    root = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    kept = (str(path) for pattern in _PLAYWRIGHT for path in sorted(root.glob(pattern), reverse=True))
    return next((path for path in (*on_path, *_ELSEWHERE, *kept) if path and Path(path).exists()), None)


def render_png(card: Face, width: int | None = None, height: int | None = None, scale: float = 2.0) -> bytes:
    """Return a card as a PNG picture: its figure alone if it has one, else its static face.

    Args:
        card: A card or a group.
        width: Pixels; the figure's own width, else 640, and 900 for a card without a figure or a group.
        height: Pixels; by default as tall as it is.
        scale: Pixels of the picture for each of these.

    Raises:
        UnsupportedError: If there is no browser, or it draws nothing.
        UserInputError: If a size cannot be used.
    """
    for name, given, least in (("width", width, 50), ("height", height, 50), ("scale", scale, 0.5)):
        if given is not None and not least <= given <= _TALLEST:
            raise UserInputError(f"{name} must be a number from {least} to {_TALLEST}, got {given!r}.")
    program = browser()
    if program is None:
        raise UnsupportedError(_MISSING)
    with tempfile.TemporaryDirectory(prefix="axnb-") as folder:
        page = Path(folder) / "card.html"
        content, size = _content(card, width, height)
        page.write_text(_page(content), encoding="utf-8")
        shown = size or (width or _WIDTH, height or _height(program, page, width or _WIDTH))
        target = Path(folder) / "card.png"
        flags = [f"--window-size={shown[0]},{shown[1]}", f"--force-device-scale-factor={scale:g}"]
        said = _run(program, [*flags, "--virtual-time-budget=10000", f"--screenshot={target}"], page)
        data = target.read_bytes() if target.exists() else b""
    if not data.startswith(_SIGNATURE):
        raise UnsupportedError(f"{program} drew no picture of the card {card.title!r}: {said[-300:] or 'no message'}")
    return data


def _content(card: Face, width: int | None, height: int | None) -> tuple[str, tuple[int, int] | None]:
    """Return what the page shows, and its size where that is known."""
    leaf = None if is_group(card) else card.flatten()[0]
    if leaf is None or leaf.figure is None:
        return render_html(card), None
    layout = leaf.figure.layout
    size = int(width or layout.width or 640), int(height or layout.height or 400)
    try:
        return render_svg(leaf.figure, width=size[0], height=size[1]), size
    except UnsupportedError:
        return _by_plotly(leaf, *size), size


def _by_plotly(card: Leaf, width: int, height: int) -> str:
    """Return a figure with a trace that only plotly can draw."""
    from plotly.offline import get_plotlyjs

    figure = json.loads(str(card.figure.to_json()))
    figure["layout"] |= {"width": width, "height": height}
    given = json.dumps(figure).replace("<", "\\u003c")
    script = str(get_plotlyjs()).replace("</script", "<\\/script")
    draw = f"const f = {given}; Plotly.newPlot('plot', f.data, f.layout, {{staticPlot: true, typesetMath: false}});"
    return f'<div id="plot"></div><script>{script}</script><script>{draw}</script>'


def _page(content: str) -> str:
    look = "html,body{margin:0;background:#fff;font:14px/1.4 system-ui,sans-serif}svg{display:block}"
    return f'<!doctype html><html><head><meta charset="utf-8"><style>{look}</style></head><body>{content}</body></html>'


def _height(program: str, page: Path, width: int) -> int:
    """Return how tall a page is at a width."""
    measure = "<script>document.title = document.documentElement.scrollHeight</script>"
    measured = page.with_name("measured.html")
    measured.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{measure}</body>"), encoding="utf-8")
    said = _run(program, [f"--window-size={width},50", "--dump-dom"], measured)
    title = html.unescape(said.split("<title>", 1)[-1].split("</title>", 1)[0])
    return min(int(title), _TALLEST) if title.isdigit() else 800


def _run(program: str, flags: Sequence[str], page: Path) -> str:
    """Open a page in a browser of its own and return what the browser said."""
    own = [f"--user-data-dir={page.parent / 'profile'}"]
    if os.name == "posix" and os.geteuid() == 0:
        own.append("--no-sandbox")  # which a browser that root starts cannot have
    command = [program, *_FLAGS, *own, *flags, page.as_uri()]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_SECONDS)  # noqa: S603 - ours
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnsupportedError(f"{program} could not draw the card: {error}. Set {VARIABLE} to another one.") from error
    return done.stdout if "--dump-dom" in flags else done.stderr.strip()
