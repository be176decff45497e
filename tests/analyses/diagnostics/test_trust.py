"""Cross-validation, noise and outliers, model health."""

import numpy as np
import pytest

from axnb.analyses import CrossValidationPlot, ModelHealth, NoiseAndOutliers
from axnb.analyses.card import AnalysisCardGroup
from axnb.analyses.controls import set_field
from axnb.analyses.diagnostics.noise import measure_repeats
from axnb.errors import DataRequiredError, ObjectNotFoundError, UnsupportedError, UserInputError
from axnb.surrogate.surrogate import predict_left_out
from tests.analyses.conftest import make, number


def test_each_result_is_predicted_from_the_others(plain):
    context = plain.analysis_context()
    frame = CrossValidationPlot().compute(context).df
    model = context.model.surrogate["loss"]
    observed, mean, sd = predict_left_out(model)
    assert frame["observed"].to_numpy() == pytest.approx(observed)
    if model.is_affine:
        assert frame["predicted"].to_numpy() == pytest.approx(mean)
        assert (frame["upper"] - frame["lower"]).to_numpy() == pytest.approx(2 * 1.959964 * sd, rel=1e-5)
    assert ((frame["lower"] < frame["predicted"]) & (frame["predicted"] < frame["upper"])).all()


def test_on_the_models_scale_it_is_what_the_model_leaves_out(plain):
    context = plain.analysis_context()
    frame = CrossValidationPlot(untransform=False).compute(context).df
    model = context.model.surrogate["loss"]
    mean, variance = model.leave_one_out()
    assert frame["predicted"].to_numpy() == pytest.approx(mean)
    sd = np.sqrt(variance + model.data.noise)
    assert frame["residual"].to_numpy() == pytest.approx((model.data.targets - mean) / sd)


def test_with_quality_it_is_what_the_average_of_the_fits_leaves_out():
    client = make([number("a"), number("b")], "u", lambda p: {"u": np.sin(9 * p["a"]) + p["b"] ** 2}, trials=0)
    client.configure_generation_strategy(method="quality")
    for point in np.random.default_rng(0).random((8, 2)):
        index = client.attach_trial({"a": float(point[0]), "b": float(point[1])})
        client.complete_trial(index, {"u": float(np.sin(9 * point[0]) + point[1] ** 2)})
    context = client.analysis_context()
    model = context.model.surrogate["u"]
    assert len(model.components) > 1
    card = CrossValidationPlot(untransform=False).compute(context)
    mean = sum(w * m.leave_one_out()[0] for w, m in model.components)
    assert card.df["predicted"].to_numpy() == pytest.approx(mean)
    assert np.abs(mean - model.base.leave_one_out()[0]).max() > 1e-3  # the usual fit alone says otherwise
    assert "folds" not in [c.field for c in card.controls]  # an average is not fitted again
    with pytest.raises(UnsupportedError, match="folds=-1"):
        CrossValidationPlot(folds=4).compute(context)


def test_figure_has_the_diagonal_and_intervals(plain):
    card = CrossValidationPlot("loss").compute(plain.analysis_context())
    diagonal = card.figure.data[0]
    assert diagonal.x == diagonal.y
    inside = card.figure.data[1]
    frame = card.df[card.df["residual"].abs() <= 1.959964]
    order = np.argsort(frame["observed"].to_numpy(), kind="stable")
    assert inside.error_y.array == pytest.approx((frame["upper"] - frame["predicted"]).to_numpy()[order])
    assert "results lie inside their 95 % interval." in card.subtitle
    assert card.figure.layout.xaxis.title.text == "observed loss"


def test_several_metrics_are_a_group_with_a_table(several):
    group = CrossValidationPlot().compute(several.analysis_context())
    assert isinstance(group, AnalysisCardGroup)
    assert [c.title.split(" (")[0] for c in group.children[:3]] == [
        f"Cross-validation of {m}" for m in ("strength", "weight", "cost")
    ]
    assert group.children[-1].df["metric_name"].tolist() == ["strength", "weight", "cost"]
    assert (
        CrossValidationPlot("cost", labels={"cost": "price"})
        .compute(several.analysis_context())
        .title.startswith("Cross-validation of price")
    )


def test_left_out_in_parts_each_is_predicted_by_a_fit_to_the_others(plain):
    context = plain.analysis_context()
    alone = CrossValidationPlot().compute(context).df
    card = CrossValidationPlot(folds=4).compute(context)
    assert card.df["observed"].tolist() == alone["observed"].tolist()
    assert card.df["predicted"].tolist() != alone["predicted"].tolist()
    assert np.corrcoef(card.df["predicted"], card.df["observed"])[0, 1] > 0.9
    assert card.subtitle.startswith("Left out in 4 parts, ")
    again = CrossValidationPlot(folds=4).compute(plain.analysis_context())
    assert again.df["predicted"].tolist() == card.df["predicted"].tolist()


def test_as_many_parts_as_points_come_close_to_one_at_a_time(plain):
    context = plain.analysis_context()
    alone, parts = (CrossValidationPlot(folds=k).compute(context).df for k in (-1, 12))
    spread = float(alone["observed"].max() - alone["observed"].min())
    assert np.abs(alone["predicted"] - parts["predicted"]).max() < 0.1 * spread


def test_an_outlier_does_not_predict_itself():
    frame = CrossValidationPlot(folds=4).compute(noisy(outlier=7).analysis_context()).df
    pairs = frame.groupby(frame["point"])["predicted"]
    assert pairs.size().min() >= 2
    assert (pairs.max() - pairs.min()).max() < 1e-9  # results at one point are left out together
    assert frame["residual"].abs().idxmax() == 7


def test_one_trial_can_be_chosen_and_is_told_in_words(plain):
    context = plain.analysis_context()
    whole = CrossValidationPlot().compute(context).df
    card = CrossValidationPlot(test_trial_index=3).compute(context)
    assert card.df["trial_index"].tolist() == [3]
    assert card.df["predicted"].tolist() == whole["predicted"][whole["trial_index"].eq(3)].tolist()
    assert card.title == "Cross-validation of loss"
    assert card.subtitle.startswith("Trial 3 came to ")
    with pytest.raises(ObjectNotFoundError):
        CrossValidationPlot(test_trial_index=99).compute(context)
    plain.attach_trial({"a": 0.5, "b": 0.5})
    with pytest.raises(DataRequiredError, match="Trial 12 has no result"):
        CrossValidationPlot(test_trial_index=12).compute(plain.analysis_context())


def test_options_that_cannot_be_honoured_are_refused(plain):
    for folds in (0, 1, -2, 2.5, True):
        with pytest.raises(UserInputError, match="folds must be -1"):
            CrossValidationPlot(folds=folds)
    with pytest.raises(UnsupportedError, match="models of the past"):
        CrossValidationPlot(trial_index=3)
    with pytest.raises(UnsupportedError, match="preference"):
        CrossValidationPlot(preference_metrics={"taste"})
    with pytest.raises(DataRequiredError, match="13 parts, and needs as many points with results; there are 12"):
        CrossValidationPlot(folds=13).compute(plain.analysis_context())


def test_the_parts_can_be_chosen_on_the_card(plain):
    context = plain.analysis_context()
    card = CrossValidationPlot("loss").compute(context)
    (control,) = [c for c in card.controls if c.field == "folds"]
    assert (control.value, control.options) == (-1, (-1, 5, 10))
    after = set_field(card.analysis, "folds", control.read(5)).compute(context)
    assert "in 5 parts" in after.subtitle


def noisy(outlier=None):
    rng = np.random.default_rng(0)
    client = make([number("a")], "-loss", trials=0)
    for i in range(24):
        a = (i % 12) / 11
        index = client.attach_trial({"a": a})
        bump = 5.0 if i == outlier else 0.0
        client.complete_trial(index, {"loss": a**2 + 0.05 * rng.normal() + bump})
    return client


def test_repeats_measure_the_noise():
    context = noisy().analysis_context()
    found = measure_repeats(context.observed(["loss"]), "loss")
    assert (found.points, found.results) == (12, 24)
    assert found.sd == pytest.approx(0.05, rel=0.5)
    card = NoiseAndOutliers().compute(context)
    assert card.subtitle.startswith("Results of loss at 12 points measured more than once differ by ± 0.0")
    assert card.subtitle.endswith("no result stands out.")


def test_an_outlier_is_named_and_marked():
    card = NoiseAndOutliers().compute(noisy(outlier=7).analysis_context())
    assert "check trial 7" in card.subtitle
    (marked,) = [t for t in card.figure.data if t.name == "to be checked"]
    assert list(marked.x) == [7]
    assert card.df["trial_index"][0] == 7
    with pytest.raises(UserInputError):
        NoiseAndOutliers(threshold=0)


def test_health_in_words(plain):
    good = ModelHealth().compute(plain.analysis_context())
    assert good.df["verdict"].tolist() == ["good"]
    assert good.subtitle.startswith("The model of loss is good, predicting ")
    rng = np.random.default_rng(1)
    client = make([number("a"), number("b")], "u", lambda p: {"u": float(rng.normal())}, 20)
    frame = ModelHealth().compute(client.analysis_context()).df.set_index("metric_name")
    assert frame["verdict"]["u"] in ("poor", "fair")
    assert frame["advice"]["u"] != "Nothing to do."


def test_constant_results_leave_nothing_to_predict():
    client = make([number("a")], "u", lambda p: {"u": 3.0}, 5)
    card = ModelHealth().compute(client.analysis_context())
    assert card.df["verdict"].tolist() == ["nothing to predict"]
    assert "check that the metric is recorded" in card.subtitle
    assert card.to_svg()
    with pytest.raises(DataRequiredError):
        ModelHealth().compute(make([number("a")], "u", trials=3).analysis_context())


def test_long_names_leave_room_for_what_a_figure_says():
    name = "yield of the second step, as measured by the laboratory"
    client = make([number("x")], f'"{name}"', lambda p: {name: p["x"]}, 8)
    (noise,) = NoiseAndOutliers(name).compute(client.analysis_context()).flatten()
    assert noise.figure.layout.yaxis.title.text == "yield of the…: observed − predicted, sd"
    (health,) = ModelHealth().compute(client.analysis_context()).flatten()
    assert health.figure.layout.xaxis.range[1] >= 1.2  # "over 99 %" stands behind a bar
    assert max(health.figure.layout.xaxis.tickvals) == 1
