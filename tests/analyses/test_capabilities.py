"""Cards of models that can do little: they show less, and none fails."""

from dataclasses import replace

import numpy as np
import pytest

from axnb.analyses import (
    CrossValidationPlot,
    ModelHealth,
    ScatterPlot,
    SensitivityAnalysisPlot,
    SlicePlot,
    SuggestionExplanation,
    WhatIf,
)
from axnb.analyses.compute import compute_card
from axnb.errors import UnsupportedError
from axnb.suggest.fitting import fit_model
from axnb.suggest.reading import fit_readable_model
from axnb.surrogate.outcome_model import Capabilities, OutcomeModel
from axnb.surrogate.surrogate import Surrogate
from tests.analyses.test_gallery import NAMES, made

NOTHING = Capabilities(
    gradients=False,
    joint_covariance=False,
    conditioning=False,
    sampling=False,
    refitting=False,
    prior_correlation=False,
    leave_one_out="none",
    sensitivity="none",
    botorch="none",
)
SAID = ("name", "data", "is_affine", "transform", "transform_slope", "untransform", "untransform_moments", "posterior")


class Opaque:
    """A model that predicts, and can do nothing else."""

    capabilities = NOTHING

    def __init__(self, model):
        self.model = model

    @property
    def components(self):
        return ((1.0, self),)

    def summarize(self, columns):
        return ()

    def __getattr__(self, name):
        if name in SAID:
            return getattr(self.model, name)
        if name in dir(OutcomeModel):
            return lambda *a, **k: refuse(name)
        raise AttributeError(name)


def refuse(name):
    raise UnsupportedError(f"This model has no {name}.")


@pytest.fixture(params=["plain", "mixed", "several", "baselined"])
def context(request, monkeypatch):
    def hidden(fit):
        def make(view):
            model = fit(view)
            return replace(model, surrogate=Surrogate(tuple(Opaque(m) for m in model.surrogate.models)))

        return make

    client = request.getfixturevalue(request.param)
    for place, fit in (
        ("analyses.context.fit_readable_model", fit_readable_model),
        ("analyses.shared.prospects.fit_model", fit_model),
        ("suggest.stopping.fit_model", fit_model),
        ("suggest.best.fit_model", fit_model),
    ):
        monkeypatch.setattr(f"axnb.{place}", hidden(fit))
    return client.analysis_context()


@pytest.mark.parametrize("name", NAMES)
def test_no_card_fails_of_a_model_that_only_predicts(name, context):
    for card in compute_card(made(name), context).flatten():
        assert card.kind != "error", card.blob
        assert card.subtitle.endswith(".")


@pytest.mark.parametrize("analysis", [SlicePlot(), WhatIf(), SuggestionExplanation(), ModelHealth()])
def test_what_needs_predictions_alone_is_shown(analysis, context):
    assert compute_card(analysis, context).kind == "card"


def test_what_needs_more_says_so(context):
    for analysis in (SensitivityAnalysisPlot(), CrossValidationPlot(context.metric())):
        card = compute_card(analysis, context)
        assert card.kind == "not applicable"
        assert "model" in card.subtitle


def test_the_health_of_such_a_model_is_told_without_what_it_cannot_say(context):
    frame = ModelHealth().compute(context).df
    assert frame["r2"].isna().all()
    assert (frame["verdict"] == "not known").all()
    assert np.isfinite(frame["noise_share"]).all()


def test_pictures_of_predictions_at_arms_need_no_more(several, monkeypatch):
    context = several.analysis_context()
    model = context.model
    opaque = replace(model, surrogate=Surrogate(tuple(Opaque(m) for m in model.surrogate.models)))
    monkeypatch.setattr("axnb.analyses.context.fit_readable_model", lambda view: opaque)
    usual = ScatterPlot().compute(context).df
    shown = ScatterPlot().compute(several.analysis_context()).df
    assert shown.equals(usual)
