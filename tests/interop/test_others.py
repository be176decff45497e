"""BayBE's JSON, results of scikit-optimize, and tensors."""

import base64
import json
import os
import pickle
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from axnb.errors import AxnbWarning, ObjectNotFoundError, SnapshotError, UserInputError
from axnb.interop import from_baybe, from_scikit_optimize, from_tensors

SAMPLES = Path(__file__).parent / "samples"  # written by BayBE 0.15


def test_a_discrete_campaign_is_read_whole():
    client = from_baybe(SAMPLES / "baybe-discrete.json", random_seed=0)
    table = client.summarize()
    assert table[["T", "solvent", "yield"]].to_numpy().tolist() == [
        [60.0, "DMF", 1.0],
        [20.0, "water", 2.0],
        [60.0, "water", 3.0],
    ]
    assert client.experiment.view().search_space["T"].is_ordered
    assert str(client.experiment.view().optimization) == "yield"
    assert len(client.get_next_trials(1)) == 1


def test_a_continuous_campaign_keeps_its_constraint_and_its_two_targets():
    view = from_baybe(SAMPLES / "baybe-continuous.json").experiment.view()
    assert str(view.optimization) == "a, -b"
    assert [str(c) for c in view.search_space.constraints] == ["x + y <= 2"]
    assert len(view.trials) == 2


def _campaign(tmp_path, **changes):
    found = json.loads((SAMPLES / "baybe-discrete.json").read_text())
    path = tmp_path / "campaign.json"
    path.write_text(json.dumps(found | changes))
    return path


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    path = _campaign(tmp_path, measurements_exp=base64.b64encode(pickle.dumps(Evil())).decode())
    with pytest.raises(SnapshotError, match=r"a table does not need posix\.mkdir"):
        from_baybe(path)
    assert not (tmp_path / "made").exists()


def test_a_target_to_be_matched_leaves_the_goal_to_the_user(tmp_path):
    target = {"name": "yield", "mode": "MATCH", "transformation": {"type": "TriangularTransformation"}}
    path = _campaign(tmp_path, objective={"type": "SingleTargetObjective", "target": target})
    with pytest.warns(AxnbWarning, match="the goal, as target 'yield' has mode MATCH: call configure_optimization"):
        client = from_baybe(path)
    client.configure_optimization("yield")
    assert client.summarize()["yield"].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"searchspace": 3}', "\x00"])
def test_what_is_no_campaign_is_said(text, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(SnapshotError, match="is no campaign of BayBE"):
        from_baybe(path)
    with pytest.raises(ObjectNotFoundError, match="there is no file"):
        from_baybe(tmp_path / "none.json")


def _dimension(kind, **fields):
    return type(kind, (), fields)()


def test_a_result_of_scikit_optimize_is_read_whole():
    dimensions = [
        _dimension("Real", name="lr", low=1e-3, high=1.0, prior="log-uniform"),
        _dimension("Integer", name=None, low=1, high=5, prior="uniform"),
        _dimension("Categorical", name="c", categories=("a", "b"), prior=None),
    ]
    result = SimpleNamespace(
        space=SimpleNamespace(dimensions=dimensions),
        x_iters=[[0.01, np.int64(3), "b"], [0.1, 5, "a"]],
        func_vals=np.array([2.0, np.nan]),
    )
    view = from_scikit_optimize(result).experiment.view()
    assert view.search_space["lr"].log_scale
    assert view.search_space["x1"].parameter_type == "int"
    assert dict(view.trials[0].arm.parameters) == {"lr": 0.01, "x1": 3, "c": "b"}
    assert [t.status.name for t in view.trials.values()] == ["COMPLETED", "FAILED"]
    assert str(view.optimization) == "-value"


def test_what_is_no_result_is_said():
    with pytest.raises(UserInputError, match="expected a result of scikit-optimize"):
        from_scikit_optimize({"x": 1})


def test_tensors_with_their_variances_and_a_constraint():
    X = torch.tensor([[0.1, 5.0], [0.9, 2.0], [0.5, 7.0]], dtype=torch.float64)
    Y = torch.tensor([[1.0, 3.0], [2.0, 9.0], [float("nan"), 1.0]])
    bounds = torch.tensor([[0.0, 0.0], [1.0, 10.0]])
    client = from_tensors(X, Y, bounds, torch.full_like(Y, 0.04), outcome_constraints=["y1 <= 5"])
    view = client.experiment.view()
    assert str(view.optimization) == "y0"
    assert view.trials[0].data[0].sem == pytest.approx(0.2)
    assert [t.status.name for t in view.trials.values()] == ["COMPLETED", "COMPLETED", "FAILED"]
    assert client.get_best_parameterization(use_model_predictions=False)[0] == {"x0": 0.1, "x1": 5.0}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (dict(train_X=[[0.1]], train_Y=[1.0, 2.0], bounds=[[0], [1]]), "train_Y must be 1 x 1"),
        (dict(train_X=[[0.1]], train_Y=[1.0], bounds=[[0, 0], [1, 1]]), "bounds must be 2 x 1"),
        (dict(train_X=[["a"]], train_Y=[1.0], bounds=[[0], [1]]), "train_X must be a tensor or an array"),
        (dict(train_X=[[0.1]], train_Y=[1.0], bounds=[[0], [1]], metric_names=["a", "b"]), "metric_names must be 1"),
        (dict(train_X=[[0.1]], train_Y=[1.0], bounds=[[0], [1]], parameter_names=[3]), "parameter_names must be 1"),
        (dict(train_X=[], train_Y=[1.0], bounds=[[0], [1]]), "must have two dimensions and no empty one"),
    ],
)
def test_shapes_that_do_not_fit_are_said(given, said):
    with pytest.raises(UserInputError, match=said):
        from_tensors(**given)
