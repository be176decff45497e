"""Tables of the trials."""

import pytest

from axnb.analyses.context import AnalysisContext
from axnb.analyses.results.summary import BestTrials, Summary
from axnb.errors import DataRequiredError, NotConfiguredError, ObjectNotFoundError, UserInputError
from axnb.record.experiment import Experiment
from tests.analyses.conftest import make, number


def test_every_trial_is_a_row_and_the_best_is_marked(plain):
    running = plain.attach_trial({"a": 0.5, "b": 0.5})
    context = plain.analysis_context()
    card = Summary().compute(context)
    assert card.df["trial_index"].tolist() == list(range(13))
    assert {"best", "trial_status", "generation_node", "loss", "a", "b"} <= set(card.df.columns)
    best = context.best().trial_index
    assert card.df["trial_index"][card.df["best"] == "★"].tolist() == [best]
    assert card.subtitle == f"13 trials: 12 completed, 1 running; trial {best} has the best result so far."
    assert card.df.loc[running, "trial_status"] == "RUNNING"
    assert card.figure is None


def test_the_whole_front_is_marked(several):
    card = Summary().compute(several.analysis_context())
    front = [p.trial_index for p in several.analysis_context().pareto_frontier()]
    assert card.df["trial_index"][card.df["best"] == "★"].tolist() == front
    assert card.subtitle.endswith("are on the Pareto front.")


def test_rows_can_be_chosen(plain):
    plain.mark_trial_failed(plain.attach_trial({"a": 0.5, "b": 0.5}), "oven broke")
    context = plain.analysis_context()
    assert Summary(trial_indices=[1, 3]).compute(context).df["trial_index"].tolist() == [1, 3]
    failed = Summary(trial_statuses=["failed"]).compute(context)
    assert failed.df["status_reason"].tolist() == ["oven broke"]
    assert failed.subtitle == "1 trial: 1 failed."
    assert "loss" not in failed.df.columns
    assert "loss" in Summary(trial_statuses="FAILED", omit_empty_columns=False).compute(context).df.columns
    assert Summary(trial_statuses=["stale"]).compute(context).df.empty


def test_a_parameter_called_best_is_left_alone():
    client = make([number("best")], "u", lambda p: {"u": p["best"]}, 3)
    frame = Summary().compute(client.analysis_context()).df
    assert frame["best"].dtype == float


def test_without_a_goal_nothing_is_best():
    from axnb.api.client import Client

    client = Client()
    client.configure_experiment([number("a")])
    client.attach_trial({"a": 0.5})
    assert Summary().compute(client.analysis_context()).subtitle == "1 trial: 1 running."


def test_bad_choices_are_refused(plain):
    with pytest.raises(UserInputError, match="Did you mean 'completed'"):
        Summary(trial_statuses=["complete"])
    with pytest.raises(ObjectNotFoundError):
        Summary(trial_indices=[99]).compute(plain.analysis_context())
    with pytest.raises(DataRequiredError, match="no trials yet"):
        Summary().compute(AnalysisContext(Experiment().view()))


def test_best_trials_is_the_best_or_the_front(plain, several):
    context = plain.analysis_context()
    card = BestTrials().compute(context)
    assert card.df["trial_index"].tolist() == [context.best().trial_index]
    assert card.subtitle == f"Trial {context.best().trial_index} is the best by observed loss (minimise)."
    card = BestTrials(use_model_predictions=True).compute(context)
    assert card.df["trial_index"].tolist() == [context.best(use_model_predictions=True).trial_index]
    assert "predicted" in card.subtitle
    card = BestTrials().compute(several.analysis_context())
    assert card.df["trial_index"].tolist() == [p.trial_index for p in several.analysis_context().pareto_frontier()]
    assert "Pareto front of the observed strength (maximise) and weight (minimise)" in card.subtitle


def test_best_trials_says_what_it_needs():
    with pytest.raises(DataRequiredError, match="completed trial that satisfies"):
        BestTrials().compute(make([number("a")], "u", trials=1).analysis_context())
    with pytest.raises(NotConfiguredError):
        BestTrials().compute(AnalysisContext(Experiment().view()))
