"""The experiment: its journal, and what Ax's developers ask of it and do with it."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from axnb.errors import UnsupportedError, UserInputError
from axnb.problem.objective import OptimizationConfig
from axnb.problem.parameters import Parameter
from axnb.problem.space import SearchSpace
from axnb.record.data import Data, Err, Ok
from axnb.record.events import (
    BaselineSet,
    Change,
    ExperimentConfigured,
    MetricsTracked,
    OptimizationConfigured,
    SearchSpaceEdited,
    TrialCreated,
)
from axnb.record.frames import data_frame, summary_frame
from axnb.record.generator_run import GeneratorRun
from axnb.record.journal import Journal
from axnb.record.journaled import ExperimentView, JournaledExperiment, Notice, arm_results
from axnb.record.live_trials import BaseTrial, BatchTrial, Trial, TrialRunner, attach_rows
from axnb.record.metadata import ExperimentMetadata
from axnb.record.trial import Arm, Observation, Provenance, TrialStatus

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Experiment", "ExperimentView", "MetricReader", "Notice", "arm_results"]

STATUS_QUO = "status_quo"


class MetricReader(Protocol):
    """Reads a metric of trials."""

    name: str

    def fetch_trial_data(self, trial: BaseTrial) -> Data | Ok | Err:
        """Return the readings of a trial, or why there are none."""
        ...


class Experiment(JournaledExperiment):
    """What is tried, what is wanted, and all that has happened. Without a search space it waits to be configured.

    Args:
        search_space: What may be tried.
        name: What it is called.
        optimization_config: What is wanted.
        metrics: What reads metrics; their names are tracked. They are not saved.
        runner: What starts trials. It is not saved.
        status_quo: How things stand now. It becomes a trial of its own, that relative constraints compare with.
        description: What it is about.
        experiment_type: Kind of experiment, in your own words.
        owner: Whose it is.
        random_seed: Seed of everything random in the experiment.
        journal: Where the entries are kept, besides memory; what it holds already is read.

    Raises:
        UserInputError: If a part cannot be used.
        StorageError: If the journal cannot be read.

    Example:
        >>> from axnb.problem.parameters import RangeParameter
        >>> experiment = Experiment(SearchSpace([RangeParameter("x", "float", 0.0, 1.0)]), "demo")
        >>> trial = experiment.new_trial(GeneratorRun([Arm({"x": 0.5})])).mark_running()
        >>> trial.update_trial_data({"loss": 0.25})
        >>> trial.mark_completed()
        Trial(experiment_name='demo', index=0, status=COMPLETED)
        >>> experiment.lookup_data().metric_names
        {'loss'}
    """

    def __init__(
        self,
        search_space: SearchSpace | None = None,
        name: str | None = None,
        optimization_config: OptimizationConfig | None = None,
        metrics: Sequence[MetricReader] | None = None,
        runner: TrialRunner | None = None,
        status_quo: Arm | None = None,
        description: str | None = None,
        *,
        experiment_type: str | None = None,
        owner: str | None = None,
        tracking_metrics: Sequence[MetricReader] | None = None,
        random_seed: int = 0,
        journal: Journal | None = None,
    ) -> None:
        super().__init__(journal)
        self.runner = runner
        self._readers = {metric.name: metric for metric in (*(metrics or ()), *(tracking_metrics or ()))}
        if search_space is None:
            return
        about = ExperimentMetadata(
            name=name, description=description, experiment_type=experiment_type, owner=owner, seed=random_seed
        )
        events: list[Change] = [ExperimentConfigured(header=about, search_space=search_space)]
        events += [] if optimization_config is None else [OptimizationConfigured(config=optimization_config)]
        events += [MetricsTracked(names=tuple(self._readers))] if self._readers else []
        self.record(events)
        if status_quo is not None:
            self.status_quo = status_quo

    @property
    def name(self) -> str | None:
        """What it is called."""
        return self.view().name

    @property
    def search_space(self) -> SearchSpace | None:
        """What may be tried."""
        return self.view().search_space

    @search_space.setter
    def search_space(self, search_space: SearchSpace) -> None:
        self.record([SearchSpaceEdited(search_space=search_space, summary="search space changed")])

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters by name."""
        space = self.search_space
        return {} if space is None else {p.name: p for p in space.parameters}

    @property
    def optimization_config(self) -> OptimizationConfig | None:
        """What is wanted."""
        return self.view().optimization

    @optimization_config.setter
    def optimization_config(self, config: OptimizationConfig) -> None:
        self.record([OptimizationConfigured(config=config)])

    @property
    def metrics(self) -> dict[str, MetricReader | None]:
        """The metrics by name, with what reads them where that is known."""
        return {name: self._readers.get(name) for name in self.view().metrics}

    @property
    def status_quo(self) -> Arm | None:
        """How things stood before: what relative constraints compare with."""
        view = self.view()
        return None if view.baseline is None else view.trial(view.baseline).arm

    @status_quo.setter
    def status_quo(self, arm: Arm) -> None:
        def events(now: ExperimentView) -> list[Change]:
            space = now.search_space
            point = dict(arm.parameters) if space is None else space.validate(dict(arm.parameters))
            created = TrialCreated(
                index=now.next_index,
                arms=(Arm(point, arm.name or STATUS_QUO),),
                provenance=Provenance(generator="Baseline"),
                status=TrialStatus.CANDIDATE,
            )
            return [created, BaselineSet(index=created.index)]

        self.record(events)

    @property
    def trials(self) -> dict[int, BaseTrial]:
        """The trials by index."""
        kinds = {i: BatchTrial if t.is_batch else Trial for i, t in self.view().trials.items()}
        return {index: kind(self, index, self.runner) for index, kind in kinds.items()}

    @property
    def trials_by_status(self) -> dict[TrialStatus, list[BaseTrial]]:
        """The trials of each status."""
        found: dict[TrialStatus, list[BaseTrial]] = {status: [] for status in TrialStatus}
        for trial in self.trials.values():
            found[trial.status].append(trial)
        return found

    @property
    def arms_by_name(self) -> dict[str, Arm]:
        """All arms by name."""
        return {arm.name: arm for trial in self.view().trials.values() for arm in trial.arms}

    def new_trial(self, generator_run: GeneratorRun | None = None) -> Trial:
        """Return a new trial, with the only arm of a generator run if one is given.

        Raises:
            UnsupportedError: If the generator run has several arms.
            UserInputError: If the arm does not belong to the search space.
        """
        trial = Trial(self, None, self.runner)
        return trial if generator_run is None else trial.add_generator_run(generator_run)

    def new_batch_trial(
        self,
        generator_run: GeneratorRun | None = None,
        generator_runs: Sequence[GeneratorRun] | None = None,
        should_add_status_quo_arm: bool = False,
    ) -> BatchTrial:
        """Return a new trial of several arms.

        Args:
            generator_run: Arms to begin with.
            generator_runs: Instead, several such.
            should_add_status_quo_arm: Whether the status quo is evaluated beside them.

        Raises:
            NotConfiguredError: If there is no status quo to add.
            UserInputError: If an arm does not belong to the search space, or is there twice.
        """
        batch = BatchTrial(self, None, self.runner)
        for run in [*([] if generator_run is None else [generator_run]), *(generator_runs or ())]:
            batch.add_generator_run(run)
        return batch.add_status_quo_arm() if should_add_status_quo_arm else batch

    def attach_data(self, data: Data) -> None:
        """Record readings.

        Raises:
            ObjectNotFoundError: If there is no such trial.
            UnknownNameError: If there is no such arm.
            UserInputError: If a value is no finite number.
        """
        rows: dict[int, list[Observation]] = {}
        for row in data.df.to_dict("records"):
            step = row.get("step")
            reading = Observation(
                metric=row["metric_name"],
                arm_name=row["arm_name"],
                mean=row["mean"],
                sem=row.get("sem"),
                step=None if step is None or math.isnan(step) else step,
            )
            rows.setdefault(int(row["trial_index"]), []).append(reading)
        attach_rows(self, rows)

    def lookup_data(self, trial_indices: Iterable[int] | None = None) -> Data:
        """Return the readings that are recorded."""
        return Data(df=data_frame(self.view())).filter(trial_indices)

    def fetch_data(
        self, trial_indices: Iterable[int] | None = None, metrics: Sequence[MetricReader] | None = None
    ) -> Data:
        """Read the metrics of trials that are expected to have results, record that, and return all there is.

        Args:
            trial_indices: The trials; all by default.
            metrics: What reads metrics; those of the experiment by default.

        Raises:
            UnsupportedError: If a metric could not be read.
            UserInputError: If a value is no finite number.
        """
        chosen = None if trial_indices is None else set(trial_indices)
        for trial in self.trials.values():
            if trial.status.expecting_data and (chosen is None or trial.index in chosen):
                for metric in self._readers.values() if metrics is None else metrics:
                    self.attach_data(_unwrap(metric, trial))
        return self.lookup_data(chosen)

    def to_df(
        self,
        trial_indices: Iterable[int] | None = None,
        trial_statuses: Sequence[TrialStatus] | None = None,
        omit_empty_columns: bool = True,
    ) -> "pd.DataFrame":
        """Return one row an arm: trial, arm, status, origin, metrics, parameters."""
        view = self.view()
        chosen = [view.trial(i) for i in (view.trials if trial_indices is None else trial_indices)]
        kept = [t for t in chosen if trial_statuses is None or t.status in trial_statuses]
        return summary_frame(view, kept, omit_empty_columns=omit_empty_columns)


def _unwrap(metric: MetricReader, trial: BaseTrial) -> Data:
    """Return the readings of a trial.

    Raises:
        UnsupportedError: If the metric could not be read.
        UserInputError: If it gave something else.
    """
    found = metric.fetch_trial_data(trial)
    if isinstance(found, Err):
        raise UnsupportedError(
            f"metric {metric.name!r} of trial {trial.index} could not be read: {found.err.message}"
        ) from found.err.exception
    data = found.value if isinstance(found, Ok) else found
    if not isinstance(data, Data):
        raise UserInputError(f"metric {metric.name!r} gave {type(data).__name__}, expected Data, or Ok or Err.")
    return data
