"""The health checks."""

import numpy as np
import pytest
from scipy.stats import chi2

from axnb.analyses import (
    BaselineImprovementAnalysis,
    CanGenerateCandidatesAnalysis,
    ComplexityRatingAnalysis,
    ConstraintsFeasibilityAnalysis,
    EarlyStoppingAnalysis,
    HealthcheckAnalysisCard,
    HealthchecksAnalysis,
    HealthcheckStatus,
    PredictableMetricsAnalysis,
    RegressionAnalysis,
    SearchSpaceAnalysis,
    TestOfNoEffectAnalysis,
)
from axnb.analyses.compute import compute_card
from axnb.errors import DataRequiredError, ObjectNotFoundError, UserInputError
from axnb.record.trial import TrialStatus
from axnb.run.early_stopping import PercentileEarlyStoppingStrategy
from tests.analyses.conftest import make, number

PASS, FAIL, WARNING, INFO = (HealthcheckStatus[n] for n in ("PASS", "FAIL", "WARNING", "INFO"))


def status(analysis, context):
    card = analysis.compute(context)
    assert isinstance(card, HealthcheckAnalysisCard)
    assert card.subtitle.endswith(".")
    assert card.title.endswith(f": {card.status.label}")
    return card.get_status()


def test_cards_know_whether_there_is_something_to_do(context):
    card = PredictableMetricsAnalysis().compute(context)
    assert (card.is_passing(), card.is_user_facing()) == (True, False)


def test_predictable_metrics(context):
    assert status(PredictableMetricsAnalysis(), context) is PASS
    rng = np.random.default_rng(0)
    noise = make([number("a"), number("b")], "u", lambda p: {"u": float(rng.normal())}, 20)
    assert status(PredictableMetricsAnalysis(0.9), noise.analysis_context()) is WARNING
    assert "u is hardly predicted" in PredictableMetricsAnalysis(0.9).compute(noise.analysis_context()).subtitle
    with pytest.raises(UserInputError, match="share"):
        PredictableMetricsAnalysis(2.0)


def test_improvement_on_the_baseline(baselined):
    card = BaselineImprovementAnalysis().compute(baselined.analysis_context())
    assert card.status is INFO
    row = card.df.iloc[0]
    feasible = [
        r for r in baselined.analysis_context().results if r.outcomes and r.outcomes["time"][0] <= 0.8 + 2 * 0.01
    ]
    best = max(feasible, key=lambda r: r.outcomes["acc"][0])
    assert row["arm_name"] == best.arm_name
    assert row["improvement"] == pytest.approx(best.outcomes["acc"][0] - 1.2)
    assert bool(row["is_sure"])
    worse = BaselineImprovementAnalysis(comparison_arm_names=["1_0"]).compute(baselined.analysis_context())
    assert worse.status is WARNING
    with pytest.raises(ObjectNotFoundError):
        BaselineImprovementAnalysis(baseline_arm_name="zz").compute(baselined.analysis_context())


def test_without_a_baseline_the_first_trial_counts(context):
    assert BaselineImprovementAnalysis().compute(context).df["baseline"][0] == context.results[0].outcomes["loss"][0]


@pytest.mark.parametrize(("bound", "expected"), [(0.9, PASS), (-1.0, WARNING)])
def test_room_within_the_constraints(bound, expected):
    client = make([number("a")], "u", lambda p: {"u": p["a"], "v": p["a"]}, 8, (f"v <= {bound}",))
    assert status(ConstraintsFeasibilityAnalysis(), client.analysis_context()) is expected


def test_effects_beyond_noise(baselined):
    card = TestOfNoEffectAnalysis().compute(baselined.analysis_context())
    assert card.status is PASS
    values = np.array([r.outcomes["acc"][0] for r in baselined.analysis_context().observed(["acc"])])
    statistic = (((values - values.mean()) / 0.05) ** 2).sum()
    assert card.df["statistic"][0] == pytest.approx(statistic)
    assert card.df["p_value"][0] == pytest.approx(chi2.sf(statistic, 12))
    flat = make([number("a")], "u", lambda p: {"u": (0.01 * p["a"], 1.0)}, 8)
    assert status(TestOfNoEffectAnalysis(), flat.analysis_context()) is WARNING


def test_regressions(baselined):
    card = RegressionAnalysis().compute(baselined.analysis_context())
    assert card.status is WARNING
    assert "1_0" in set(card.df["arm_name"])
    assert "12_0" not in set(card.df["arm_name"])


def edge():
    """Return an experiment whose optimum is at the upper bound of `a` and inside that of `b`."""
    client = make([number("a"), number("b")], "u", lambda p: {"u": 3 * p["a"] - (p["b"] - 0.5) ** 2}, 6)
    for _ in range(5):
        for index, p in client.get_next_trials(1).items():
            client.complete_trial(index, {"u": 3 * p["a"] - (p["b"] - 0.5) ** 2})
    return client


def test_suggestions_at_a_bound_are_a_hint_to_widen_it():
    client = edge()
    card = SearchSpaceAnalysis().compute(client.analysis_context())
    assert card.status is WARNING
    assert "a = 1" in card.subtitle
    top = card.df.iloc[0]
    assert (top["parameter_name"], top["side"]) == ("a", "upper")
    made = [r for r in client.analysis_context().results if r.generator == "BO"]
    assert top["proportion"] == pytest.approx(np.mean([r.parameters["a"] == 1.0 for r in made]))
    assert card.df["proportion"].is_monotonic_decreasing
    one = SearchSpaceAnalysis(trial_index=0).compute(client.analysis_context())
    assert one.status is PASS


def test_constraints_are_boundaries_too():
    client = make([number("a"), number("b")], "u", trials=0, parameter_constraints=("a + b <= 1",))
    index = client.attach_trial({"a": 0.25, "b": 0.75})
    frame = SearchSpaceAnalysis(trial_index=index).compute(client.analysis_context()).df.set_index("boundary")
    assert frame["proportion"]["a + b <= 1"] == 1.0


def test_complexity():
    small = make([number("a")], "u", trials=1).analysis_context()
    assert status(ComplexityRatingAnalysis(), small) is PASS
    assert status(ComplexityRatingAnalysis(tier_metadata={"parameters": 0}), small) is WARNING
    wide = make([number(f"x{i}") for i in range(201)], "u", trials=0).analysis_context()
    card = ComplexityRatingAnalysis(tier_messages={"unsupported": "Too much."}).compute(wide)
    assert (card.status, card.subtitle) == (FAIL, "Too much.")
    with pytest.raises(UserInputError, match="Did you mean 'trials'"):
        ComplexityRatingAnalysis(tier_metadata={"trial": 3})


def test_early_stopping_says_what_it_saved(stepped):
    card = EarlyStoppingAnalysis().compute(stepped.analysis_context())
    assert card.status is INFO
    assert card.subtitle == "2 of 9 trials were stopped early, which saved 13 % of the steps."


@pytest.mark.parametrize("end", ["complete_trial", "mark_trial_early_stopped"])
def test_early_stopping_where_all_readings_are_at_step_0_saves_nothing(end):
    client = make([number("a")], "-u", trials=0)
    for i in range(6):
        client.attach_data(client.attach_trial({"a": i / 6}), {"u": float(i)}, progression=0)
        getattr(client, end)(i)
    card = EarlyStoppingAnalysis().compute(client.analysis_context())
    assert "nan" not in card.subtitle
    assert card.status in (PASS, INFO)


@pytest.fixture
def rising():
    """Minimise `u`, read at steps 1 to 10; every trial ends worse than the one before it."""
    client = make([number("a")], "-u", trials=0)
    for i in range(12):
        client.attach_trial({"a": i / 12})
        for step in range(1, 11):
            client.attach_data(i, {"u": float(i) + 1.0 / step}, progression=step)
        client.complete_trial(i)
    return client


def test_early_stopping_says_what_it_could_have_saved(rising):
    at_once = PercentileEarlyStoppingStrategy(min_progression=2)
    card = EarlyStoppingAnalysis(early_stopping_strategy=at_once).compute(rising.analysis_context())
    assert card.status is WARNING
    assert card.df["would_stop_at"].tolist() == [10.0] * 4 + [2.0] * 8
    assert card.df["is_best"].tolist() == [True] + [False] * 11
    assert card.subtitle == "Stopping trials early would have saved 53 % of the steps."
    with pytest.raises(DataRequiredError):
        EarlyStoppingAnalysis().compute(make([number("a")], "u", lambda p: {"u": 1.0}, 3).analysis_context())


def test_early_stopping_asks_the_strategy_of_the_experiment(rising):
    seen = []

    class AfterThree:
        def should_stop(self, view, trial):
            latest = max(r.step for r in trial.data)
            assert trial.status is TrialStatus.RUNNING
            assert view.trials[trial.index] is trial
            seen.append((trial.index, sorted(view.trials), latest))
            return "enough" if latest >= 3 else None

    rising.set_early_stopping_strategy(AfterThree())
    card = EarlyStoppingAnalysis().compute(rising.analysis_context())
    assert card.df["would_stop_at"].tolist() == [3.0] * 12
    assert card.status is INFO
    assert card.subtitle.endswith("70 % of the steps, but the best trial would have been stopped.")
    assert seen[:3] == [(0, [0], 1.0), (0, [0], 2.0), (0, [0], 3.0)]
    assert seen[-1] == (11, list(range(12)), 3.0)


def test_early_stopping_by_default_says_what_the_default_strategy_would_do(rising):
    assert EarlyStoppingAnalysis().compute(rising.analysis_context()).status is PASS  # before step 10 it stops nothing


def test_whether_another_trial_can_be_suggested(plain):
    assert status(CanGenerateCandidatesAnalysis(), plain.analysis_context()) is PASS
    waiting = make([number("a")], "u", trials=6).analysis_context()
    card = CanGenerateCandidatesAnalysis().compute(waiting)
    assert card.status is INFO
    assert "needs 2 more of them completed" in card.subtitle
    given = CanGenerateCandidatesAnalysis(can_generate_candidates=False, reason="The machine is broken.")
    assert given.compute(make([number("a")], "u", trials=0).analysis_context()).status is FAIL


def test_all_checks_in_a_table_and_only_what_matters_as_cards(baselined, context):
    group = HealthchecksAnalysis().compute(context)
    assert [c.name for c in group.children] == ["HealthcheckSummary"]
    assert group.children[0].df["status"].tolist() == ["pass", "pass", "not available"]
    assert group.subtitle == "All 2 checks pass; 1 more will be made once there are results."
    group = HealthchecksAnalysis().compute(edge().analysis_context())
    assert [c.name for c in group.children] == ["HealthcheckSummary", "SearchSpaceAnalysis"]
    assert group.subtitle.endswith("asks for attention.")
    assert compute_card(
        HealthchecksAnalysis(), make([number("a")], "u", trials=2).analysis_context()
    ).subtitle.startswith(("No check", "All", "The check"))
