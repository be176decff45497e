"""The same seeds and results give the same suggestions, whatever is rearranged inside: six problems are held.

`python -m tests.suggest.test_suggestions_held` writes the file anew: only where a suggestion is meant to change.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.utils.measurement.synthetic_functions import branin, hartmann6

HELD = Path(__file__).with_name("suggestions_held.json")
CLOSE = 1e-3  # as a share of a parameter's range: searches stop at about so much


def unit(d):
    return [RangeParameterConfig(f"x{j}", (0.0, 1.0), "float") for j in range(d)]


def at(point):
    return np.array([point[f"x{j}"] for j in range(len(point))], dtype=float)


def learn(client, points, evaluate, failing=lambda point: False):
    for point in points:
        index = client.attach_trial(point)
        if failing(point):
            client.mark_trial_failed(index)
        else:
            client.complete_trial(index, evaluate(point))


def rows(seed, n, d):
    return [{f"x{j}": float(v) for j, v in enumerate(row)} for row in np.random.default_rng(seed).random((n, d))]


def smooth():
    client = Client(random_seed=3)
    client.configure_experiment(unit(2))
    client.configure_optimization("-y")
    learn(client, rows(1, 30, 2), lambda p: {"y": branin(15.0 * p["x0"] - 5.0, 15.0 * p["x1"])})
    return client


def noisy():
    client = Client(random_seed=4)
    client.configure_experiment(unit(6))
    client.configure_optimization("-y")
    g = np.random.default_rng(2)
    learn(client, rows(2, 40, 6), lambda p: {"y": hartmann6(at(p)) + 0.3 * float(g.normal())})
    return client


def constrained_with_failures():
    client = Client(random_seed=5)
    client.configure_experiment(
        [*unit(2), RangeParameterConfig("x2", (1, 8), "int")], parameter_constraints=["x0 + x1 <= 1.4"]
    )
    client.configure_optimization("gain", ["cost <= 1.2"])
    points = [{**p, "x2": 1 + k % 8} for k, p in enumerate(rows(3, 40, 2)) if p["x0"] + p["x1"] <= 1.4]
    learn(
        client,
        points,
        lambda p: {"gain": math.sin(3 * p["x0"]) + p["x1"] - 0.02 * (p["x2"] - 5) ** 2, "cost": p["x0"] + p["x1"] ** 2},
        failing=lambda p: p["x0"] > 0.85,
    )
    return client


def two_objectives():
    client = Client(random_seed=6)
    client.configure_experiment(unit(3))
    client.configure_optimization("f, -g")
    learn(
        client,
        rows(4, 24, 3),
        lambda p: {"f": math.sin(4 * p["x0"]) + p["x1"] - p["x2"] ** 2, "g": (p["x0"] - 0.2) ** 2 + p["x1"] * p["x2"]},
    )
    return client


def mixed():
    client = Client(random_seed=7)
    client.configure_experiment(
        [
            *unit(2),
            ChoiceParameterConfig("solvent", ["water", "ethanol", "toluene"], "str", is_ordered=False),
            RangeParameterConfig("rate", (1e-4, 1e-1), "float", scaling="log"),
        ]
    )
    client.configure_optimization("y")
    worth = {"water": 0.0, "ethanol": 0.4, "toluene": 0.2}
    g = np.random.default_rng(5)
    points = [
        {**p, "solvent": list(worth)[k % 3], "rate": float(10 ** (-1 - 3 * g.random()))}
        for k, p in enumerate(rows(5, 24, 2))
    ]
    learn(
        client,
        points,
        lambda p: {
            "y": worth[p["solvent"]] - (p["x0"] - 0.6) ** 2 - abs(p["x1"] - 0.3) - (math.log10(p["rate"]) + 2.2) ** 2
        },
    )
    return client


def quality_in_high_dimension():
    client = Client(random_seed=8)
    client.configure_experiment(unit(10))
    client.configure_optimization("-y")
    client.configure_generation_strategy(method="quality")
    learn(client, rows(6, 30, 10), lambda p: {"y": float(((at(p)[:3] - 0.4) ** 2).sum())})
    return client


PROBLEMS = {
    f.__name__: f for f in (smooth, noisy, constrained_with_failures, two_objectives, mixed, quality_in_high_dimension)
}


def ask(name):
    return list(PROBLEMS[name]().get_next_trials(max_trials=3).values())


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_next_three_suggestions_are_what_they_were(name):
    scale = {"x2": 7.0, "rate": 0.1} if name in {"constrained_with_failures", "mixed"} else {}
    for got, held in zip(ask(name), json.loads(HELD.read_text())[name], strict=True):
        assert got.keys() == held.keys()
        for key, value in held.items():
            if isinstance(value, str):
                assert got[key] == value
            else:
                assert got[key] == pytest.approx(value, abs=CLOSE * scale.get(key, 1.0), rel=0.0), key


if __name__ == "__main__":
    HELD.write_text(json.dumps({name: ask(name) for name in PROBLEMS}, indent=1) + "\n")
