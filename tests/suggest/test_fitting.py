"""The shared fit: what it learns from, its purity, its cache."""

import subprocess
import sys

import numpy as np
import pytest

from axnb.errors import DataRequiredError, NotConfiguredError, UserInputError
from axnb.record.events import DataAttached, MetricsTracked
from axnb.record.experiment import Experiment
from axnb.record.trial import Observation, TrialStatus
from axnb.suggest.fitting import fit_model, recorded_start
from axnb.surrogate.encoder import Encoder
from tests.suggest.helpers import Bench, bowl, choice, number


def test_the_same_state_is_fitted_once_and_another_again():
    bench = Bench()
    bench.run(bowl, 6)
    model = fit_model(bench.view)
    assert fit_model(bench.view) is model
    bench.create({"x": 0.5, "y": 0.1})  # nothing new to learn from
    assert fit_model(bench.view) is model
    bench.done({"x": 0.5, "y": 0.11}, f=1.0)
    assert fit_model(bench.view) is not model


def test_looking_at_the_model_changes_no_suggestion():
    looked, not_looked = Bench(), Bench()
    for bench in (looked, not_looked):
        for _ in range(8):
            bench.run(bowl, 1)
            if bench is looked:
                fit_model(bench.view).sensitivity("f")
    assert looked.suggest()[0].parameters == not_looked.suggest()[0].parameters


def test_the_fit_starts_where_the_newest_suggestion_stood():
    bench = Bench()
    bench.run(bowl, 7)
    start = recorded_start(bench.view, Encoder(bench.view.search_space))["f"]
    recorded = dict(bench.view.trials[6].provenance.models[0].hyperparameters)
    assert start.lengthscales.tolist() == [recorded["lengthscale.x"], recorded["lengthscale.y"]]


def test_it_learns_from_running_completed_and_stopped_trials_only():
    bench = Bench()
    for k, status in enumerate(
        [None, TrialStatus.COMPLETED, TrialStatus.EARLY_STOPPED, TrialStatus.FAILED, TrialStatus.ABANDONED]
    ):
        index = bench.create({"x": 0.1 * k, "y": 0.5})
        bench.data(index, f=float(k))
        if status is not None:
            bench.end(index, status)
    assert [a.trial_index for a in fit_model(bench.view).arms] == [0, 1, 2]


def test_it_learns_from_the_last_step():
    bench = Bench()
    index = bench.create({"x": 0.1, "y": 0.5})
    rows = tuple(
        Observation(metric="f", arm_name="0_0", mean=m, step=s) for m, s in ((3.0, 2.0), (9.0, 10.0), (1.0, 1.0))
    )
    bench.experiment.record([DataAttached(index=index, rows=rows)])
    assert fit_model(bench.view).leave_one_out()["f"][0].tolist() == [9.0]


def test_predictions_and_leave_one_out_are_in_the_metrics_units():
    bench = Bench(objective="-f")
    bench.experiment.record([MetricsTracked(names=("extra",))])
    for x, y in np.random.default_rng(0).random((10, 2)).tolist():
        bench.done({"x": x, "y": y}, f=500.0 + 100 * x, extra=7.0)
    model = fit_model(bench.view)
    assert model.metric_names == ("f", "extra")
    (found,) = model.predict([{"x": 0.5, "y": 0.5}])
    assert found["f"][0] == pytest.approx(550.0, abs=2.0)
    assert found["extra"][0] == pytest.approx(7.0)
    observed, mean, sd = model.leave_one_out()["f"]
    assert [a.outcomes["f"][0] for a in model.observed_arms("f")] == observed.tolist()
    np.testing.assert_allclose(mean, observed, atol=10.0)
    assert (sd > 0).all()


def test_sensitivity_names_the_parameter_that_matters():
    bench = Bench((number("x"), choice("c", "a", "b", "c"), number("i", 1, 9, parameter_type="int")))
    bench.run(lambda p: {"f": {"a": 0.0, "b": 5.0, "c": 1.0}[p["c"]] + 0.01 * p["x"]}, 16)
    found = fit_model(bench.view).sensitivity("f")
    assert found.parameters == ("x", "c", "i")
    assert found.first[1] > 0.9
    assert found.signs[1] == 0


def test_the_additive_share_is_recorded_and_the_next_fit_starts_from_it():
    bench = Bench(tuple(number(n) for n in "abc"))
    for point in np.random.default_rng(0).random((25, 3)).tolist():
        bench.done(dict(zip("abc", point, strict=True)), f=float(np.sin(6 * np.array(point)).sum()))
    model = fit_model(bench.view)
    share = dict(model.surrogate["f"].summarize(model.encoder.names))["additive"]
    assert share > 0.5
    assert dict(model.hyperparameters[0].hyperparameters)["additive"] == pytest.approx(share, rel=1e-4)
    (suggestion,) = bench.suggest()
    bench.create(suggestion.parameters, suggestion.provenance)
    assert recorded_start(bench.view, model.encoder)["f"].additive == pytest.approx(share, rel=1e-4)


def test_what_is_missing_is_said():
    with pytest.raises(NotConfiguredError):
        fit_model(Experiment().view())
    bench = Bench(outcome_constraints=["w <= 1"])
    with pytest.raises(DataRequiredError, match="'f', 'w'"):
        fit_model(bench.view)
    bench.done({"x": 0.1, "y": 0.1}, f=1.0)
    with pytest.raises(DataRequiredError, match="'w'"):
        fit_model(bench.view)
    bench.done({"x": 0.1, "y": 0.2}, f=1.0, w=1.0)
    with pytest.raises(UserInputError, match="'y'"):
        fit_model(bench.view).predict([{"x": 0.5}])


def test_one_result_is_enough_for_a_model():
    bench = Bench()
    bench.done({"x": 0.1, "y": 0.1}, f=(3.0, 0.1))
    assert fit_model(bench.view).predict([{"x": 0.1, "y": 0.1}])[0]["f"][0] == pytest.approx(3.0, abs=0.1)


def test_single_and_multi_objective_suggestions_never_load_torch():
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from tests.suggest.helpers import Bench, bowl\n"
        "Bench().run(bowl, 6)\n"
        "bench = Bench(objective='f, g', outcome_constraints=['h <= 3'])\n"
        "bench.run(lambda p: bowl(p) | {'g': p['x'], 'h': p['y']}, 6)\n"
        "assert not {'torch', 'pandas', 'plotly'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_botorch_model_lies_on_the_device_of_the_options():
    for device in (None, "cpu"):
        bench = Bench(torch_device=device)
        bench.run(bowl, 6)
        model = fit_model(bench.view)
        botorch = model.botorch_model
        assert {p.device.type for p in botorch.parameters()} == {"cpu"}
        import torch

        X = np.random.default_rng(0).random((4, 2))
        found = botorch.posterior(torch.as_tensor(X)).mean[:, 0].detach().numpy()
        assert found == pytest.approx(model.surrogate["f"].posterior(X)[0], abs=1e-6)


@pytest.mark.parametrize("device", ["nowhere", "cuda"])
def test_a_device_that_is_not_there_is_said(device):
    import torch

    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("there is one here")
    bench = Bench(torch_device=device)
    bench.run(bowl, 6)  # our own numerics need no device
    with pytest.raises(UserInputError, match=f"torch_device '{device}' cannot be used"):
        _ = fit_model(bench.view).botorch_model


@pytest.mark.parametrize("size", [1e-310, 1e-290, 1e290, 1e308])
def test_results_of_any_size_are_modelled(size):
    bench = Bench()
    for k in range(6):
        bench.done({"x": k / 6, "y": 0.5}, f=size * ((k % 4 - 1) / 2))
    (suggestion,) = bench.suggest()
    assert np.isfinite(suggestion.provenance.acquisition_value)
    model = fit_model(bench.view)
    assert model.leave_one_out()["f"][0].tolist() == [size * ((k % 4 - 1) / 2) for k in range(6)]  # as given
    mean, sd = model.predict_encoded(np.array([[0.2, 0.5]]))
    assert np.isfinite(mean).all()
    assert np.isfinite(sd).all()
