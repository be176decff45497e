"""Every generator of ours keeps what the protocol promises; what breaks it is found."""

from dataclasses import dataclass

import pytest

from axnb.record.trial import Provenance
from axnb.suggest.generators.base import Suggestion
from axnb.suggest.generators.bayesian import BayesianGenerator
from axnb.suggest.generators.center import CenterGenerator
from axnb.suggest.generators.sobol import SobolGenerator
from axnb.suggest.search.optimize import SearchOptions
from axnb.testing import check_generator

GENERATORS = {
    "center": CenterGenerator,
    "sobol": SobolGenerator,
    "sobol with a seed": lambda: SobolGenerator(seed=5),
    "model": BayesianGenerator,
    "model in a hurry": lambda: BayesianGenerator(SearchOptions(raw=64, restarts=2, iterations=5)),
}


@pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
def test_our_generators_keep_the_contract(make):
    check_generator(make)


@dataclass(frozen=True)
class Spoilt:
    """Quasi-random, but for one change to its suggestions."""

    change: object

    def generate(self, request, n):
        return self.change(SobolGenerator().generate(request, n))


calls = []


def restless(found):
    calls.append(1)
    return found[len(calls) % 2 :]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda found: found * 2, "asked for 3, it made 6"),
        (lambda found: found[:1] * 2, "suggested twice"),
        (lambda found: [moved(s, kind="z") for s in found], "not in the search space"),
        (lambda found: [moved(s, share=1.0, layers=6) for s in found], "breaks a parameter constraint"),
        (lambda found: [Suggestion(parameters={}, provenance=s.provenance) for s in found], "does not have the param"),
        (lambda found: [moved(s, kind="a", rate=0.5 + 0.01 * i) for i, s in enumerate(found)], "is held fixed"),
        (restless, "gives other suggestions"),
    ],
)
def test_what_breaks_the_contract_is_found(change, complaint):
    with pytest.raises(AssertionError, match=complaint):
        check_generator(lambda: Spoilt(change))


def moved(suggestion, **values):
    return Suggestion(parameters=suggestion.parameters | values, provenance=Provenance(generator="Spoilt"))
