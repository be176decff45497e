"""The maps that a newcomer reads are those of the tree."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_path_that_is_named_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:axnb|analyses|widgets|tests|notebooks|benchmarks|binder|docs)/[^`*{ ]*)`", text))
    assert named
    assert not [path for path in sorted(named) if not (ROOT / path).exists()]


def test_the_order_of_layers_is_the_one_that_is_tested() -> None:
    from tests.test_layout import LAYERS

    text = " ".join((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split())
    (told,) = re.findall(r"Layers look down only: ([a-z <]+)\.", text)
    order = told.split(" < ")
    assert [layer for layer in LAYERS if layer in order] == order


def test_everything_that_is_said_to_be_called_so_is() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tour = text[text.index("## A tour") : text.index("## How it is written")]
    for name, path in re.findall(r"`(\w+)`(?: in)? \(?`(axnb/[\w/]+\.py)`", tour):
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^(?:def|class) {name}\b", source, re.MULTILINE), f"{path} has no {name}"
