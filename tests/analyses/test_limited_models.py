"""Cards show less, and fail at nothing, where a model says that it cannot do something."""

from dataclasses import fields, replace

import numpy as np
import pytest

from axnb.analyses import (
    CrossValidationPlot,
    ModelHealth,
    SensitivityAnalysisPlot,
    SlicePlot,
    SuggestionExplanation,
    TopSurfacesAnalysis,
    WhatIf,
)
from axnb.analyses.card import AnalysisCard, ErrorAnalysisCard
from axnb.analyses.compute import compute_card
from axnb.analyses.overview import compute_cards
from axnb.errors import UnsupportedError
from axnb.suggest.fitting import fit_model
from axnb.suggest.reading import fit_readable_model
from axnb.surrogate.outcome_model import Capabilities
from axnb.surrogate.surrogate import Surrogate
from axnb.testing import check_outcome_model
from tests.analyses.test_gallery import NAMES, made

METHODS = {
    "gradients": "posterior_with_gradient",
    "joint_covariance": "joint_posterior",
    "conditioning": "condition",
    "sampling": "sample",
    "refitting": "refit",
    "prior_correlation": "prior_correlation",
    "leave_one_out": "leave_one_out",
    "sensitivity": "compute_sobol_indices",
    "botorch": "to_botorch",
}


class MeanAndVariance:
    """A model that knows means and variances and nothing else, as an ensemble of trees does."""

    def __init__(self, model):
        self._model = model

    @property
    def capabilities(self):
        texts = ("leave_one_out", "sensitivity", "botorch")
        return Capabilities(**{f.name: "none" if f.name in texts else False for f in fields(Capabilities)})

    @property
    def components(self):
        return ((1.0, self),)

    def __getattr__(self, name):
        if name in METHODS.values():
            return self._refuse
        return getattr(self._model, name)

    def _refuse(self, *args, **kwargs):
        raise UnsupportedError("this model knows means and variances only.")


@pytest.fixture
def limited(monkeypatch):
    def fit_limited_model(view):
        model = fit_readable_model(view)
        return replace(model, surrogate=Surrogate(tuple(MeanAndVariance(m) for m in model.surrogate.models)))

    monkeypatch.setattr("axnb.analyses.context.fit_readable_model", fit_limited_model)


@pytest.fixture(params=["plain", "mixed", "several", "baselined"])
def context(request, monkeypatch):
    """A context in which suggestions, too, are made from models that know means and variances only."""

    def hidden(fit):
        def make(view):
            model = fit(view)
            return replace(model, surrogate=Surrogate(tuple(MeanAndVariance(m) for m in model.surrogate.models)))

        return make

    client = request.getfixturevalue(request.param)
    for place in ("analyses.context", "suggest.best"):
        monkeypatch.setattr(f"axnb.{place}.fit_readable_model", hidden(fit_readable_model))
    for place in ("analyses.shared.prospects", "suggest.stopping"):
        monkeypatch.setattr(f"axnb.{place}.fit_model", hidden(fit_model))
    return client.analysis_context()


@pytest.mark.parametrize("name", NAMES)
def test_no_card_fails_of_a_model_that_only_predicts(name, context):
    for card in compute_card(made(name), context).flatten():
        assert card.kind != "error", card.blob
        assert card.subtitle.endswith(".")


@pytest.mark.parametrize("analysis", [SlicePlot(), WhatIf(), SuggestionExplanation(), ModelHealth()])
def test_what_needs_predictions_alone_is_shown(analysis, context):
    assert compute_card(analysis, context).kind == "card"


def test_the_health_of_such_a_model_is_told_without_what_it_cannot_say(context):
    frame = ModelHealth().compute(context).df
    assert frame["r2"].isna().all()
    assert (frame["verdict"] == "not known").all()
    assert np.isfinite(frame["noise_share"]).all()


def test_every_capability_has_a_method():
    assert {f.name for f in fields(Capabilities)} == METHODS.keys()


@pytest.mark.parametrize("name", ["plain", "mixed", "several"])
def test_no_card_of_the_overview_fails(limited, request, name):
    client = request.getfixturevalue(name)
    cards = [c for group in compute_cards(None, client.analysis_context()) for c in group.flatten()]
    assert not [c.subtitle for c in cards if isinstance(c, ErrorAnalysisCard)]
    assert sum(type(c) is AnalysisCard for c in cards) >= 4


def test_what_needs_more_says_so(limited, plain):
    context = plain.analysis_context()
    for analysis in (CrossValidationPlot(), SensitivityAnalysisPlot(), TopSurfacesAnalysis()):
        card = compute_card(analysis, context)
        assert card.title.endswith("does not apply here")
        assert "this model knows means and variances only" in card.subtitle
    assert context.importance("loss") == {}


def test_such_a_model_keeps_the_protocol(plain):
    from axnb.surrogate.surrogate import fit

    check_outcome_model(lambda data: MeanAndVariance(fit([data]).models[0]))
    assert np.isfinite(plain.analysis_context().predictions_at_arms()[0]["loss"]).all()
