"""Several metrics, asked in their own units."""

import numpy as np
import pytest

from axnb.errors import ModelError, UnknownNameError
from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.surrogate import estimate_reading_noise, fit, predict_left_out
from tests.surrogate.helpers import make_rough, to_data


def test_predictions_are_in_the_metrics_units():
    X, y = make_rough()
    surrogate = fit([to_data(X, y), to_data(X, 1e6 - 1e3 * X[:, 0], name="other")])
    mean, sd = surrogate.predict(X)
    np.testing.assert_allclose(mean[:, 0], y, rtol=0.1, atol=0.1)
    np.testing.assert_allclose(mean[:, 1], 1e6 - 1e3 * X[:, 0], rtol=1e-4)
    assert (sd > 0).all()


@pytest.mark.parametrize("scale", [1e-15, 1e15])
def test_the_unit_of_a_metric_changes_nothing_else(scale):
    X, y = make_rough()
    small, large = fit([to_data(X, y, direction=-1)]), fit([to_data(X, scale * y, direction=-1)])
    np.testing.assert_allclose(large.predict(X)[0], scale * small.predict(X)[0], rtol=1e-5)
    np.testing.assert_allclose(large.predict(X)[1], scale * small.predict(X)[1], rtol=1e-3)


def test_an_enormous_outlier_leaves_the_rest_alone():
    X, y = make_rough()
    y[3] = 1e30
    mean, _ = fit([to_data(X, y, direction=-1)]).predict(X)
    rest = np.arange(len(y)) != 3
    assert np.corrcoef(np.log(np.abs(mean[rest, 0]) + 1e-9), np.log(y[rest]))[0, 1] > 0.5


def test_leave_one_out_is_in_the_metrics_units_and_calibrated():
    X, y = make_rough(60)
    observed, mean, sd = predict_left_out(fit([to_data(X, y, direction=-1)]).models[0])
    np.testing.assert_array_equal(observed, y)
    assert np.corrcoef(mean, y)[0, 1] > 0.9
    assert np.mean(np.abs(y - mean) < 3 * sd) > 0.85


def test_metrics_may_be_measured_at_different_rows():
    X, y = make_rough()
    mean, _ = fit([to_data(X, y), to_data(X[:5], y[:5], name="few")]).predict(X[:3])
    assert mean.shape == (3, 2)


def test_a_metric_without_results_is_refused():
    with pytest.raises(ModelError, match="'y'"):
        fit([to_data(np.zeros((0, 2)), np.zeros(0))])


def test_a_metric_that_is_not_modelled_is_said():
    X, y = make_rough(8)
    surrogate = fit([to_data(X, y, name="loss")])
    assert surrogate["loss"].name == "loss"
    with pytest.raises(UnknownNameError, match=r"no model of 'lss'; there are models of 'loss'\. Did you mean 'loss'"):
        surrogate["lss"]


def test_the_noise_of_a_reading_is_what_most_results_say_of_it():
    X = np.linspace(0, 1, 9)[:, None]
    y = np.sin(5 * X[:, 0])
    told, untold = np.full(9, 0.25), np.full(9, np.nan)
    few, most = np.where(np.arange(9) < 4, 0.25, np.nan), np.where(np.arange(9) < 5, 0.25, np.nan)

    def noise(sem):
        return estimate_reading_noise(fit([MetricData(name="y", X=X, y=y, sem=sem)])["y"])

    assert noise(told) == noise(most) == 0.25
    assert noise(few) != 0.25
    assert noise(untold) < 0.1
