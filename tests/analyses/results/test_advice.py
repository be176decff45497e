"""Whether to go on, and why a trial was suggested."""

import numpy as np
import pytest
from scipy.stats import norm

from axnb.analyses import AllTrialsAnalysis, StoppingAdvice, SuggestionExplanation, TrialAnalysis
from axnb.analyses.results.explanation import compute_boldness
from axnb.analyses.results.stopping import compute_advice, describe_cost, expect_improvement
from axnb.errors import DataRequiredError, ObjectNotFoundError, UserInputError
from axnb.suggest.stopping import StoppingRule
from tests.analyses.conftest import make, number


def driven(trials, outcome=lambda p: (p["a"] - 0.3) ** 2 + 0.2 * (p["b"] - 0.6) ** 2):
    client = make([number("a"), number("b")], "-loss", trials=0)
    for _ in range(trials):
        for index, p in client.get_next_trials(1).items():
            client.complete_trial(index, {"loss": outcome(p)})
    return client


def test_expected_improvement_is_the_integral():
    y = np.linspace(-10, 14, 200_001)
    density = norm.pdf(y, 2.0, 1.5)
    assert expect_improvement(2.0, 1.5, 3.0, 1) == pytest.approx(
        np.trapezoid(np.maximum(y - 3, 0) * density, y), rel=1e-4
    )
    assert expect_improvement(2.0, 1.5, 3.0, -1) == pytest.approx(
        np.trapezoid(np.maximum(3 - y, 0) * density, y), rel=1e-4
    )


def test_the_card_draws_the_advice_of_the_client():
    for client in (driven(7), driven(12), driven(18)):
        advice = client.stopping_advice()
        card = StoppingAdvice().compute(client.analysis_context())
        assert card.subtitle.startswith(advice.recommendation)
        (row,) = card.figure.select_traces({"name": "expected of the next"})
        assert row.y[0] >= advice.expected_gain
        assert client.expected_improvement() == advice


def test_early_on_more_is_expected_than_at_the_end():
    early, late = driven(7), driven(18)
    cards = [StoppingAdvice().compute(c.analysis_context()) for c in (early, late)]
    assert cards[0].subtitle.startswith("Go on: ")
    assert cards[1].subtitle.startswith("You may stop: ")
    (a,), (b,) = ([t.y[0] for t in c.figure.data if t.name == "expected of the next"] for c in cards)
    assert b < 0.5 * a


def test_the_trace_holds_what_was_expected_and_gained():
    client = driven(10)
    frame = StoppingAdvice().compute(client.analysis_context()).df
    values = frame["value"].to_numpy()
    best = np.minimum.accumulate(values)
    assert frame["best_so_far"].to_numpy() == pytest.approx(best)
    assert frame["gained"].to_numpy()[1:] == pytest.approx(-np.diff(best))
    assert frame["expected"].isna().tolist() == [True] * 5 + [False] * 5
    figure = StoppingAdvice().compute(client.analysis_context()).figure
    assert figure.layout.yaxis.type == "log"


def test_the_advice_promises_what_the_next_suggestion_promises():
    names = [f"x{i}" for i in range(6)]
    client = make(
        [number(n) for n in names], "-u", lambda p: {"u": sum(np.sin(3 * p[n] + i) for i, n in enumerate(names))}, 30
    )
    (row,) = StoppingAdvice().compute(client.analysis_context()).figure.select_traces({"name": "expected of the next"})
    (trial,) = client.get_next_trials(1)
    client.complete_trial(trial, {"u": 0.0})
    promised = StoppingAdvice().compute(client.analysis_context()).df["expected"].iloc[-1]
    assert row.y[0] == pytest.approx(promised, rel=0.1)


def test_several_objectives_count_the_hypervolume(several):
    card = StoppingAdvice().compute(several.analysis_context())
    assert "better hypervolume by" in card.subtitle
    assert "noise" not in card.subtitle


def test_what_it_cost_is_told():
    assert describe_cost(tuple(driven(3).experiment.view().trials.values())) == "3 trials"
    with pytest.raises(UserInputError):
        StoppingAdvice(window_size=0)
    with pytest.raises(DataRequiredError):
        StoppingAdvice().compute(make([number("a")], "u", trials=3).analysis_context())


def test_initial_trials_have_plain_reasons():
    context = driven(8).analysis_context()
    assert "starts in the centre" in SuggestionExplanation(0).compute(context).subtitle
    assert "fills the search space evenly" in SuggestionExplanation(2).compute(context).subtitle
    attached = make([number("a")], "u", lambda p: {"u": p["a"]}, 3)
    assert "attached by hand" in SuggestionExplanation(1).compute(attached.analysis_context()).subtitle


def test_a_suggestion_is_explained_by_what_was_known_then():
    client = driven(9)
    trial = client.experiment.view().trials[8]
    card = SuggestionExplanation(8).compute(client.analysis_context())
    mean = {name: mean for name, mean, _ in trial.provenance.predictions}["loss"]
    assert f"expected loss {mean:.4g}" in card.subtitle
    outcomes = [t.outcomes["loss"][0] for t in client.experiment.view().trials.values()]
    best = int(np.argmin(outcomes[:8]))
    assert f"against trial {best}, the best then" in card.subtitle
    assert f"it came out at {outcomes[8]:.4g}" in card.subtitle
    frame = card.df.set_index("parameter_name")
    for name in ("a", "b"):
        assert frame["suggested"][name] == trial.parameters[name]
        assert frame["moved"][name] == pytest.approx(
            abs(trial.parameters[name] - client.experiment.view().trials[best].parameters[name])
        )
    assert frame["importance"].is_monotonic_decreasing


def test_boldness_tells_exploring_from_exploiting():
    assert compute_boldness(0.0, 1.0, 5.0, 1) > 0.99
    assert compute_boldness(5.0, 0.1, 0.0, 1) < 0.01
    assert compute_boldness(-5.0, 0.1, 0.0, -1) < 0.01


def test_positions_are_shares_of_the_range(mixed):
    card = SuggestionExplanation(3).compute(mixed.analysis_context())
    (mine,) = [t for t in card.figure.data if t.name == "trial 3"]
    point = mixed.experiment.view().trials[3].parameters
    at = dict(zip(mine.y, mine.x, strict=True))
    assert at["C"] == pytest.approx((np.log10(point["C"]) + 2) / 5)
    assert at["degree"] == pytest.approx((point["degree"] - 1) / 3)
    assert set(card.figure.layout.yaxis.categoryarray) == {"C", "kernel", "degree"}


def test_the_newest_trial_is_the_default(plain):
    with pytest.raises(ObjectNotFoundError):
        SuggestionExplanation(99).compute(plain.analysis_context())
    assert SuggestionExplanation().compute(plain.analysis_context()).title == "Why trial 11"
    with pytest.raises(DataRequiredError):
        SuggestionExplanation().compute(make([number("a")], "u", trials=0).analysis_context())


def test_trials_in_progress(plain):
    with pytest.raises(DataRequiredError, match="No trial waits"):
        AllTrialsAnalysis().compute(plain.analysis_context())
    plain.get_next_trials(8)
    group = AllTrialsAnalysis().compute(plain.analysis_context())
    assert group.subtitle == "8 trials wait for their results; the newest 6 are shown."
    assert [c.title for c in group.children] == [f"Why trial {i}" for i in range(19, 13, -1)]
    one = TrialAnalysis(19).compute(plain.analysis_context())
    assert one.subtitle == "Trial 19 is running; made by BO."
    assert [c.name for c in one.children] == ["SuggestionExplanation"]


def test_of_more_results_than_cards_model_the_advice_is_that_of_the_client(monkeypatch):
    monkeypatch.setattr("axnb.analyses.context.MOST_MODELLED", 500)
    client = make([number("a"), number("b")], "-loss", trials=0)
    for a, b in np.random.default_rng(0).random((520, 2)).tolist():
        client.complete_trial(client.attach_trial({"a": a, "b": b}), {"loss": (a - 0.3) ** 2 + 0.2 * (b - 0.6) ** 2})
    context = client.analysis_context()
    assert context.part
    advice = client.stopping_advice()
    assert compute_advice(context, StoppingRule()) == advice
    assert StoppingAdvice().compute(context).subtitle.startswith(advice.recommendation)
