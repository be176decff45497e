"""The scripts of `make bench`: what they store, how a cell that takes too long is shown, that each runs."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))


def run(script, *arguments):
    command = [sys.executable, "-W", "ignore", str(FOLDER / script), *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(FOLDER.parent)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_replaces_the_one_that_it_repeats(tmp_path):
    stored = importlib.import_module("stored")
    path = tmp_path / "new" / "x.jsonl"
    assert stored.read(path) == []
    stored.store(path, [{"library": "a", "n": 1, "s": 2.0}, {"library": "b", "n": 1, "s": 3.0}], ("library", "n"))
    stored.store(path, [{"library": "a", "n": 1, "s": 9.0}, {"library": "a", "n": 2, "s": 4.0}], ("library", "n"))
    assert [(r["library"], r["n"], r["s"]) for r in stored.read(path)] == [("a", 1, 9.0), ("b", 1, 3.0), ("a", 2, 4.0)]


def test_results_say_what_they_were_measured_with():
    stored = importlib.import_module("stored")
    found = stored.circumstances("axnb")
    assert found["version"]
    assert {"python", "numpy", "scipy", "torch"} <= set(found["with"])
    assert found["machine"]["cores"] == os.cpu_count()
    assert found["machine"]["cpu"]
    assert len(found["date"]) == 10
    assert stored.circumstances("no-such-library")["version"] is None


def test_scaling_measures_a_cell_and_stops_one_that_takes_too_long(tmp_path):
    said = run("scaling.py", "--libraries", "axnb", "--trials", 10, "--parameters", "--results", tmp_path)
    (row,) = rows(tmp_path / "scaling.jsonl")
    assert (row["library"], row["trials"], row["parameters"], row["counted"]) == ("axnb", 10, 6, 3)
    assert row["seconds"] > 0
    assert row["memory"] > 10
    assert f"{row['seconds']:.3f}" in said
    slow = ("--trials", 1000, "--parameters", "--limit", 0.001)
    said = run("scaling.py", "--libraries", "axnb", *slow, "--results", tmp_path)
    assert "seconds" not in rows(tmp_path / "scaling.jsonl")[1]
    assert rows(tmp_path / "scaling.jsonl")[1]["over"] >= 0
    assert "> 0" in said


def test_speed_costs_and_quality_run_and_store(tmp_path):
    run("speed.py", "--libraries", "axnb", "--trials", 8, "--repeats", 1, "--results", tmp_path)
    (row,) = rows(tmp_path / "speed.jsonl")
    assert row["a suggestion"] <= row["slowest"]
    few = ("--parameters", 3, "--trials", 6, "--repeats", 1)
    run("costs.py", "--libraries", "axnb", *few, "--results", tmp_path)
    times = {r["what"]: r["times"] for r in rows(tmp_path / "costs.jsonl")}
    assert times["none"] == 1.0
    assert {"1 equation", "mixture", "batch of 8"} < set(times)
    said = run("quality.py", "--methods", "random_search", "--problems", "gramacy", "--seeds", 2, "--results", tmp_path)
    assert [r["seed"] for r in rows(tmp_path / "quality.jsonl")] == [0, 1]
    assert len(rows(tmp_path / "quality.jsonl")[0]["trace"]) == 30
    assert "random_search" in said


def test_parts_get_what_their_size_says(tmp_path):
    runner = importlib.import_module("run")
    for size in [*runner.SIZES.values(), runner.OURS]:
        for part in runner.KEPT:
            script = importlib.import_module(part)
            assert script.__doc__
            assert isinstance(size.arguments(part), list)
    assert runner.OURS.arguments("speed")[:2] == ["--libraries", "axnb"]
    assert runner.SIZES["usual"].arguments("cards") == []
    said = run("run.py", "--size", "quick", "--ours", "--parts", "costs", "--help")
    assert "--ours" in said
