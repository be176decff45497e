"""The optimisation trace."""

import numpy as np
import pytest

from axnb.analyses.context import AnalysisContext
from axnb.analyses.results.trace import UtilityProgressionAnalysis, tabulate_trace
from axnb.analyses.shared.goals import Goal
from axnb.errors import AxnbWarning, DataRequiredError, NotConfiguredError, UserInputError
from axnb.record.experiment import Experiment
from tests.analyses.conftest import make, number


def frame_of(client):
    context = client.analysis_context()
    return tabulate_trace(context.results, Goal.of(context.view, context.optimization), context.search_space)


def compute(client, **settings):
    return UtilityProgressionAnalysis(**settings).compute(client.analysis_context())


def named(figure):
    return {t.name: t for t in figure.data}


def test_frame_holds_every_result_and_the_best_so_far(plain):
    frame = frame_of(plain)
    assert frame["trial_index"].tolist() == list(range(12))
    assert np.array_equal(frame["best_so_far"], np.minimum.accumulate(frame["value"]))
    assert frame["improved"].tolist() == (frame["value"] == frame["best_so_far"]).tolist()
    assert frame["sem"].isna().all()
    assert frame["point"][0].startswith("a = ")


def test_larger_is_better_where_the_objective_is_maximised():
    client = make([number("a")], "gain", lambda p: {"gain": p["a"]}, 6)
    frame = frame_of(client)
    assert np.array_equal(frame["best_so_far"], np.maximum.accumulate(frame["value"]))


def test_only_feasible_results_count(mixed):
    frame = frame_of(mixed)
    broken = frame["feasible"].map(lambda f: f is False)
    assert broken.any()
    counted = frame["value"].where(~broken)
    assert frame["best_so_far"].iloc[-1] == counted.max()
    assert not frame["improved"][broken].any()


def test_best_so_far_ends_at_the_best_trial(plain, mixed):
    for client in (plain, mixed):
        frame = frame_of(client)
        assert frame["trial_index"][frame["improved"]].iloc[-1] == client.analysis_context().best().trial_index


def test_a_missing_constraint_metric_is_unknown_not_feasible(mixed):
    index = mixed.attach_trial({"C": 10.0, "kernel": "rbf", "degree": 2})
    with pytest.warns(AxnbWarning, match="without 'time'"):
        mixed.complete_trial(index, {"acc": 2.0})
    frame = frame_of(mixed)
    assert frame["feasible"].iloc[-1] is None
    assert frame["best_so_far"].iloc[-1] < 2.0


def test_running_trials_are_shown_but_are_not_the_best(plain):
    plain.attach_data(plain.attach_trial({"a": 0.5, "b": 0.5}), {"loss": -5.0})
    frame = frame_of(plain)
    assert frame["value"].iloc[-1] == -5.0
    assert frame["best_so_far"].iloc[-1] > -5.0


def test_failed_trials_and_those_without_result_are_left_out(plain):
    plain.attach_trial({"a": 0.5, "b": 0.5})
    failed = plain.attach_trial({"a": 0.5, "b": 0.6})
    plain.attach_data(failed, {"loss": -5.0})
    plain.mark_trial_failed(failed)
    assert len(frame_of(plain)) == 12


def test_a_weighted_sum_is_traced_as_the_sum():
    client = make([number("a")], "2*u - v", lambda p: {"u": (p["a"], 0.3), "v": (1.0, 0.8)}, 4)
    frame = frame_of(client)
    assert frame["value"].tolist() == pytest.approx(
        [2 * r.parameters["a"] - 1 for r in client.analysis_context().results]
    )
    assert frame["sem"].tolist() == pytest.approx([1.0] * 4)


def test_several_objectives_are_traced_by_hypervolume(several):
    frame = frame_of(several)
    assert (np.diff(frame["value"]) >= 0).all()
    assert frame["value"].iloc[-1] > 0
    card = compute(several)
    assert card.title == "Hypervolume by trial"
    assert card.figure.layout.yaxis.title.text == "hypervolume"


def test_hypervolume_is_measured_from_the_threshold():
    points = {0: (3.0, 2.0), 1: (2.0, 5.0)}
    client = make([number("a")], "u, v", trials=2, outcome_constraints=("u >= 1", "v >= 1"))
    for index, (u, v) in points.items():
        client.complete_trial(index, {"u": u, "v": v})
    assert frame_of(client)["value"].tolist() == [2.0, 5.0]  # 2x1, then 1x4 more less the overlap of 1x1


def test_an_experiment_without_results_is_told_what_it_needs():
    with pytest.raises(DataRequiredError, match="needs a completed trial with a value of 'loss'"):
        compute(make([number("a")], "loss", trials=2))
    with pytest.raises(NotConfiguredError):
        UtilityProgressionAnalysis().compute(AnalysisContext(Experiment().view()))


def test_one_result_is_enough(plain):
    client = make([number("a")], "-loss", lambda p: {"loss": 0.5}, 1)
    card = compute(client)
    assert card.subtitle == "The best loss is 0.5 at trial 0, the latest result."
    assert card.to_svg()


def test_figure_says_what_it_shows(mixed):
    card = compute(mixed)
    figure = card.figure
    assert figure.layout.xaxis.title.text == "trial"
    assert figure.layout.yaxis.title.text == "acc (maximise) · bars: 95 %"
    traces = named(figure)
    assert {"best so far", "infeasible", "attached"} <= set(traces)
    assert traces["best so far"].line.shape == "hv"
    assert traces["attached"].error_y.array[0] == pytest.approx(1.96 * 0.01, rel=1e-3)
    assert traces["attached"].hovertext[0].startswith("Trial ")
    assert "kernel = " in traces["attached"].hovertext[0]
    assert all("infeasible" in text for text in traces["infeasible"].hovertext)


def test_results_are_told_apart_by_origin(plain):
    index = next(iter(plain.get_next_trials(1)))
    plain.complete_trial(index, {"loss": 0.3})
    assert {"attached", "suggested by the model"} <= set(named(compute(plain).figure))


def test_scale_is_a_control_where_all_values_are_positive(plain):
    card = compute(plain, scale="log")
    assert card.figure.layout.yaxis.type == "log"
    (control,) = card.controls
    assert (control.field, control.value, control.options) == ("scale", "log", ("linear", "log"))
    plain.complete_trial(plain.attach_trial({"a": 0.1, "b": 0.1}), {"loss": -1.0})
    card = compute(plain, scale="log")
    assert card.figure.layout.yaxis.type == "linear"
    assert card.controls[0].options == ("linear",)


def test_unknown_scale_is_refused():
    with pytest.raises(UserInputError, match="'linear' or 'log'"):
        UtilityProgressionAnalysis(scale="cubic")


def test_sentence_says_since_when_nothing_improved(plain):
    for _ in range(2):
        plain.complete_trial(plain.attach_trial({"a": 0.9, "b": 0.9}), {"loss": 9.0})
    frame = frame_of(plain)
    at = frame["trial_index"][frame["improved"]].iloc[-1]
    assert compute(plain).subtitle.endswith(f"at trial {at}; the last {13 - at} trials have not improved on it.")


def test_sentence_says_when_nothing_is_feasible():
    client = make([number("a")], "u", lambda p: {"u": 1.0, "v": 5.0}, 3, ("v <= 1",))
    assert compute(client).subtitle == "None of the 3 results satisfies the constraints yet."
    assert compute(client).to_svg()


def test_the_best_so_far_has_its_interval(baselined):
    card = UtilityProgressionAnalysis().compute(baselined.analysis_context())
    (upper,) = [t for t in card.figure.data if t.name == "its 95 % interval"]
    lower = card.figure.data[0]
    assert np.array(upper.y) - np.array(lower.y) == pytest.approx(np.full(len(upper.y), 2 * 1.959964 * 0.05), rel=1e-5)
    assert (upper.fill, upper.line.shape) == ("tonexty", "hv")


@pytest.mark.parametrize(("goal", "optimum"), [("u", 3.0), ("-u", 1.0)])
def test_regret_is_the_distance_from_the_optimum(goal, optimum):
    client = make([number("a")], goal, trials=3)
    for index, value in enumerate((2.0, 1.5, 2.5)):
        client.complete_trial(index, {"u": value})
    card = UtilityProgressionAnalysis(scale="log", optimum=optimum, regret=True).compute(client.analysis_context())
    assert card.df["value"].tolist() == [abs(v - optimum) for v in (2.0, 1.5, 2.5)]
    assert card.df["best_so_far"].iloc[-1] == 0.5
    assert card.figure.layout.yaxis.type == "log"
    assert card.figure.layout.yaxis.title.text == "regret of u (minimise)"
    assert {c.field for c in card.controls} == {"scale", "regret"}
    with pytest.raises(UserInputError, match="optimum"):
        UtilityProgressionAnalysis(regret=True)


def test_what_lies_outside_a_narrowed_space_is_no_longer_the_best():
    client = make([number("a")], "u", trials=0)
    for place, value in ((0.9, 5.0), (0.2, 3.0), (0.3, 4.0)):
        client.complete_trial(client.attach_trial({"a": place}), {"u": value})
    client.edit_search_space(update=[number("a", high=0.5)])
    context = client.analysis_context()
    frame = tabulate_trace(context.results, Goal.of(context.view, context.optimization), context.search_space)
    assert frame["best_so_far"].iloc[-1] == 4.0
    assert client.get_best_parameterization(use_model_predictions=False).trial_index == 2
