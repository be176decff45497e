"""Past experiments from tables, and experiments as tables. pandas is imported when a table is at hand."""

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from axnb.api.configs import ChoiceParameterConfig, RangeParameterConfig
from axnb.api.outcomes import observations
from axnb.errors import AxnbWarning, ObjectNotFoundError, UserInputError, listing, near_miss
from axnb.problem.parameters import plain
from axnb.record.events import Change, DataAttached, TrialCreated, TrialStatusChanged, pairs
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.trial import Arm, Provenance, Trial, TrialStatus

if TYPE_CHECKING:
    import pandas as pd

Config = RangeParameterConfig | ChoiceParameterConfig
_FEW_STRINGS = 50  # a text column with more values is no choice


def as_frame(source: "pd.DataFrame | str | os.PathLike[str]") -> "pd.DataFrame":
    """Return a table: a data frame as it is, or the CSV file of that name.

    Raises:
        ObjectNotFoundError: If there is no such file.
        UserInputError: If it is neither a data frame nor a readable CSV file, or has no rows.
    """
    import pandas as pd

    if isinstance(source, str | os.PathLike):
        try:
            frame = pd.read_csv(source)
        except FileNotFoundError:
            raise ObjectNotFoundError(f"there is no file {os.fspath(source)!r}.") from None
        except (ValueError, OSError) as error:
            raise UserInputError(f"{os.fspath(source)!r} cannot be read as CSV: {error}") from error
    elif isinstance(source, pd.DataFrame):
        frame = source
    else:
        raise UserInputError(f"expected a data frame or the path of a CSV file, got {source!r}.")
    if frame.empty:
        raise UserInputError("the table has no rows.")
    return frame


def infer_config(frame: "pd.DataFrame", name: str) -> Config:
    """Return the config of the parameter that a column shows: its type from the column, its bounds from the values.

    Raises:
        UserInputError: If there is no such column, or its values are no parameter's.
    """
    import pandas as pd

    check_columns(frame, [name])
    column = frame[name].dropna()
    values: list[Any] = [plain(v) for v in column.unique()]
    if pd.api.types.is_bool_dtype(column):
        return ChoiceParameterConfig(name, [True, False], "bool")
    if pd.api.types.is_numeric_dtype(column):
        if len(values) < 2:
            raise UserInputError(f"column {name!r} has a single value: give a RangeParameterConfig with its bounds.")
        whole = all(float(v) == int(v) for v in values)
        kind = "int" if whole and pd.api.types.is_integer_dtype(column) else "float"
        bounds = (min(values), max(values))
        return RangeParameterConfig(name, bounds, "int" if kind == "int" else "float")
    if not all(isinstance(v, str) for v in values) or not 2 <= len(values) <= _FEW_STRINGS:
        raise UserInputError(f"column {name!r} is neither numbers nor a few strings: give a config for it.")
    return ChoiceParameterConfig(name, sorted(values), "str")


def parameter_configs(frame: "pd.DataFrame", parameters: Sequence[str | Config]) -> list[Config]:
    """Return the configs of parameters, inferred from their columns for those given by name; a warning says what.

    Raises:
        UserInputError: If there is no such column, its values are no parameter's, or something is no config.
    """
    if isinstance(parameters, str) or not isinstance(parameters, Sequence):
        raise UserInputError(f"parameters must be a list of column names and configs, got {parameters!r}.")
    made = [infer_config(frame, p) if isinstance(p, str) else p for p in parameters]
    taken = [
        f"{given!r} is {config.to_parameter().domain}"
        for given, config in zip(parameters, made, strict=True)
        if isinstance(given, str)
    ]
    if taken:
        warnings.warn(
            f"taken from the table: {'; '.join(taken)}. Give a config in place of a name to say it yourself.",
            AxnbWarning,
            stacklevel=3,
        )
    return made


def check_columns(frame: "pd.DataFrame", names: Sequence[str]) -> None:
    """Check that a table has some columns.

    Raises:
        UserInputError: If one is missing; the message suggests the near miss.
    """
    for name in names:
        if name not in frame.columns:
            hint = near_miss(name, frame.columns)
            raise UserInputError(f"the table has no column {name!r}; it has {listing(frame.columns, 20)}.{hint}")


def sem_columns(frame: "pd.DataFrame", metrics: Sequence[str], given: Mapping[str, str] | None) -> dict[str, str]:
    """Return for each metric the column of its standard errors: as given, or `<metric>_sem` where there is one.

    Raises:
        UserInputError: If a given column or metric does not exist.
    """
    if given is None:
        return {m: f"{m}_sem" for m in metrics if f"{m}_sem" in frame.columns}
    if not isinstance(given, Mapping):
        raise UserInputError(f"sems must be a dict from metric to column, got {given!r}.")
    unknown = [m for m in given if m not in metrics]
    if unknown:
        raise UserInputError(f"there is no metric {unknown[0]!r}; the metrics are {listing(metrics)}.")
    check_columns(frame, list(given.values()))
    return dict(given)


def attach_table(experiment: Experiment, frame: "pd.DataFrame", sems: Mapping[str, str]) -> list[int]:
    """Record every row of a table as a completed trial, all or none, and return their indices.

    Args:
        experiment: The experiment.
        frame: A column for each parameter; columns with the names of metrics are their means, empty cells are left out.
        sems: For each metric the column of its standard errors.

    Raises:
        UserInputError: If a column is missing or a cell cannot be used; the message names the row.
    """
    made: list[int] = []

    def events(now: ExperimentView) -> list[Change]:
        assert now.search_space is not None
        metrics = [m for m in now.metrics if m in frame.columns]
        if not metrics:
            raise UserInputError(f"the table has no column of a metric; the metrics are {listing(now.metrics)}.")
        check_columns(frame, [p.name for p in now.search_space.tunable])
        names = [n for n in now.search_space.names if n in frame.columns]
        made.clear()
        changes: list[Change] = []
        for position, row in enumerate(frame.to_dict("records")):
            index = now.next_index + position
            try:
                changes += _row_events(now, index, {n: plain(row[n]) for n in names}, _outcomes(row, metrics, sems))
            except UserInputError as error:
                raise UserInputError(f"row {position} of the table: {error}") from error
            made.append(index)
        return changes

    experiment.record(events)
    return made


def _outcomes(row: Mapping[Any, Any], metrics: Sequence[str], sems: Mapping[str, str]) -> dict[str, Any]:
    import pandas as pd

    found = {}
    for metric in metrics:
        mean: Any = plain(row[metric])
        if not pd.isna(mean):
            sem: Any = plain(row[sems[metric]]) if metric in sems else None
            found[metric] = mean if sem is None or pd.isna(sem) else (mean, sem)
    return found


def _row_events(
    view: ExperimentView, index: int, point: Mapping[str, Any], outcomes: Mapping[str, Any]
) -> list[Change]:
    assert view.search_space is not None
    arm = Arm(name=f"{index}_0", parameters=pairs(view.search_space.validate(point)))
    changes: list[Change] = [TrialCreated(index=index, arms=(arm,), provenance=Provenance(generator="Manual"))]
    if outcomes:
        rows = observations(outcomes, Trial(index=index, arms=(arm,)), view.metrics, None)
        changes.append(DataAttached(index=index, rows=rows))
        changes.append(TrialStatusChanged(index=index, status=TrialStatus.COMPLETED))
    return changes
