"""What `axnb` says it offers is what can be imported from it."""

import subprocess
import sys
from types import ModuleType

import pytest

import axnb


def test_all_is_sorted_and_without_repeats() -> None:
    assert list(axnb.__all__) == sorted(set(axnb.__all__))


def test_all_is_what_dir_shows() -> None:
    assert set(dir(axnb)) >= set(axnb.__all__)


def test_every_name_can_be_imported() -> None:
    for name in axnb.__all__:
        assert getattr(axnb, name) is not None


def test_nothing_else_is_public() -> None:
    for name in axnb.__all__:
        getattr(axnb, name)
    public = {name: value for name, value in vars(axnb).items() if not name.startswith("_")}
    helpers = {name for name, value in public.items() if getattr(value, "__module__", "") == "typing"}
    submodules = {name for name, value in public.items() if isinstance(value, ModuleType)}
    assert set(public) - helpers - submodules - {"TYPE_CHECKING"} <= set(axnb.__all__)


def test_what_is_taught_is_there() -> None:
    taught = {"Client", "RangeParameterConfig", "ChoiceParameterConfig", "TrialStatus", "analyses", "errors", "widgets"}
    assert taught <= set(axnb.__all__)


def test_an_unknown_name_is_an_attribute_error_that_helps() -> None:
    with pytest.raises(AttributeError, match="Clint"):
        axnb.Clint  # noqa: B018


def test_star_import_binds_every_name() -> None:
    code = "from axnb import *; import axnb; print(sorted(set(axnb.__all__) - set(globals())))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
