"""What events carry is checked where it is made and where it is replayed, whoever wrote it."""

from datetime import UTC, datetime

import pytest

from axnb.errors import AxnbError, SnapshotError, UserInputError
from axnb.problem.parameters import ChoiceParameter, RangeParameter, whole
from axnb.problem.space import SearchSpace
from axnb.record.events import (
    DataAttached,
    ExperimentConfigured,
    ExperimentRenamed,
    MetricsTracked,
    TrialCreated,
    TrialNoted,
    TrialStatusChanged,
)
from axnb.record.experiment import Experiment
from axnb.record.journal import Entry
from axnb.record.metadata import ExperimentMetadata
from axnb.record.trial import Arm, Observation, Provenance, TrialStatus

SURROGATE = "\ud800"
SPACE = SearchSpace(
    parameters=(
        RangeParameter(name="x", lower=0, upper=1),
        ChoiceParameter(name="kind", values=("a", "b")),
    )
)
MANUAL = Provenance(generator="Manual")


def metadata(**changed):
    return ExperimentMetadata(
        **({"name": "e", "description": None, "experiment_type": None, "owner": None, "seed": 1} | changed)
    )


def arm(x=0.5, kind="a", name="0_0"):
    return Arm(name=name, parameters=(("x", x), ("kind", kind)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: metadata(seed=-1),
        lambda: metadata(seed=10**400),
        lambda: metadata(seed=10**5000),
        lambda: metadata(seed=0.5),
        lambda: metadata(name=SURROGATE),
        lambda: arm(x=10**400),
        lambda: arm(x=10**5000),
        lambda: arm(x=float("nan")),
        lambda: arm(kind=SURROGATE),
        lambda: arm(name=""),
        lambda: arm(name=f"a{SURROGATE}"),
        lambda: Observation(metric="y", arm_name="0_0", mean=10**400),
        lambda: Observation(metric="y", arm_name="0_0", mean=10**5000),
        lambda: Observation(metric=SURROGATE, arm_name="0_0", mean=1.0),
        lambda: Observation(metric="y", arm_name=SURROGATE, mean=1.0),
        lambda: Provenance(generator="Sobol", position=10**12),
        lambda: Provenance(generator="Sobol", position=-1),
        lambda: Provenance(generator="Sobol", position=10**5000),
        lambda: whole("n", 10**5000, 1, 10),
        lambda: whole("n", -(10**5000), 1),
    ],
    ids=range(20),
)
def test_values_that_cannot_be_kept_are_not_made(make):
    with pytest.raises(UserInputError) as caught:
        make()
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "event",
    [
        TrialCreated(index=0, arms=(), provenance=MANUAL),
        TrialCreated(index=10**30, arms=(arm(),), provenance=MANUAL),
        TrialCreated(index=0, arms=(arm(x="a"),), provenance=MANUAL),
        TrialCreated(index=0, arms=(arm(x=True),), provenance=MANUAL),
        TrialCreated(index=0, arms=(arm(kind=1.0),), provenance=MANUAL),
        TrialCreated(index=0, arms=(Arm(name="0_0", parameters=(("z", 1.0),)),), provenance=MANUAL),
        ExperimentRenamed(name=SURROGATE),
        MetricsTracked(names=(SURROGATE,)),
        TrialNoted(index=0, note=SURROGATE),
        TrialStatusChanged(index=0, status=TrialStatus.FAILED, reason=SURROGATE),
        DataAttached(index=0, rows=(Observation(metric="y", arm_name="other", mean=1.0),)),
    ],
    ids=range(11),
)
def test_events_are_checked_when_recorded_and_when_replayed(event):
    experiment = Experiment()
    experiment.record([ExperimentConfigured(header=metadata(), search_space=SPACE)])
    if not isinstance(event, TrialCreated):
        experiment.record([TrialCreated(index=0, arms=(arm(),), provenance=MANUAL)])
    before = experiment.view()
    with pytest.raises(AxnbError):
        experiment.record([event])
    assert experiment.view() is before
    number = len(experiment.journal)
    entry = Entry(sequence=number, action=number, time=datetime.now(UTC), actor="somebody", event=event)
    with pytest.raises(SnapshotError):
        Experiment.replay([*experiment.journal, entry])
