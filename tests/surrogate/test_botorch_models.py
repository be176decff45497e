"""One BoTorch model a metric, the best of several, one for all: what each metric's model then says."""

from dataclasses import replace

import numpy as np
import pytest

from axnb.errors import ModelError, UnknownNameError, UnsupportedError, UserInputError
from axnb.surrogate import torch_models  # noqa: F401 - imports PyTorch, quietly
from axnb.surrogate.botorch_models import fit_botorch_models
from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.held_out import score_held_out
from axnb.surrogate.model_config import ModelConfig
from axnb.surrogate.model_inputs import ModelColumns, build_arguments
from axnb.surrogate.model_spec import ModelChoice, ModelSpec, as_model
from axnb.testing import check_outcome_model

import torch  # isort: skip
from botorch.models import MultiTaskGP, SingleTaskGP
from botorch.models.transforms.input import InputStandardize, Warp
from gpytorch.kernels import MaternKernel, ScaleKernel

PLAIN = ModelColumns.continuous(2)
ROWS = np.random.default_rng(4).random((18, 2))


def make_results(name, function, rows=ROWS):
    return MetricData(name=name, X=rows, y=function(rows), sem=np.full(len(rows), np.nan))


def smooth(X):
    return np.sin(5.0 * X[:, 0]) + X[:, 1]


def step(X):
    return np.floor(4.0 * X[:, 0]) + 10.0 * (X[:, 1] > 0.5)


def constant(train_X, train_Y):
    """A process that has learnt nothing of the inputs."""
    model = SingleTaskGP(train_X, train_Y)
    model.covar_module.lengthscale = 1e3
    return model


KNOWS_NOTHING = ModelSpec(constant, fit=lambda model: None)


def broken(train_X, train_Y):
    raise RuntimeError("on purpose")


@pytest.mark.parametrize("criterion", ["rank_correlation", "mean_squared_error", "log_likelihood"])
@pytest.mark.parametrize("order", [1, -1])
def test_the_model_that_predicts_best_is_chosen(criterion, order):
    specs = (KNOWS_NOTHING, ModelSpec(SingleTaskGP), ModelSpec(broken))[::order]
    found = fit_botorch_models([make_results("y", smooth)], ModelChoice(specs, criterion), PLAIN, None)
    assert found["y"].spec.constructor is SingleTaskGP


def test_metrics_may_choose_among_others():
    choice = ModelChoice((SingleTaskGP,), metric_models={"b": (KNOWS_NOTHING,)})
    found = fit_botorch_models([make_results("a", smooth), make_results("b", smooth)], choice, PLAIN, None)
    assert [m.spec.name for m in found.models] == ["SingleTaskGP", "constant"]


def test_a_choice_of_nothing_that_works_is_an_error():
    with pytest.raises(ModelError, match=r"none of the models broken or broken of 'y' could be fitted.*on purpose"):
        fit_botorch_models([make_results("y", smooth)], ModelChoice((broken, broken)), PLAIN, None)
    with pytest.raises(UserInputError, match="Did you mean 'log_likelihood'"):
        ModelChoice((broken,), "log_likelyhood")
    with pytest.raises(UserInputError, match="one or more models"):
        ModelChoice(())
    assert isinstance(as_model([SingleTaskGP, broken]), ModelChoice)


def test_scores_are_those_of_predictions_without_each_result():
    (good,) = fit_botorch_models([make_results("y", smooth)], ModelSpec(SingleTaskGP), PLAIN, None).models
    (bad,) = fit_botorch_models([make_results("y", smooth)], KNOWS_NOTHING, PLAIN, None).models
    assert score_held_out(good, "rank_correlation") > 0.9
    folds = replace(good, capabilities=replace(good.capabilities, leave_one_out="none"))
    assert abs(score_held_out(folds, "mean_squared_error") - score_held_out(good, "mean_squared_error")) < 0.1
    assert score_held_out(bad, "log_likelihood") < score_held_out(good, "log_likelihood")


def test_one_model_explains_all_metrics():
    data = [make_results("a", smooth), make_results("b", lambda X: 3.0 - smooth(X))]
    found = fit_botorch_models(data, ModelSpec(SingleTaskGP, joint=True), PLAIN, None)
    assert found.to_botorch() is found["a"].model.base
    mean, _ = found.predict(ROWS)
    assert np.allclose(mean[:, 0], smooth(ROWS), atol=0.1)
    assert np.allclose(mean[:, 1], 3.0 - smooth(ROWS), atol=0.1)
    assert not found["a"].capabilities.refitting
    with pytest.raises(UnsupportedError, match="not fitted again"):
        found["a"].refit(np.ones(18, dtype=bool))


def test_a_model_of_all_metrics_keeps_the_contract():
    def make(data):
        other = replace(data, name="other", y=-data.y)
        columns = ModelColumns.continuous(data.X.shape[1])
        return fit_botorch_models([data, other], ModelSpec(SingleTaskGP, joint=True), columns, None)["y"]

    check_outcome_model(make)


def test_metrics_as_tasks_learn_from_each_other():
    few = ROWS[:5]
    data = [make_results("a", smooth), make_results("b", lambda X: 2.0 * smooth(X) + 1.0, few)]
    joint = fit_botorch_models(data, ModelSpec(MultiTaskGP, joint=True), PLAIN, None)
    alone = fit_botorch_models(data, ModelSpec(SingleTaskGP), PLAIN, None)
    rest, wanted = ROWS[5:], 2.0 * smooth(ROWS[5:]) + 1.0
    errors = [np.abs(s.predict(rest)[0][:, 1] - wanted).mean() for s in (joint, alone)]
    assert errors[0] < 0.5 * errors[1]


def test_one_model_for_all_learns_from_common_rows():
    data = [make_results("a", smooth), make_results("b", smooth, ROWS[3:])]
    found = fit_botorch_models(data, ModelSpec(SingleTaskGP, joint=True), PLAIN, None)
    assert [len(m.data.y) for m in found.models] == [15, 15]
    apart = [make_results("a", smooth, ROWS[:9]), make_results("b", smooth, ROWS[9:])]
    with pytest.raises(ModelError, match="no trial has results of all of 'a'"):
        fit_botorch_models(apart, ModelSpec(SingleTaskGP, joint=True), PLAIN, None)


def test_a_parameter_names_the_task():
    columns = ModelColumns(("x", "machine"), np.zeros(2, dtype=bool), np.array([0, 3]))
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.random(24), rng.integers(3, size=24) / 2.0])
    data = MetricData(name="y", X=X, y=np.sin(5 * X[:, 0]) + X[:, 1], sem=np.full(24, np.nan))
    found = fit_botorch_models([data], ModelSpec(MultiTaskGP, {"task_feature": "machine"}), columns, None)["y"]
    assert np.allclose(found.untransform(found.posterior(X)[0]), data.y, atol=0.2)
    with pytest.raises(UnknownNameError, match="Did you mean 'machine'"):
        fit_botorch_models([data], ModelSpec(MultiTaskGP, {"task_feature": "machin"}), columns, None)
    with pytest.raises(UserInputError, match="cannot tell tasks apart"):
        fit_botorch_models([data], ModelSpec(MultiTaskGP, {"task_feature": "x"}), columns, None)


def test_a_transform_that_nothing_takes_is_an_error():
    def plain(train_X, train_Y):
        return SingleTaskGP(train_X, train_Y)

    data = [make_results("y", smooth)]
    with pytest.raises(UserInputError, match="plain has no argument 'input_transform'"):
        fit_botorch_models(data, ModelSpec(plain, transforms=(InputStandardize,)), PLAIN, None)
    with pytest.raises(UserInputError, match="got int"):
        fit_botorch_models(data, ModelSpec(SingleTaskGP, transforms=(3,)), PLAIN, None)


def test_parts_of_a_model_are_moved_to_its_tensors():
    """By precision, which is moved together with the device: every device has that."""
    options = {"covar_module": ScaleKernel(MaternKernel()), "input_transform": Warp(d=2, indices=[0])}
    given = build_arguments(ModelSpec(SingleTaskGP, options), (ROWS, ROWS[:, :1], None), PLAIN, None)
    config = ModelConfig(SingleTaskGP, covar_module_class=MaternKernel, input_transform_classes=[Warp])
    made = fit_botorch_models([make_results("y", smooth)], config.to_model(), PLAIN, "cpu")["y"].to_botorch()
    for module in (given["covar_module"], given["input_transform"], made):
        assert {p.dtype for p in module.parameters()} == {torch.float64}
