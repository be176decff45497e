"""Draws of posteriors as functions have the moments of the posterior, and are functions."""

import numpy as np
import pytest

from axnb.surrogate import torch_models
from axnb.surrogate.botorch_model import fit_botorch_model
from axnb.surrogate.model_library import make_saas
from axnb.surrogate.model_spec import ModelSpec
from axnb.surrogate.torch_draws import draw_function
from axnb.testing.outcome_models import make_example
from tests.surrogate.test_botorch_model import PARTS

import torch  # isort: skip


@pytest.mark.parametrize("spec", [PARTS["kernel as an option"], PARTS["networks"], ModelSpec(make_saas)])
def test_draws_have_the_moments_of_the_posterior(spec):
    model = fit_botorch_model(make_example(), spec)
    rng = np.random.default_rng(2)
    candidates, rows = (torch.tensor(rng.random((n, 3))) for n in (64, 3))
    torch.manual_seed(0)
    with torch_models.torch_at_work():
        draws = torch.stack([draw_function(model.model, candidates)(rows)[:, 0] for _ in range(400)]).numpy()
        again = draw_function(model.model, candidates)
        assert torch.equal(again(rows), again(rows))
    mean, variance = model.posterior(rows.numpy())
    assert (np.abs(draws.mean(0) - mean) < 5.0 * np.sqrt(variance / 400) + 0.02).all()
    assert (draws.std(0) < 1.25 * np.sqrt(variance) + 1e-6).all()  # between candidates a draw is smoother
    assert (draws.std(0) > 0.5 * np.sqrt(variance)).all()
