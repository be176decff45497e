"""The first import is light: nothing heavy is loaded before it is needed."""

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "botorch",
    "gpytorch",
    "pandas",
    "scipy",
    "plotly",
    "ipywidgets",
    "anywidget",
    "sqlalchemy",
    "contourpy",
)


def _loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after `statement`."""
    code = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import axnb",
        "from axnb import Client, RangeParameterConfig",
        "from axnb import Client; Client()",
        "from axnb.api.client import Client",
        "from axnb.api.configs import RangeParameterConfig",
    ],
)
def test_import_loads_nothing_heavy(statement: str) -> None:
    assert not _loaded_by(statement).intersection(HEAVY)


def test_the_probe_sees_a_heavy_import() -> None:
    assert "plotly" in _loaded_by("import plotly")
