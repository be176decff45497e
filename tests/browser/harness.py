"""A real JupyterLab in a real browser, as the tests drive it.

`start_lab` serves a folder on loopback with directories of its own, so that nobody's Jupyter settings matter;
`Notebook` is one open document: run it, click in it, photograph it, and ask its kernel behind the page's back.
"""

import ast
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Browser, ConsoleMessage, FloatRect, Locator, Page, Request, WebSocket

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "test-results"
CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
QUIET_FOR = 300  # milliseconds without a change after which a page counts as settled
# Whether every live card on the screen is drawn, and nothing on the page has changed for a moment.
SETTLED = """quiet => {
    const screen = document.querySelector(".jp-WindowedPanel-outer").getBoundingClientRect();
    const onScreen = card => {
        const box = card.getBoundingClientRect();
        return box.width && box.bottom > screen.top && box.top < screen.bottom;
    };
    const undrawn = "[aria-busy=true], .axnb-figure:not([hidden]):not([data-axnb-live])";
    const cards = [...document.querySelectorAll(".axnb-card")].filter(onScreen);
    if (cards.some(card => card.matches("[aria-busy=true]") || card.querySelector(undrawn))) return false;
    return performance.now() - window.harnessChanged > quiet;
}"""
WATCH_CHANGES = """() => {
    window.harnessChanged = performance.now();
    window.harnessWatch ??= new MutationObserver(() => { window.harnessChanged = performance.now() });
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    window.harnessWatch.observe(document.querySelector(".jp-Notebook"), all);
}"""
# Without this file JupyterLab asks, over the page, whether it may fetch news.
QUIET = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A running JupyterLab server and the folder that it serves."""

    url: str
    root: Path
    runtime: Path

    def api(self, path: str, method: str = "GET") -> Any:
        """Call the server's REST interface and return what it answers."""
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as reply:
            body = reply.read()
        return json.loads(body) if body else None

    def sessions(self, notebook: str | None = None) -> list[dict[str, Any]]:
        """Return the sessions of one notebook, or all."""
        return [s for s in self.api("sessions") if notebook is None or s["path"] == notebook]

    def end_sessions(self) -> None:
        """Stop every kernel."""
        for session in self.sessions():
            self.api(f"sessions/{session['id']}", "DELETE")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(home: Path) -> dict[str, str]:
    """Return this process's environment with Jupyter's directories moved under `home`."""
    folders = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    for folder in folders.values():
        folder.mkdir(parents=True)
    settings = folders["JUPYTERLAB_SETTINGS_DIR"] / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(QUIET))
    ours = {name: str(folder) for name, folder in folders.items()}
    return {**os.environ, **ours, "JUPYTER_PREFER_ENV_PATH": "1", "OMP_NUM_THREADS": "1"}


@contextmanager
def start_lab(home: Path) -> Iterator[Lab]:
    """Serve `home/files` until the block ends; the server and its kernels end with it."""
    files = home / "files"
    files.mkdir(parents=True)
    port = _free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password="),
        *("--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={files}"),
        *("--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"),
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    ]
    log = home / "server.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            command, cwd=files, env=_environment(home), stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )
    lab = Lab(url=f"http://127.0.0.1:{port}", root=files, runtime=home / "runtime")
    try:
        _await_server(lab, server, log)
        yield lab
        lab.end_sessions()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def _await_server(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            lab.api("status")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


@dataclass(kw_only=True)
class Notebook:
    """One notebook, open in its own browser context, with its kernel idle."""

    lab: Lab
    page: Page
    path: str
    problems: list[str] = field(default_factory=list)
    """Console errors, failed requests and requests that would have left the machine, as they came."""
    expected: tuple[str, ...] = ()
    """Pieces of console errors that belong to what the test does, and so are no problems."""

    # -- running ------------------------------------------------------------------------------------------------------

    def run_all(self, timeout: float = 120) -> None:
        """Run every cell and wait until the kernel has nothing left to do."""
        self.command("notebook:run-all-cells", timeout)
        self.wait_idle()

    def run_cell(self, index: int, timeout: float = 60) -> None:
        """Run one cell, counted from 0, and wait for it."""
        self.page.evaluate(
            "i => { const n = window.jupyterapp.shell.currentWidget.content; n.deselectAll(); n.activeCellIndex = i }",
            index,
        )
        self.command("notebook:run-cell", timeout)
        self.wait_idle()

    def wait_idle(self, timeout: float = 60) -> None:
        """Wait until the kernel has nothing to do."""
        self._wait(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'", timeout
        )

    def command(self, name: str, timeout: float = 30, /, **arguments: object) -> None:
        """Execute one of JupyterLab's commands by its id and wait until it has ended."""
        self.page.evaluate(
            """([name, given]) => {
                window.harnessDone = false;
                window.jupyterapp.commands.execute(name, given).finally(() => { window.harnessDone = true });
            }""",
            [name, arguments],
        )
        self._wait("() => window.harnessDone", timeout)

    def _wait(self, predicate: str, timeout: float) -> None:
        self.page.wait_for_function(predicate, timeout=1000 * timeout)

    def heard(self) -> None:
        """Wait until the kernel has taken in all that the page has told it."""
        kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        self.page.evaluate(f"async () => {{ await {kernel}.requestKernelInfo() }}")

    def settle(self, timeout: float = 120) -> None:
        """Wait until what is on the screen is drawn and nothing on the page changes any more."""
        self.page.evaluate(WATCH_CHANGES)
        self.page.wait_for_function(SETTLED, arg=QUIET_FOR, timeout=1000 * timeout)

    def until(self, check: Callable[[], object], timeout: float = 60) -> None:
        """Wait until a question has a true answer."""
        deadline = time.monotonic() + timeout
        while not check():
            if time.monotonic() > deadline:
                raise TimeoutError(f"This did not come true in {timeout} s.")
            self.page.wait_for_timeout(50)

    def place(self, target: Locator) -> FloatRect:
        """Return where something is once it stays there: a page that is being drawn moves its parts."""
        boxes: list[FloatRect | None] = [None, None]

        def rests() -> bool:
            boxes[:] = boxes[1], target.bounding_box()
            return boxes[0] is not None and boxes[0] == boxes[1]

        self.until(rests)
        assert boxes[1] is not None
        return boxes[1]

    def reload(self) -> None:
        """Save, and load the page again; the kernel goes on."""
        self.command("docmanager:save")
        self.page.reload()
        self._await_kernel()

    # -- looking ------------------------------------------------------------------------------------------------------

    def cell(self, index: int) -> Locator:
        """Return the cell with that place, counted from 0."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def output(self, index: int) -> Locator:
        """Return what that cell put out, but for the stand-ins of live views; text of the source is not in it."""
        outputs = self.cell(index).locator(".jp-OutputArea-output")
        return outputs.filter(has_not=self.page.locator(".axnb-stand-in"))

    def errors(self) -> list[str]:
        """Return the tracebacks that are on the page."""
        return self.page.locator(".jp-Notebook [data-mime-type='application/vnd.jupyter.stderr']").all_text_contents()

    def cell_count(self) -> int:
        """Return how many cells the notebook has."""
        return int(self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length"))

    def theme(self, name: str) -> None:
        """Switch to the `light` or the `dark` theme."""
        self.command("apputils:change-theme", theme=THEMES[name])
        self.page.wait_for_selector(f"body[data-jp-theme-light='{str(name == 'light').lower()}']", state="attached")

    def unroll(self, most: int = 12_000) -> None:
        """Make the page as tall as the notebook, so that all of it is painted and photographed."""
        for height in (most, 800):  # cells that were never on the screen have a guessed height
            self.page.set_viewport_size({"width": 1400, "height": height})
            self.settle()
        height = self.page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
        self.page.set_viewport_size({"width": 1400, "height": min(int(height) + 150, most)})

    def screenshot(self, name: str, target: Locator | None = None) -> Path:
        """Write `test-results/<name>.png`: of `target`, or of the page."""
        SHOTS.mkdir(exist_ok=True)
        file = SHOTS / f"{name}.png"
        (target or self.page).screenshot(path=file)
        return file

    def screenshots(self, name: str, target: Locator | None = None) -> None:
        """Write `<name>-light.png` and `<name>-dark.png`."""
        for theme in ("dark", "light"):
            self.theme(theme)
            self.settle()
            self.screenshot(f"{name}-{theme}", target)

    # -- asking the kernel --------------------------------------------------------------------------------------------

    def ask(self, expression: str, timeout: float = 60) -> Any:
        """Return the value of a Python expression in the notebook's kernel, asked by a second client, not by the page.

        The value must print as a literal.
        """
        (session,) = self.lab.sessions(self.path)
        client = BlockingKernelClient(connection_file=str(self.lab.runtime / f"kernel-{session['kernel']['id']}.json"))
        client.load_connection_file()
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)  # the heartbeat may outlive the rest
        try:
            wanted = {"value": expression}
            reply = client.execute("", silent=True, user_expressions=wanted, reply=True, timeout=timeout)
        finally:
            client.stop_channels()
        value = reply["content"]["user_expressions"]["value"]
        if value["status"] != "ok":
            raise RuntimeError(f"{expression}: {value['ename']}: {value['evalue']}")
        return ast.literal_eval(value["data"]["text/plain"])

    # -- opening ------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Go to the notebook and wait for its kernel."""
        self._watch()
        self.page.goto(f"{self.lab.url}/lab/tree/{self.path}?reset")
        self._await_kernel()

    def _await_kernel(self) -> None:
        """Wait until the notebook is on the page and its kernel idle; before that, commands do nothing or never end."""
        self._wait("() => window.jupyterapp?.shell.currentWidget?.content?.widgets?.length", 120)
        self.page.evaluate(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                window.harnessDone = false;
                const { context, sessionContext, revealed } = panel;
                Promise.all([revealed, context.ready, sessionContext.ready, window.jupyterapp.restored])
                    .then(() => { window.harnessDone = true });
            }"""
        )
        self._wait("() => window.harnessDone", 120)
        self.wait_idle(120)

    def _watch(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("requestfailed", self._on_failure)
        self.page.on("response", lambda r: r.status >= 400 and self.problems.append(f"{r.status}: {r.url}"))
        self.page.on("websocket", self._on_socket)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(piece in message.text for piece in self.expected):
            self.problems.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.lab.url}/", "data:", "blob:")):
            self.problems.append(f"off the machine: {request.url[:200]}")

    def _on_socket(self, socket_: WebSocket) -> None:
        if not socket_.url.startswith(self.lab.url.replace("http", "ws", 1)):
            self.problems.append(f"off the machine: {socket_.url[:200]}")

    def _on_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page's own change of mind, as at a reload
            self.problems.append(f"failed: {request.url[:200]} {request.failure}")


@contextmanager
def open_notebook(browser: Browser, lab: Lab, source: Path, expected: tuple[str, ...] = ()) -> Iterator[Notebook]:
    """Copy a notebook beside the server's files and open it; its kernel ends with the block."""
    shutil.copy(source, lab.root / source.name)
    context = browser.new_context(viewport={"width": 1400, "height": 2000})
    notebook = Notebook(lab=lab, page=context.new_page(), path=source.name, expected=expected)
    notebook.page.set_default_timeout(30_000)
    try:
        notebook.open()
        yield notebook
    finally:
        context.close()
        lab.end_sessions()
