"""The table of differences from Ax is whole, and names what exists."""

import builtins
import re
from pathlib import Path

import pytest

import axnb.errors
from axnb import Client
from axnb.service.ax_client import AxClient

TEXT = (Path(__file__).parents[2] / "docs" / "differences-from-ax.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.splitlines() if line.startswith("| ")]


def test_every_row_is_whole():
    assert ROWS[0] == ["Input", "Ax", "axnb"]
    assert len(ROWS) > 30
    assert all(len(row) == 3 and all(row) for row in ROWS)
    assert len({row[0] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS[1:], ids=lambda row: row[0][:40])
def test_what_a_row_names_exists(row):
    for name in re.findall(r"`(\w+Error)`", row[2]):
        assert name in {**vars(builtins), **vars(axnb.errors)}, name
    for owner in (Client, AxClient):
        for name in re.findall(rf"`{owner.__name__}\.(\w+)", " ".join((row[0], row[2]))):
            assert name in vars(owner), name
