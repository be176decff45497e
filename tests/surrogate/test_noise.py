"""A noisy function is known as well as its results allow, whatever their number, with standard errors or without."""

import numpy as np
import pytest

from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.surrogate import fit, predict_outcome


def make_noisy(n, d=4, noise=1.0, known=False, seed=0, direction=1):
    """Return results of a function of four columns, with noise in its standard deviations, and a test of them."""
    g = np.random.default_rng(seed)
    X, asked = g.random((n, d)), g.random((400, d))
    f, truth = (np.sin(4 * A[:, 0]) + (A[:, 1] ** 2 + A[:, 2] * A[:, 3] if d > 3 else 0.0) for A in (X, asked))
    sd = noise * truth.std()
    sem = np.full(n, sd if known else np.nan)
    data = MetricData(name="y", X=X, y=f + sd * g.normal(size=n), sem=sem, direction=direction)
    return data, asked, truth


def score(model, asked, truth):
    """Return R² and the share of the points whose true value the 95 % interval holds."""
    mean, sd = predict_outcome(model, asked)
    return 1.0 - ((truth - mean) ** 2).mean() / truth.var(), (np.abs(truth - mean) <= 1.96 * sd).mean()


def mean_score(seeds=4, **options):
    found = []
    for seed in range(seeds):
        data, asked, truth = make_noisy(seed=seed, **options)
        found.append(score(fit([data]).models[0], asked, truth))
    return np.mean(found, axis=0)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(("n", "least"), [(60, 0.7), (150, 0.84)])
def test_known_standard_errors_make_the_model_better(n, least, direction):
    known, coverage = mean_score(n=n, known=True, direction=direction)
    assert known > least  # 0.54, and 54 % of the points, where the slope of a warp was taken at the results
    assert 0.88 <= coverage <= 0.99
    assert known > mean_score(n=n, known=False, direction=direction)[0] - 0.02


@pytest.mark.parametrize(
    ("n", "d", "noise", "least"),
    [(60, 4, 1.0, 0.65), (250, 4, 1.0, 0.91), (250, 4, 2.0, 0.65), (600, 4, 1.0, 0.95), (250, 20, 0.5, 0.9)],
)
def test_noise_of_a_table_is_recognised(n, d, noise, least):
    # R² of 0.10, 0.79 and 0.46 of the first three where searches started from next to no noise
    r2, coverage = mean_score(n=n, d=d, noise=noise, seeds={60: 8, 250: 6, 600: 2}[n])
    assert r2 > least
    assert 0.88 <= coverage <= 0.99


def test_many_noisy_results_push_no_hyperparameter_to_its_bound():
    data, asked, truth = make_noisy(1000, d=6)
    model = fit([data]).models[0]
    r2, coverage = score(model, asked, truth)
    assert r2 > 0.95
    assert 0.88 <= coverage <= 0.99
    h = model.process.hyperparameters
    assert 0.3 < h.noise < 0.7
    assert h.lengthscales.min() > 0.1
    assert 0.05 < h.outputscale < 20.0


def test_noise_is_recognised_after_a_few_results():
    found = []
    for seed in range(10):
        data, _, _ = make_noisy(8, d=1, noise=2.0, seed=seed)
        found.append(fit([data]).models[0].data.inferred_noise > 0.05)
    assert np.mean(found) >= 0.6


def test_a_smooth_function_without_noise_is_not_taken_for_noisy():
    for n in (10, 40, 120):
        X = np.random.default_rng(0).random((n, 2))
        y = np.sin(4 * X[:, 0]) + X[:, 1] ** 2
        data = MetricData(name="y", X=X, y=y, sem=np.full(n, np.nan), direction=1)
        model = fit([data]).models[0]
        assert model.data.inferred_noise < 0.01
