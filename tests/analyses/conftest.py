"""Small finished experiments, each with the same points and results at every run."""

import numpy as np
import pytest

from axnb.api.client import Client
from axnb.api.configs import ChoiceParameterConfig, RangeParameterConfig
from axnb.surrogate.encoder import Encoder

HOSTILE = ("<img src=x onerror=alert(1)>", "$x^2$ 'a' \"%{x}\" & " + "long " * 40, "<i>c</i>")


def make(parameters, goal, outcome=None, trials=8, outcome_constraints=(), parameter_constraints=()):
    """Return a client with so many completed trials at scattered points."""
    client = Client(random_seed=0)
    client.configure_experiment(parameters, parameter_constraints=list(parameter_constraints))
    client.configure_optimization(goal, list(outcome_constraints))
    encoder = Encoder(client.experiment.view().search_space)
    rows = np.random.default_rng(0).random((20 * trials + 1, encoder.dimension))
    points = [p for p in encoder.decode(rows) if encoder.space.satisfies(p)]
    for point in points[:trials]:
        index = client.attach_trial(point)
        if outcome is not None:
            client.complete_trial(index, outcome(point))
    return client


def number(name, low=0.0, high=1.0, scaling="linear"):
    return RangeParameterConfig(name, (low, high), "float", scaling=scaling)


@pytest.fixture
def plain():
    """Minimise `loss`, which depends on `a` much and on `b` little."""
    return make([number("a"), number("b")], "-loss", lambda p: {"loss": (p["a"] - 0.25) ** 2 + 0.05 * p["b"]}, 12)


@pytest.fixture
def mixed():
    """Maximise `acc` under a constraint on `time`, over a log range, a choice, and an int with few values."""
    shift = {"rbf": 0.0, "poly": 0.1, "linear": 0.2}

    def outcome(p):
        acc = 0.9 - 0.1 * (np.log10(p["C"]) - 1) ** 2 - shift[p["kernel"]]
        return {"acc": (float(acc), 0.01), "time": float(p["degree"])}

    parameters = [
        number("C", 0.01, 1000.0, "log"),
        ChoiceParameterConfig("kernel", ["rbf", "poly", "linear"], "str"),
        RangeParameterConfig("degree", (1, 4), "int"),
    ]
    return make(parameters, "acc", outcome, 14, ("time <= 3",))


@pytest.fixture
def several():
    """Maximise `strength` and minimise `weight`, whose threshold is 8."""
    return make(
        [number("a"), number("b")],
        "strength, -weight",
        lambda p: {"strength": p["a"] - 0.3 * p["b"] ** 2, "weight": 4 + 6 * p["a"] + p["b"], "cost": p["b"]},
        12,
        ("weight <= 8", "cost <= 0.9"),
    )


@pytest.fixture
def hostile():
    """An experiment whose names and categories try to break out of HTML, LaTeX and plotly's templates."""
    first, second, third = HOSTILE
    parameters = [
        number(first),
        number(second),
        ChoiceParameterConfig(third, ["<b>", "$b$", "c" * 200, "c" * 201], "str"),
    ]
    return make(parameters, '"m<b>$1$"', lambda p: {"m<b>$1$": p[first] + p[second] ** 2}, 10)


@pytest.fixture
def context(plain):
    return plain.analysis_context()


@pytest.fixture
def stepped():
    """Minimise `loss`, read at steps 1 to 10; every fourth trial was stopped at step 4, and the last one runs."""
    client = make([number("lr", 1e-4, 1.0, "log")], "-loss", trials=9)
    for index in list(client.experiment.view().trials):
        end = 4 if index % 4 == 3 else 10
        for step in range(1, end + 1):
            client.attach_data(index, {"loss": 1.0 + 0.1 * index + 2.0 / step}, progression=step)
        if index % 4 == 3:
            client.mark_trial_early_stopped(index)
        elif index != 8:
            client.complete_trial(index)
    return client


@pytest.fixture
def baselined():
    """Maximise `acc` under a constraint on `time`, with a baseline and known standard errors."""
    parameters = [number("a"), ChoiceParameterConfig("kind", ["x", "y", "z"], "str")]
    client = make(parameters, "acc", trials=0, outcome_constraints=("time <= 0.8",))

    def outcome(p):
        return {"acc": (1.0 + p["a"] + 0.5 * (p["kind"] == "y"), 0.05), "time": (p["a"], 0.01)}

    base = {"a": 0.2, "kind": "x"}
    client.complete_trial(client.attach_baseline(base), outcome(base))
    for i in range(12):
        point = {"a": i / 11, "kind": "xyz"[i % 3]}
        client.complete_trial(client.attach_trial(point), outcome(point))
    client.attach_trial({"a": 0.55, "kind": "y"})
    return client
