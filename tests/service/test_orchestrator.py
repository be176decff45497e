"""Ax's Orchestrator: thin over the closed loop."""

import pytest

from axnb import Client, IRunner, RangeParameterConfig, TrialStatus
from axnb.errors import FailureRateExceededError, UnsupportedError, UserInputError
from axnb.problem.generation import GenerationOptions
from axnb.run.global_stopping import ImprovementGlobalStoppingStrategy
from axnb.run.runners import FunctionMetric, SyntheticRunner
from axnb.service.orchestrator import Orchestrator, OrchestratorOptions
from axnb.service.scheduler import Scheduler, SchedulerOptions
from axnb.service.utils.storage import DBSettings

LOSS = [FunctionMetric("loss", lambda point: point["x"] ** 2)]


def experiment(name="orchestrated"):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name=name)
    client.configure_optimization("-loss")
    return client.experiment


def options(**settings):
    return OrchestratorOptions(init_seconds_between_polls=0, **settings)


def orchestrator(made=None, **settings):
    return Orchestrator(
        made or experiment(),
        GenerationOptions(method="random_search"),
        options(**settings),
        runner=SyntheticRunner(),
        metrics=LOSS,
    )


def test_it_runs_some_trials_and_then_all():
    made = orchestrator(total_trials=7, max_pending_trials=2)
    assert made.run_n_trials(3).completed == (0, 1, 2)
    assert len(made.run_all_trials().completed) == 4
    assert made.run_all_trials() == made.summarize_final_result()
    assert len(made.experiment.view().trials) == 7
    with pytest.raises(UserInputError, match="total_trials"):
        orchestrator().run_all_trials()


def test_it_yields_what_is_told_after_each_step():
    class Counting(Orchestrator):
        def report_results(self):
            return {"trials": len(self.experiment.view().trials)}

    made = Counting(experiment(), options=options(max_pending_trials=1), runner=SyntheticRunner(), metrics=LOSS)
    idle = []
    told = list(made.run_trials_and_yield_results(3, idle_callback=idle.append))
    assert told[-1] == {"trials": 3}
    assert set(idle) == {made}


def test_a_stored_experiment_is_gone_on_with(tmp_path):
    settings = DBSettings(url=f"sqlite:///{tmp_path}/runs.db")
    first = Orchestrator(experiment(), options=options(), db_settings=settings, runner=SyntheticRunner(), metrics=LOSS)
    first.run_n_trials(2)
    again = Orchestrator.from_stored_experiment(
        "orchestrated", options(), settings, runner=SyntheticRunner(), metrics=LOSS
    )
    again.run_n_trials(2)
    third = Orchestrator.from_stored_experiment(
        "orchestrated", options(), settings, runner=SyntheticRunner(), metrics=LOSS
    )
    trials = third.experiment.view().trials
    assert [t.status for t in trials.values()] == [TrialStatus.COMPLETED] * 4
    with pytest.raises(UserInputError, match="db_settings"):
        Orchestrator.from_stored_experiment("orchestrated", runner=SyntheticRunner(), metrics=LOSS)


class Failing(IRunner):
    def run_trial(self, trial_index, parameterization):
        return {}

    def poll_trial(self, trial_index, trial_metadata):
        return TrialStatus.FAILED


def test_each_option_counts():
    rule = ImprovementGlobalStoppingStrategy(min_trials=6, improvement_bar=10.0)
    made = orchestrator(global_stopping_strategy=rule, max_pending_trials=1)
    report = made.run_n_trials(20)
    assert report.trials == 6
    assert report.ended_because is not None
    assert made.run_n_trials(2, ignore_global_stopping_strategy=True).trials == 2
    assert made.run_n_trials(20, timeout_hours=1e-12).trials == 0
    many = options(max_pending_trials=1, min_failed_trials_for_failure_rate_check=8)
    failing = Orchestrator(experiment(), options=many, runner=Failing(), metrics=LOSS)
    with pytest.raises(FailureRateExceededError, match="8 of 8"):
        failing.run_n_trials(20)


def test_what_is_missing_is_said():
    with pytest.raises(UnsupportedError, match="'loss'"):
        Orchestrator(experiment(), runner=SyntheticRunner(), metrics=[FunctionMetric("time", lambda p: 1.0)])
    with pytest.raises(UserInputError, match="IRunner"):
        Orchestrator(experiment(), runner=3, metrics=LOSS)
    for wrong in ({"total_trials": 0}, {"max_pending_trials": 0}, {"seconds_between_polls_backoff_factor": 0.5}):
        with pytest.raises(UserInputError):
            OrchestratorOptions(**wrong)


def test_the_older_names_are_the_same():
    assert Scheduler is Orchestrator
    assert SchedulerOptions is OrchestratorOptions
