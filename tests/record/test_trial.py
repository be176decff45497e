"""What a trial holds: its status and what that means, its arms and their outcomes."""

import pytest

from axnb.errors import UnsupportedError
from axnb.record.events import TrialCreated, TrialStatusChanged
from axnb.record.experiment import Experiment, arm_results
from axnb.record.trial import Arm, Observation, Provenance, Trial, TrialStatus

SUCCESSFUL = {"COMPLETED", "EARLY_STOPPED"}
FAILURES = {"FAILED", "ABANDONED"}
LOST = {*FAILURES, "STALE"}


@pytest.mark.parametrize(
    ("asked", "statuses"),
    [
        ("is_terminal", SUCCESSFUL | LOST),
        ("is_successful", SUCCESSFUL),
        ("is_failure", FAILURES),
        ("is_lost", LOST),
        ("expecting_data", SUCCESSFUL | {"RUNNING"}),
        ("is_deployed", {"STAGED", "RUNNING"}),
        *[(f"is_{s}", {s.upper()}) for s in ("candidate", "running", "completed", "early_stopped", "failed")],
        ("is_abandoned", {"ABANDONED"}),
    ],
)
def test_what_each_status_means(asked, statuses):
    assert {s.name for s in TrialStatus if getattr(s, asked)} == statuses


def batch(data=(), **rest):
    arms = tuple(Arm(name=f"3_{i}", parameters=(("x", 0.1 * i),)) for i in range(3))
    rows = [Observation(arm_name=name, metric=metric, mean=mean, step=step) for name, metric, mean, step in data]
    return Trial(index=3, arms=arms, data=tuple(rows), **rest)


def test_the_outcome_of_an_arm_is_its_final_reading_of_each_metric():
    trial = batch(
        [
            ("3_0", "loss", 5.0, 1.0),
            ("3_0", "loss", 4.0, 9.0),
            ("3_0", "loss", 3.0, 2.0),
            ("3_1", "loss", 2.0, None),
            ("3_1", "loss", 1.0, 99.0),
            ("3_1", "time", 7.0, 1.0),
        ]
    )
    assert [dict(r.outcomes) for r in trial.results] == [
        {"loss": (4.0, None)},
        {"loss": (2.0, None), "time": (7.0, None)},
        {},
    ]
    assert [r.has(["loss", "time"]) for r in trial.results] == [False, True, False]


def test_each_arm_of_a_batch_has_its_weight_and_its_origin():
    origins = tuple(Provenance(generator="Sobol", position=i) for i in range(3))
    trial = batch(weights=(1.0, 2.0, 0.5), provenances=origins)
    assert list(trial.arm_weights.values()) == [1.0, 2.0, 0.5]
    assert [r.provenance for r in trial.results] == list(origins)
    assert [(r.weight, r.generator) for r in batch().results] == [(1.0, "Manual")] * 3
    assert list(trial.arms_by_name) == ["3_0", "3_1", "3_2"]


@pytest.mark.parametrize("asked", ["arm", "arm_name", "parameters", "outcomes"])
def test_a_batch_has_no_single_arm(asked):
    with pytest.raises(UnsupportedError, match=r"trial 3 has 3 arms: ask for `arms` or `results`"):
        getattr(batch(), asked)


def test_results_are_collected_once_a_trial_and_once_a_view():
    experiment = Experiment()
    arms = [Arm(name=f"{i}_0", parameters=(("x", 0.5),)) for i in range(2)]
    manual = Provenance(generator="Manual")
    experiment.record([TrialCreated(index=i, arms=(arm,), provenance=manual) for i, arm in enumerate(arms)])
    before = experiment.view()
    assert arm_results(before) is arm_results(before)
    experiment.record([TrialStatusChanged(index=1, status=TrialStatus.FAILED)])
    after = arm_results(experiment.view())
    assert after[0] is arm_results(before)[0]
    assert [r.status.name for r in after] == ["RUNNING", "FAILED"]
    assert arm_results(before)[1].status is TrialStatus.RUNNING
