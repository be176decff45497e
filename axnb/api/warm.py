"""Loads the slow libraries in the background, so that the first suggestion in a notebook does not wait for them."""

import importlib
import sys
import threading

_MODULES = (
    "scipy.linalg",
    "scipy.optimize",
    "axnb.suggest.strategy",
    "pandas",
    "plotly.graph_objects",
    "axnb.analyses",
)
_started = threading.Event()


def in_notebook() -> bool:
    """Return whether this process is a Jupyter kernel with somebody to show things to."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def warm_up() -> None:
    """Start loading the slow libraries, once a process and only in a notebook."""
    if in_notebook() and not _started.is_set():
        _started.set()
        threading.Thread(target=_load, name="axnb-warm-up", daemon=True).start()


def _load() -> None:
    for name in _MODULES:
        try:
            importlib.import_module(name)
        except Exception:  # the foreground will meet the same error, and tell
            return
