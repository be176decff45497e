"""The journal: all or nothing, undo as the inverse, replay as the fold, one writer among threads."""

import contextlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb.errors import AxnbError, ObjectNotFoundError, SnapshotError, TrialMutationError, UndoError, UnsupportedError
from axnb.problem.objective import parse_optimization
from axnb.problem.parameters import RangeParameter
from axnb.problem.space import SearchSpace
from axnb.record.events import (
    DataAttached,
    ExperimentConfigured,
    MetricsTracked,
    OptimizationConfigured,
    TrialCreated,
    TrialDeleted,
    TrialNoted,
    TrialStatusChanged,
)
from axnb.record.experiment import Experiment
from axnb.record.metadata import ExperimentMetadata
from axnb.record.state import describe
from axnb.record.trial import ALLOWED_FROM, Arm, Observation, Provenance, TrialStatus

SPACE = SearchSpace(parameters=(RangeParameter(name="x", lower=0, upper=1),))
HEADER = ExperimentMetadata(name="e", description=None, experiment_type=None, owner=None, seed=1)


def new_experiment():
    experiment = Experiment()
    experiment.record([ExperimentConfigured(header=HEADER, search_space=SPACE)])
    experiment.record([OptimizationConfigured(config=parse_optimization("y"))])
    return experiment


def create(experiment, x=0.5, position=None, automatic=False, count=1):
    def events(view):
        return [
            TrialCreated(
                index=view.next_index + k,
                arms=(Arm(name=f"{view.next_index + k}_0", parameters=(("x", x),)),),
                provenance=Provenance(generator="Sobol", position=position),
            )
            for k in range(count)
        ]

    return experiment.record(events, automatic=automatic)[0].event.index


def data(index, mean, step=None, metric="y"):
    row = Observation(metric=metric, arm_name=f"{index}_0", mean=mean, step=step)
    return DataAttached(index=index, rows=(row,))


def status(index, to):
    return TrialStatusChanged(index=index, status=to)


def state(view):
    return (view.metadata, view.search_space, view.optimization, view.generation, view.metrics, dict(view.trials))


actions = st.lists(
    st.tuples(
        st.sampled_from(["create", "data", "complete", "fail", "abandon", "goal", "undo", "redo", "bad"]),
        st.integers(0, 4),
        st.floats(-10, 10),
    ),
    max_size=40,
)


def act(experiment, kind, index, value):
    match kind:
        case "create":
            create(experiment, x=abs(value) / 10, position=index, count=1 + index % 3)
        case "data":
            experiment.record([data(index, value, step=float(index))])
        case "complete":
            experiment.record([data(index, value), status(index, TrialStatus.COMPLETED)])
        case "fail":
            experiment.record([status(index, TrialStatus.FAILED)])
        case "abandon":
            experiment.record([status(index, TrialStatus.ABANDONED)])
        case "goal":
            experiment.record([OptimizationConfigured(config=parse_optimization(f"y{index}"))])
        case "undo":
            experiment.undo()
        case "redo":
            experiment.redo()
        case "bad":
            experiment.record([data(index, value), status(index, TrialStatus.RUNNING)])


@given(actions)
def test_any_actions_then_undo_all_is_the_start_and_redo_all_the_end(steps):
    experiment = new_experiment()
    start = state(experiment.view())
    for step in steps:
        before = state(experiment.view())
        version = experiment.view().version
        try:
            act(experiment, *step)
        except AxnbError:
            assert state(experiment.view()) == before, "a refused action left a trace"
            assert experiment.view().version == version
    end, length = state(experiment.view()), len(experiment.journal)
    undone = 0
    while experiment.view().undo_label is not None:
        experiment.undo()
        undone += 1
    assert state(experiment.view()) == start
    assert len(experiment.journal) == length + undone, "undo erased something"
    for _ in range(undone):
        experiment.redo()
    assert state(experiment.view()) == end


@given(actions)
def test_replaying_the_journal_gives_the_same_state_and_the_same_undo(steps):
    experiment = new_experiment()
    for step in steps:
        with contextlib.suppress(AxnbError):
            act(experiment, *step)
    again = Experiment.replay(experiment.journal)
    one, two = experiment.view(), again.view()
    assert state(one) == state(two)
    assert (one.next_index, one.next_position, one.version) == (two.next_index, two.next_position, two.version)
    assert (one.undo_label, one.redo_label) == (two.undo_label, two.redo_label)
    while again.view().undo_label is not None:
        assert again.undo() == experiment.undo()
        assert state(again.view()) == state(experiment.view())


def test_indices_and_positions_are_never_used_again():
    experiment = new_experiment()
    create(experiment, position=0)
    experiment.undo()
    assert (experiment.view().next_index, experiment.view().next_position) == (1, 1)
    assert create(experiment, position=1) == 1
    with pytest.raises(UnsupportedError, match="in use or was"):
        experiment.record([TrialCreated(index=0, arms=(), provenance=Provenance(generator="Manual"))])


def test_a_refused_action_gives_back_its_index():
    experiment = new_experiment()
    arms = (Arm(name="0_0", parameters=(("x", 0.5),)),)
    with pytest.raises(ObjectNotFoundError):
        experiment.record(
            [TrialCreated(index=0, arms=arms, provenance=Provenance(generator="Sobol", position=4)), data(9, 1.0)]
        )
    assert (experiment.view().next_index, experiment.view().next_position) == (0, 0)


@pytest.mark.parametrize("to", [s for s in TrialStatus if s in ALLOWED_FROM])
@pytest.mark.parametrize("now", [TrialStatus.RUNNING, TrialStatus.COMPLETED, TrialStatus.FAILED, TrialStatus.ABANDONED])
def test_statuses_change_only_along_the_table(now, to):
    experiment = new_experiment()
    index = create(experiment)
    experiment.record([data(index, 1.0)])
    if now is not TrialStatus.RUNNING:
        experiment.record([status(index, now)])
    if now in ALLOWED_FROM[to]:
        experiment.record([status(index, to)])
        trial = experiment.view().trials[index]
        assert trial.status is to
        assert (trial.time_completed is not None) == to.is_terminal
    else:
        with pytest.raises(TrialMutationError, match=f"trial {index} cannot become"):
            experiment.record([status(index, to)])


def test_early_stopping_needs_data():
    experiment = new_experiment()
    index = create(experiment)
    with pytest.raises(UnsupportedError, match="no data"):
        experiment.record([status(index, TrialStatus.EARLY_STOPPED)])


def test_what_a_program_did_is_not_undone_and_stands_in_the_way_of_what_it_depends_on():
    experiment = new_experiment()
    index = create(experiment)
    experiment.record([data(index, 1.0), status(index, TrialStatus.COMPLETED)], automatic=True)
    assert experiment.view().undo_label == "trial 0 suggested"
    before = state(experiment.view())
    with pytest.raises(UndoError, match="trial 0 has changed since"):
        experiment.undo()
    assert state(experiment.view()) == before


def test_a_new_action_ends_redo():
    experiment = new_experiment()
    create(experiment)
    experiment.undo()
    assert experiment.view().redo_label == "trial 0 suggested"
    create(experiment)
    with pytest.raises(UndoError, match="nothing to redo"):
        experiment.redo()


def test_the_first_goal_and_the_configuration_are_not_undone():
    with pytest.raises(UndoError, match="nothing to undo"):
        new_experiment().undo()


def test_several_trials_of_one_action_are_undone_together():
    experiment = new_experiment()
    create(experiment, count=3)
    assert experiment.view().undo_label == "trials 0 to 2 suggested"
    experiment.undo()
    assert not experiment.view().trials


def test_an_action_of_many_events_is_told_in_few_words():
    experiment = new_experiment()
    create(experiment, count=1000)
    experiment.record([TrialNoted(index=i, note="a") for i in range(1000)])
    assert experiment.view().undo_label == "note on trial 0, note on trial 1, note on trial 2 and 997 more"
    assert describe([TrialNoted(index=i, note="a") for i in range(4)]).endswith("note on trial 3")
    assert len(describe([MetricsTracked(names=tuple(f"metric {i}" for i in range(1000)))])) < 200


def test_data_replaces_the_reading_of_the_same_step_only():
    experiment = new_experiment()
    index = create(experiment)
    for step, mean in [(1.0, 5.0), (2.0, 4.0), (1.0, 6.0)]:
        experiment.record([data(index, mean, step=step)])
    trial = experiment.view().trials[index]
    assert [(r.step, r.mean) for r in trial.data] == [(1.0, 6.0), (2.0, 4.0)]
    assert trial.outcomes == {"y": (4.0, None)}
    experiment.record([data(index, 9.0)])
    assert experiment.view().trials[index].outcomes == {"y": (9.0, None)}


def test_views_do_not_change():
    experiment = new_experiment()
    index = create(experiment)
    view = experiment.view()
    experiment.record([data(index, 1.0)])
    assert view.trials[index].data == ()
    with pytest.raises(TypeError):
        view.trials[index] = None


def test_a_metric_may_not_have_the_name_of_a_parameter():
    with pytest.raises(AxnbError, match="name of a parameter"):
        new_experiment().record([MetricsTracked(names=("x",))])


def test_subscribers_hear_of_changes_outside_the_lock_and_may_fail():
    experiment = new_experiment()
    heard = []

    def listen(notice):
        other = threading.Thread(target=lambda: heard.append((notice.trial_indices, experiment.view().version)))
        other.start()
        other.join(timeout=5)

    def fail(notice):
        raise RuntimeError("a subscriber's own trouble")

    experiment.subscribe(fail)
    stop = experiment.subscribe(listen)
    create(experiment)
    assert heard == [((0,), 3)]
    stop()
    create(experiment)
    assert len(heard) == 1


def test_many_threads_lose_nothing():
    experiment = new_experiment()

    def work():
        for _ in range(25):
            index = create(experiment)
            experiment.record([data(index, 1.0), status(index, TrialStatus.COMPLETED)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    view = experiment.view()
    assert list(view.trials) == list(range(200))
    assert all(t.status is TrialStatus.COMPLETED and t.outcomes == {"y": (1.0, None)} for t in view.trials.values())
    assert [e.sequence for e in experiment.journal] == list(range(len(experiment.journal)))
    assert state(Experiment.replay(experiment.journal).view()) == state(view)


def test_a_journal_with_a_gap_is_refused():
    experiment = new_experiment()
    create(experiment)
    with pytest.raises(SnapshotError, match="out of order"):
        Experiment.replay(experiment.journal[:1] + experiment.journal[2:])


@pytest.mark.parametrize("mean", [float("nan"), float("inf"), "3", None, True, 10**400])
def test_a_reading_is_a_finite_number(mean):
    with pytest.raises(AxnbError, match="metric 'y': the mean must be a"):
        Observation(metric="y", arm_name="0_0", mean=mean)


@pytest.mark.parametrize("sem", [-0.1, float("inf"), "x"])
def test_a_standard_error_is_a_finite_number_of_at_least_zero(sem):
    with pytest.raises(AxnbError, match="metric 'y': the standard error must"):
        Observation(metric="y", arm_name="0_0", mean=1.0, sem=sem)
    assert Observation(metric="y", arm_name="0_0", mean=1.0, sem=float("nan")).sem is None


class SlowJournal:
    """Keeps entries once it is told to."""

    def __init__(self):
        self.asked, self.allowed = threading.Event(), threading.Event()

    def read(self, start):
        return []

    def append(self, entries, trials):
        self.asked.set()
        assert self.allowed.wait(30)


def test_reading_never_waits_for_storage():
    journal = SlowJournal()
    experiment = Experiment(journal=journal)
    configured = ExperimentConfigured(header=HEADER, search_space=SPACE)
    writer = threading.Thread(target=experiment.record, args=([configured],))
    writer.start()
    assert journal.asked.wait(30)
    read = []

    def look():
        read.append(experiment.view())
        read.append(experiment.journal)
        experiment.subscribe(read.append)()

    reader = threading.Thread(target=look)
    reader.start()
    reader.join(30)
    blocked = reader.is_alive()
    journal.allowed.set()
    writer.join()
    reader.join()
    assert not blocked
    assert (read[0].version, read[0].search_space, read[1]) == (0, None, ())
    assert experiment.view().search_space is SPACE


def test_arms_are_found_by_name_and_by_point():
    experiment = new_experiment()
    for _ in range(3):
        create(experiment)
    before = experiment.view()
    point = before.trials[1].arm.parameters
    assert [arm.name for arm in before.find_arms("1_0")] == ["1_0"]
    assert next(before.find_arms(point)) is before.trials[0].arm
    experiment.record([TrialDeleted(index=0)])
    assert next(experiment.view().find_arms(point)).name == "1_0"
    experiment.undo()
    assert next(experiment.view().find_arms(point)).name == "0_0"
    create(experiment)
    assert list(before.find_arms("3_0")) == []
    assert [arm.name for arm in experiment.view().find_arms("3_0")] == ["3_0"]
