"""The script of a model and an acquisition runs without axnb, and comes to the same."""

import json
import subprocess
import sys

import numpy as np
import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.errors import DataRequiredError, UnsupportedError
from axnb.suggest.acquisition.acquisition_spec import AcquisitionSpec
from axnb.suggest.acquisition.builder import build_acquisition
from axnb.suggest.fitting import fit_model
from axnb.suggest.generators.base import build_request
from axnb.suggest.search.optimize import maximise
from axnb.surrogate import torch_models  # noqa: F401 - imports PyTorch, quietly
from axnb.surrogate.botorch_conversion import read_posterior
from axnb.surrogate.model_spec import ModelSpec

from botorch.acquisition import qLogExpectedImprovement, qLogNoisyExpectedImprovement  # isort: skip
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.models import SingleTaskGP
from gpytorch.kernels import MaternKernel

ROWS = np.random.default_rng(5).random((4, 2))
ASK = f"""
import json, sys
rows = tensor({ROWS.tolist()})
with torch.no_grad():
    posterior = model.posterior(rows)
    scores = acquisition(rows[:, None])
    best = acquisition(candidate[None, None])
told = {{"mean": posterior.mean.tolist(), "variance": posterior.variance.tolist(), "scores": scores.tolist()}}
told |= {{"best": best.tolist(), "parameters": parameters, "axnb": "axnb" in sys.modules}}
print(json.dumps(told))
"""


def client_with(trials=8, objective="-loss", constraints=(), parameter_constraints=None, kinds=None, **parts):
    client = Client(random_seed=0)
    parameters = [
        RangeParameterConfig("a", (0.0, 2.0), "float"),
        RangeParameterConfig("b", (1.0, 100.0), "float", scaling="log")
        if parameter_constraints is None
        else RangeParameterConfig("b", (0.0, 1.0), "float"),
    ]
    if kinds:
        parameters[1] = ChoiceParameterConfig("b", kinds, "str", is_ordered=False)
    client.configure_experiment(parameters, parameter_constraints)
    client.configure_optimization(objective, list(constraints) or None)
    client.configure_tracking_metrics(["weight"])
    client.configure_generation_strategy(**parts)
    for _ in range(trials):
        for index, p in client.get_next_trials(max_trials=1).items():
            b = 0.2 * len(str(p["b"])) if kinds else float(p["b"]) / (100.0 if parameter_constraints is None else 1.0)
            loss = (p["a"] - 1.4) ** 2 + (b - 0.2) ** 2
            client.complete_trial(index, raw_data={"loss": loss, "weight": p["a"] + b})
    return client


def run(client, tmp_path):
    path = tmp_path / "script.py"
    path.write_text(client.to_botorch_script() + ASK)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def make_smooth(train_X, train_Y, nu=2.5):
    from botorch.models import SingleTaskGP
    from gpytorch.kernels import MaternKernel, ScaleKernel

    return SingleTaskGP(train_X, train_Y, covar_module=ScaleKernel(MaternKernel(nu=nu)))


CASES = {
    "ours": {},
    "ours, constrained": {"constraints": ["weight <= 1.2"], "parameter_constraints": ["a + b <= 1.8"]},
    "ours, choice without order": {"kinds": ["p", "qq", "rrr"]},
    "nothing feasible": {"constraints": ["weight <= -5"]},
    "library's model and acquisition": {"model": SingleTaskGP, "acquisition": qLogExpectedImprovement},
    "own model": {"model": ModelSpec(make_smooth, {"nu": 1.5}), "acquisition": qLogNoisyExpectedImprovement},
    "constraint by draws": {"acquisition": qLogNoisyExpectedImprovement, "constraints": ["weight <= 1.2"]},
    "constraint in the objective": {"acquisition": "ucb", "constraints": ["weight <= 1.2"]},
    "several objectives": {"acquisition": qLogNoisyExpectedHypervolumeImprovement, "objective": "-loss, -weight"},
}


FAST = ("ours", "ours, constrained", "library's model and acquisition")


@pytest.mark.parametrize("name", [n if n in FAST else pytest.param(n, marks=pytest.mark.slow) for n in CASES])
def test_the_script_comes_to_the_same(name, tmp_path):
    client = client_with(**CASES[name])
    told = run(client, tmp_path)
    assert not told["axnb"]
    view = client.experiment.view()
    request, fitted = build_request(view, None), fit_model(view)
    built = build_acquisition(request, fitted)
    acquisition = built.acquisition
    metrics = view.optimization.metric_names
    mean, variance = read_posterior(fitted.botorch_model, ROWS)
    columns = [fitted.metric_names.index(n) for n in metrics]
    assert np.allclose(np.array(told["mean"]), mean[:, columns], rtol=1e-6, atol=1e-8)
    assert np.allclose(np.array(told["variance"]), variance[:, columns], rtol=1e-5, atol=1e-8)
    assert np.allclose(told["scores"], acquisition.value(ROWS), rtol=1e-4, atol=1e-6)
    _, best = maximise(acquisition, request.region(built.seeds), np.random.default_rng(0))
    assert abs(told["best"][0] - best) <= 0.03 * max(abs(best), 1.0)


def test_pending_trials_are_in_the_script(tmp_path):
    client = client_with(acquisition=qLogExpectedImprovement)
    client.get_next_trials(max_trials=1)
    text = client.to_botorch_script()
    assert "X_pending=tensor(" in text
    ours = client_with()
    before = ours.to_botorch_script()
    ours.get_next_trials(max_trials=1)
    assert len(ours.to_botorch_script()) > len(before)  # the model knows one row more


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"method": "quality"}, "averages of several models"),
        ({"objective": "-loss, -weight"}, "exact hypervolume improvement has no counterpart"),
        ({"acquisition": "knowledge_gradient", "trials": 5}, "is not maximised as BoTorch does"),
        (
            {
                "model": ModelSpec(SingleTaskGP, {"covar_module": MaternKernel()}),
                "acquisition": qLogExpectedImprovement,
            },
            "is an object",
        ),
        ({"acquisition": AcquisitionSpec(qLogExpectedImprovement, {"objective": object()})}, "is an object"),
        ({"parameter_constraints": ["a + b == 1.0"]}, "equations"),
    ],
)
def test_what_has_no_words_in_botorch_is_said(given, words):
    client = client_with(trials=0, **{k: v for k, v in given.items() if k != "trials"})
    for i in range(6):
        b = 0.1 * i
        point = {
            "a": 1.0 - b if "parameter_constraints" in given else 0.3 * i,
            "b": b if "parameter_constraints" in given else 1.0 + i,
        }
        client.complete_trial(client.attach_trial(point), {"loss": 0.1 * i, "weight": 1.0 - 0.1 * i})
    with pytest.raises(UnsupportedError, match=words):
        client.to_botorch_script()


def test_there_is_no_script_without_results():
    with pytest.raises(DataRequiredError, match="no results"):
        client_with(trials=0).to_botorch_script()
