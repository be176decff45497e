"""Loads the slow libraries in the background, so that the first suggestion in a notebook does not wait for them."""

import sys
import threading

from axnb.interrupts import import_whole

SUGGESTING = (
    "scipy.linalg",
    "scipy.optimize",
    "scipy.special",
    "scipy.stats",
    "axnb.suggest.strategy",
    "axnb.suggest.best",
    "axnb.suggest.stopping",
)
"""What suggestions need; heavy, and not to be interrupted while it is imported."""

TABLES = ("pandas",)
CARDS = (*SUGGESTING, *TABLES, "plotly.graph_objects", "axnb.analyses")
_started = threading.Event()


def in_notebook() -> bool:
    """Return whether this process is a Jupyter kernel with somebody to show things to."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)  # lacking while another thread imports IPython
    return type(get_shell() if callable(get_shell) else None).__name__ == "ZMQInteractiveShell"


def warm_up() -> None:
    """Start loading the slow libraries, once a process and only in a notebook."""
    if in_notebook() and not _started.is_set():
        _started.set()
        threading.Thread(target=_load, name="axnb-warm-up", daemon=True).start()


def _load() -> None:
    for name in CARDS:
        try:
            import_whole([name])
        except Exception:  # the foreground will meet the same error, and tell
            return
