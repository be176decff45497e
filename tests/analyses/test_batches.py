"""Cards of trials with several arms."""

import dataclasses

import pytest

from axnb import ChoiceParameterConfig, Client
from axnb.analyses import (
    BanditRollout,
    BestTrials,
    ContourPlot,
    SlicePlot,
    SuggestionExplanation,
    Summary,
    TrialAnalysis,
    UtilityProgressionAnalysis,
    WhatIf,
)
from axnb.analyses.card import ErrorAnalysisCard, NotApplicableStateAnalysisCard
from axnb.analyses.compute import compute_card
from axnb.analyses.controls import set_field
from axnb.errors import ObjectNotFoundError, UnknownNameError, UnsupportedError, UserInputError
from tests.analyses.conftest import number
from tests.analyses.test_gallery import NAMES, made

POINTS = [{"a": (i * 7 % 11) / 11, "b": (i * 5 % 13) / 13, "k": "xyz"[i % 3]} for i in range(16)]
GOALS = {"one objective": ("-loss", ["time <= 0.9"]), "two objectives": ("-loss, -time", [])}


def result(point):
    return {"loss": ((point["a"] - 0.3) ** 2 + 0.1 * point["b"], 0.01), "time": (point["a"], 0.01)}


def configured(goal):
    client = Client(random_seed=0)
    client.configure_experiment([number("a"), number("b"), ChoiceParameterConfig("k", ["x", "y", "z"], "str")])
    client.configure_optimization(*GOALS[goal])
    return client


@pytest.fixture(scope="module", params=GOALS)
def batches(request):
    """Four trials of one arm, three batches of three with weights, and a batch that runs."""
    client = configured(request.param)
    for point in POINTS[:4]:
        client.complete_trial(client.attach_trial(point), result(point))
    for start in (4, 7, 10):
        points = POINTS[start : start + 3]
        index = client.attach_batch(points, weights=[1.0, 2.0, 1.0])
        arms = client.experiment.view().trials[index].arms
        client.complete_trial(index, {arm.name: result(p) for arm, p in zip(arms, points, strict=True)})
    client.attach_batch(POINTS[13:])
    return client


@pytest.fixture(scope="module")
def best(batches):
    """The best arm, whose trial is a batch."""
    found = [r for t in batches.experiment.view().trials.values() if t.is_batch for r in t.results if r.outcomes]
    return min(found, key=lambda r: r.outcomes["loss"][0])


@pytest.mark.parametrize("name", NAMES)
def test_every_analysis_of_batches_answers_as_of_single_arms(name, batches):
    single = configured("one objective" if batches.experiment.view().optimization.constraints else "two objectives")
    for point in POINTS[:13]:
        single.complete_trial(single.attach_trial(point), result(point))
    for point in POINTS[13:]:
        single.attach_trial(point)
    cards = compute_card(made(name), batches.analysis_context()).flatten()
    expected = compute_card(made(name), single.analysis_context()).flatten()
    assert not [c.blob for c in cards if isinstance(c, ErrorAnalysisCard)]
    assert not [c.subtitle for c in cards if "ask for `arms`" in c.subtitle]
    if name != "BanditRollout":  # for which weights are needed
        missing = {c.name for c in cards if isinstance(c, NotApplicableStateAnalysisCard)}
        assert missing <= {c.name for c in expected if isinstance(c, NotApplicableStateAnalysisCard)}


def test_tables_have_a_row_an_arm_with_weights_and_mark_the_best_arm(batches, best):
    context = batches.analysis_context()
    frame = Summary().compute(context).df
    assert len(frame) == 16
    assert frame["arm_weight"].tolist() == [1.0] * 4 + [1.0, 2.0, 1.0] * 3 + [1.0] * 3
    starred = frame[frame["best"] == "★"]
    assert best.arm_name in starred["arm_name"].tolist()
    if not context.optimization.is_multi_objective:
        assert starred["arm_name"].tolist() == [best.arm_name]
        subtitle = Summary().compute(context).subtitle
        assert subtitle.endswith(f"; arm {best.arm_name} of trial {best.trial_index} has the best result so far.")
        assert BestTrials().compute(context).subtitle.startswith(f"Arm {best.arm_name} of trial {best.trial_index} is ")
    assert BestTrials().compute(context).df["arm_name"].tolist() == starred["arm_name"].tolist()


def test_pictures_name_the_arm(batches, best):
    context = batches.analysis_context()
    who = f"Arm {best.arm_name} of trial {best.trial_index}"
    for analysis in (UtilityProgressionAnalysis(), SlicePlot("a", "loss"), ContourPlot("a", "b", "loss")):
        card = analysis.compute(context)
        texts = [str(t) for trace in card.figure.data if trace.hovertext is not None for t in trace.hovertext]
        if isinstance(analysis, UtilityProgressionAnalysis) and context.optimization.is_multi_objective:
            assert any(t.startswith("Arm ") for t in texts)
            continue
        assert any(t.startswith(who) for t in texts), texts
        assert any(t.startswith("Trial 0") for t in texts)


def test_slices_are_held_at_the_best_arm(batches, best):
    if batches.experiment.view().optimization.is_multi_objective:
        return
    subtitle = SlicePlot("a", "loss").compute(batches.analysis_context()).subtitle
    assert f"as in arm {best.arm_name} of trial {best.trial_index}, the best so far" in subtitle


@pytest.mark.parametrize("make", [SlicePlot, ContourPlot, WhatIf])
def test_a_slice_is_held_at_any_arm_of_a_batch(batches, make):
    context = batches.analysis_context()
    card = make(at="5_1").compute(context)
    place = next(c for c in card.controls if c.field == "at" and c.key is None)
    assert place.value == "5_1"
    assert {3, "4_0", "5_0", "5_1", "5_2", "7_2"} < set(place.options)
    assert not {4, 5, 6, 7} & set(place.options)
    assert place.labels[place.options.index("5_1")] == "arm 5_1"
    held = {c.key: c.value for c in card.controls if c.field == "at" and c.key is not None}
    assert held.items() <= POINTS[8].items()
    if make is SlicePlot:
        assert "as in arm 5_1 of trial 5" in card.subtitle
    first = make(at=5).compute(context)
    assert next(c for c in first.controls if c.field == "at" and c.key is None).value == "5_0"
    with pytest.raises(ObjectNotFoundError, match=r"no arm '5_7'.*did you mean|no arm '5_7'; the arms are"):
        make(at="5_7").compute(context)
    with pytest.raises(UserInputError, match=r"name of an arm.*[Dd]id you mean 'center'"):
        make(at="centre")


def test_why_an_arm_was_suggested_is_told_of_each(batches):
    context = batches.analysis_context()
    card = SuggestionExplanation(5).compute(context)
    arms = [a.name for a in context.view.trials[5].arms]
    assert card.title == f"Why arm {arms[0]} of trial 5"
    (chooser,) = [c for c in card.controls if c.field == "arm_name"]
    assert chooser.options == tuple(arms)
    other = set_field(card.analysis, "arm_name", arms[2]).compute(context)
    assert other.title == f"Why arm {arms[2]} of trial 5"
    values = dict(zip(other.df["parameter_name"], other.df["suggested"], strict=True))
    assert values == dict(context.view.trials[5].arms[2].parameters)
    with pytest.raises(UnknownNameError, match=r"trial 5 has no arm 'zzz'"):
        dataclasses.replace(card.analysis, arm_name="zzz").compute(context)
    assert [c.name for c in TrialAnalysis(5).compute(context).flatten()][1:] == ["ArmEffectsPlot"] * 2


def test_weights_are_drawn(batches):
    card = BanditRollout().compute(batches.analysis_context())
    assert card.df["share"].tolist() == [0.25, 0.5, 0.25] * 3
    assert card.subtitle.startswith("9 arms in 3 trials; trial 6, the newest, gives most to ")
    assert sum(sum(trace.y) for trace in card.figure.data) == pytest.approx(3.0)
    assert len(card.figure.data) == 7  # six arms and the others
    card.to_svg()
    with pytest.raises(UnsupportedError):
        BanditRollout().compute(configured("one objective").analysis_context())
