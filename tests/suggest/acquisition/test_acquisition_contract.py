"""Every acquisition of ours, and what builds it, keeps what the protocol promises; what breaks it is found."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from axnb.record.trial import TrialStatus
from axnb.suggest.acquisition.base import SearchPhase
from axnb.suggest.acquisition.builder import begin_search, express_objective
from axnb.suggest.fitting import fit_model
from axnb.suggest.generators.base import build_request
from axnb.testing import check_acquisition, check_acquisition_builder
from tests.suggest.helpers import Bench, number

FIVE = tuple(number(n) for n in "abcde")
ROWS = np.random.default_rng(4).random((7, 5))


def outcomes(p):
    return {
        "f": np.sin(5 * p["a"]) + p["b"] * p["c"],
        "g": p["d"] - p["a"] ** 2,
        **{f"m{i}": np.cos(3 * p["abcde"[i]] + i) for i in range(5)},
    }


def bench(n=9, noise=0.0, failures=0, **given):
    rng = np.random.default_rng(2)
    made = Bench(FIVE, **given)
    for row in rng.random((n, 5)):
        point = dict(zip("abcde", row.tolist(), strict=True))
        made.done(point, **{k: float(v + noise * rng.normal()) for k, v in outcomes(point).items()})
    for row in rng.random((failures, 5)):
        made.end(made.create(dict(zip("abcde", row.tolist(), strict=True))), TrialStatus.FAILED)
    return made


CASES = {
    "improvement": (bench, SearchPhase.IMPROVEMENT),
    "noisy": (lambda: bench(20, noise=0.5), SearchPhase.IMPROVEMENT),
    "constrained": (lambda: bench(outcome_constraints=["g <= 0.3"]), SearchPhase.IMPROVEMENT),
    "scalarized": (lambda: bench(objective="f + 0.3 * g"), SearchPhase.IMPROVEMENT),
    "infeasible": (lambda: bench(outcome_constraints=["g <= -2"]), SearchPhase.FEASIBILITY),
    "hypervolume": (lambda: bench(objective="f, g"), SearchPhase.HYPERVOLUME),
    "five objectives": (lambda: bench(objective="m0, m1, m2, m3, m4"), SearchPhase.SCALARIZATION),
    "averaged": (lambda: bench(method="quality"), SearchPhase.IMPROVEMENT),
    "failures": (lambda: bench(failures=3), SearchPhase.IMPROVEMENT),
    "failures, infeasible": (lambda: bench(failures=3, outcome_constraints=["g <= -2"]), SearchPhase.FEASIBILITY),
    "averaged hypervolume": (lambda: bench(objective="f, g", method="quality"), SearchPhase.HYPERVOLUME),
}


def builder_of(view):
    model = fit_model(view)
    goal = express_objective(view, model)
    return begin_search(build_request(view, None), model, goal), goal.metrics


@pytest.mark.parametrize(("make", "phase"), CASES.values(), ids=CASES)
def test_our_acquisitions_keep_the_contract(make, phase):
    builder, metrics = builder_of(make().view)
    built = builder.build()
    assert built.phase is phase
    check_acquisition(built.acquisition, ROWS)
    check_acquisition_builder(builder, ROWS, metrics)


def test_a_restricted_acquisition_keeps_the_contract():
    made = bench(constraints=["a + b + c == 1.5"])
    builder, _ = builder_of(made.view)
    region = build_request(made.view, None).region()
    rows = region.project(ROWS)
    free = region.independent_columns
    check_acquisition(region.restrict(builder.build().acquisition), rows[region.is_allowed(rows)], free)


@dataclass(frozen=True)
class Slope:
    """Rises along the first column."""

    def value(self, X):
        return X[:, 0] ** 2

    def value_and_gradient(self, X):
        return self.value(X), np.column_stack([2 * X[:, 0], np.zeros((len(X), X.shape[1] - 1))])


class Steeper(Slope):
    def value_and_gradient(self, X):
        value, gradient = super().value_and_gradient(X)
        return value, 1.1 * gradient


class Shifted(Slope):
    def value_and_gradient(self, X):
        value, gradient = super().value_and_gradient(X)
        return value + 1.0, gradient


class Relative(Slope):
    def value(self, X):
        return X[:, 0] - X[:, 0].mean()


class Undefined(Slope):
    def value(self, X):
        return np.full(len(X), np.nan)


@pytest.mark.parametrize(
    ("acquisition", "complaint"),
    [
        (Steeper(), "gradient by column 0"),
        (Shifted(), "do not agree"),
        (Relative(), "depends on the rows"),
        (Undefined(), "NaN or infinite"),
    ],
)
def test_what_breaks_the_contract_is_found(acquisition, complaint):
    check_acquisition(Slope(), ROWS)
    with pytest.raises(AssertionError, match=complaint):
        check_acquisition(acquisition, ROWS)


class Forgetful:
    """A builder that a fantasy changes."""

    def __init__(self, builder):
        self.builder = builder

    def fantasize(self, row, metrics):
        self.builder = self.builder.fantasize(row, metrics)
        return self

    def build(self):
        return replace(self.builder.build())


def test_a_builder_that_changes_is_found():
    builder, metrics = builder_of(bench().view)
    with pytest.raises(AssertionError, match="has changed its builder"):
        check_acquisition_builder(Forgetful(builder), ROWS, metrics)
