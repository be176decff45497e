"""The model for people keeps a metric's own scale unless the warp is far better."""

import math

import numpy as np
import pytest

from axnb import Client, RangeParameterConfig
from axnb.suggest.fitting import fit_model
from axnb.suggest.reading import fit_readable_model


def run(function, points):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("-y")
    for x in points:
        client.complete_trial(client.attach_trial({"x": x}), {"y": function(x)})
    return client.experiment.view()


def near_the_optimum(k):
    return [0.3 + 0.2 * (-0.6) ** j for j in range(k)] + [0.0, 1.0, 0.8, 0.1]


def test_many_results_near_the_optimum_do_not_flatten_the_map():
    view = run(lambda x: (x - 0.3) ** 2, near_the_optimum(14))
    assert not fit_model(view).surrogate.models[0].is_affine
    model = fit_readable_model(view)
    assert model.surrogate.models[0].is_affine
    for x in (0.05, 0.6, 0.9):
        mean, sem = model.predict([{"x": x}])[0]["y"]
        assert abs(mean - (x - 0.3) ** 2) < 0.01
        assert sem < 0.05


def test_a_warp_that_explains_far_more_is_kept():
    view = run(lambda x: math.exp(30 * x), [k / 11 for k in range(12)])
    assert fit_readable_model(view) is fit_readable_model(view)
    assert not fit_readable_model(view).surrogate.models[0].is_affine


def test_a_model_without_a_warp_is_the_same_model():
    view = run(lambda x: math.sin(9 * x), [k / 9 for k in range(10)])
    if fit_model(view).surrogate.models[0].is_affine:
        assert fit_readable_model(view).predict([{"x": 0.4}]) == fit_model(view).predict([{"x": 0.4}])
    else:
        mean, _ = fit_readable_model(view).predict([{"x": 0.4}])[0]["y"]
        assert abs(mean - math.sin(3.6)) < 0.1


def test_the_best_point_has_the_value_that_is_predicted_for_it():
    g = np.random.default_rng(0)
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig(n, (0.0, 1.0), "float") for n in "ab"])
    client.configure_optimization("y")
    for a, b in g.random((40, 2)).tolist():
        value = math.exp(2.0 * math.sin(4.0 * a) + b)
        client.complete_trial(client.attach_trial({"a": a, "b": b}), {"y": (value + 2.0 * g.normal(), 2.0)})
    best = client.get_best_parameterization()
    (predicted,) = client.predict([best.parameters])
    assert best.values["y"] == pytest.approx(predicted["y"])
    assert abs(best.values["y"][0] - math.exp(2.0 * math.sin(4.0 * best.parameters["a"]) + best.parameters["b"])) < 4.0
