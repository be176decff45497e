"""Past experiments from tables, and experiments as tables. pandas is imported when a table is at hand."""

import os
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from axnb.api.arguments import listed, path, status, text
from axnb.api.configs import ChoiceParameterConfig, ParameterConfig, RangeParameterConfig
from axnb.api.outcomes import observations
from axnb.errors import AxnbWarning, ObjectNotFoundError, UserInputError, listing, near_miss, shown
from axnb.problem.parameters import plain
from axnb.problem.space import SearchSpace
from axnb.record.events import Change, DataAttached, TrialCreated, TrialNoted, TrialStatusChanged, pairs
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.frames import select, summary_frame, wide_columns
from axnb.record.trial import Arm, Provenance, Trial, TrialStatus

if TYPE_CHECKING:
    import pandas as pd

_FEW_STRINGS = 50  # a text column with more values is no choice
_EMPTY_CELLS = ["", "NA", "N/A", "n/a", "<NA>", "nan", "NaN", "-nan", "NAN", "null", "NULL", "None", "#N/A"]


def as_frame(source: "pd.DataFrame | str | os.PathLike[str]", texts: Iterable[str] = ()) -> "pd.DataFrame":
    """Return a table: a data frame as it is, or the CSV file of that name.

    Args:
        source: A data frame or the name of a file.
        texts: Columns of a file that are text, whatever they look like: `1` and `None` are strings in them.

    Raises:
        ObjectNotFoundError: If there is no such file.
        UserInputError: If it is neither a data frame nor a readable CSV file, has no rows, or a column twice.
    """
    import pandas as pd

    if isinstance(source, str | os.PathLike):
        frame = _read_csv(path(source), set(texts))
    elif isinstance(source, pd.DataFrame):
        frame = source
    else:
        raise UserInputError(f"expected a data frame or the path of a CSV file, got {shown(source)}.")
    if frame.empty:
        raise UserInputError("the table has no rows.")
    if frame.columns.nlevels > 1:
        raise UserInputError("the table has columns of several levels: join their names, and give one a column.")
    _check_unique(dict.fromkeys(frame.columns[frame.columns.duplicated()]))
    return frame


def texts(space: SearchSpace) -> set[str]:
    """Return the columns of the parameters that are strings."""
    names = [p.name for p in space.parameters if p.parameter_type == "str"]
    return {*names, *wide_columns(names, ())[0].values()}


def with_plain_names(frame: "pd.DataFrame", view: ExperimentView) -> "pd.DataFrame":
    """Return a table of the Client's own with the columns that it had to rename called as in the experiment."""
    assert view.search_space is not None
    of_parameters, of_metrics, _ = wide_columns(view.search_space.names, view.metrics)
    renamed = {c: n for n, c in (of_parameters | of_metrics).items() if c != n and c in frame.columns}
    return frame.drop(columns=[n for n in renamed.values() if n in frame.columns]).rename(columns=renamed)


def texts_among(parameters: object) -> set[str]:
    """Return the names of the parameters that are strings, among names and configs."""
    configs = parameters if isinstance(parameters, list | tuple) else ()
    return {c.name for c in configs if isinstance(c, ChoiceParameterConfig) and c.parameter_type == "str"}


def _read_csv(name: str, texts: set[str]) -> "pd.DataFrame":
    import pandas as pd

    if not os.path.exists(name):  # noqa: PTH110 - and nothing is fetched from elsewhere
        raise ObjectNotFoundError(f"there is no file {shown(name)}.")
    try:
        _check_header(pd.read_csv(name, nrows=1, header=None, dtype=str, keep_default_na=False).iloc[0])
        columns = [str(c) for c in pd.read_csv(name, nrows=0).columns]
        _check_separator(name, columns)
        empty = {c: [""] if c.strip() in texts else _EMPTY_CELLS for c in columns}
        kinds = {c: str for c in columns if c.strip() in texts}
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            frame = pd.read_csv(name, index_col=False, dtype=kinds, keep_default_na=False, na_values=empty)
    except UserInputError:
        raise
    except pd.errors.ParserWarning as error:
        raise UserInputError(
            f"{shown(name)} cannot be read as CSV: a row has more cells than the first one."
        ) from error
    except (ValueError, OSError) as error:
        raise UserInputError(f"{shown(name)} cannot be read as CSV: {error}") from error
    return frame.rename(columns=str.strip)


def _check_header(header: Iterable[object]) -> None:
    """Check that no two columns have the same name: pandas would rename one of them."""
    names = [str(n).strip() for n in header if str(n).strip()]
    _check_unique([n for n in dict.fromkeys(names) if names.count(n) > 1])


def _check_unique(twice: Iterable[object]) -> None:
    found = list(twice)
    if found:
        raise UserInputError(f"the table has columns of the same name: {listing(found)}.")


def _check_separator(name: str, columns: Sequence[str]) -> None:
    if len(columns) == 1 and re.search("[;\t]", columns[0]):
        raise UserInputError(
            f"{shown(name)} has the single column {columns[0]!r}: it seems to be separated by other signs than commas. "
            "Read it by pandas, as in pd.read_csv(name, sep=';', decimal=','), and give the data frame."
        )


def infer_config(frame: "pd.DataFrame", name: str) -> ParameterConfig:
    """Return the config of the parameter that a column shows: its type from the column, its bounds from the values.

    Raises:
        UserInputError: If there is no such column, or its values are no parameter's.
    """
    import pandas as pd

    check_columns(frame, [name])
    column = frame[name].dropna().infer_objects()
    values: list[Any] = list(dict.fromkeys(plain(v) for v in column if isinstance(plain(v), str | bool | int | float)))
    if len(values) < 2:
        found = f"the single value {values[0]!r}" if values else "no values that a parameter can have"
        raise UserInputError(f"column {shown(name)} has {found}: give a config for it.")
    if pd.api.types.is_bool_dtype(column):
        return ChoiceParameterConfig(name, [True, False], "bool")
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column):
        bounds = (min(values), max(values))
        return RangeParameterConfig(name, bounds, "int" if pd.api.types.is_integer_dtype(column) else "float")
    if not all(isinstance(v, str) for v in column) or len(values) > _FEW_STRINGS:
        raise UserInputError(f"column {shown(name)} is neither numbers nor a few strings: give a config for it.")
    if isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.ordered:
        return ChoiceParameterConfig(name, [c for c in column.dtype.categories if c in values], "str", is_ordered=True)
    return ChoiceParameterConfig(name, sorted(values), "str")


def parameter_configs(frame: "pd.DataFrame", parameters: Sequence[str | ParameterConfig]) -> list[ParameterConfig]:
    """Return the configs of parameters, inferred from their columns for those given by name; a warning says what.

    Raises:
        UserInputError: If there is no such column, its values are no parameter's, or something is no config.
    """
    if isinstance(parameters, str) or not isinstance(parameters, Sequence):
        raise UserInputError(f"parameters must be a list of column names and configs, got {shown(parameters)}.")
    made = [infer_config(frame, p) if isinstance(p, str) else p for p in parameters]
    taken = [
        f"{shown(given)} is {config.to_parameter().domain}"
        for given, config in zip(parameters, made, strict=True)
        if isinstance(given, str)
    ]
    if taken:
        warnings.warn(
            f"taken from the table: {'; '.join(taken)}. Give a config in place of a name to say it yourself.",
            AxnbWarning,
            stacklevel=4,
        )
    return made


def check_columns(frame: "pd.DataFrame", names: Sequence[str]) -> None:
    """Check that a table has some columns.

    Raises:
        UserInputError: If one is missing; the message suggests the near miss.
    """
    for name in names:
        if not isinstance(name, str) or name not in frame.columns:
            hint = near_miss(name, frame.columns)
            if name in frame.index.names:
                hint = " It is in the index: give frame.reset_index()."
            raise UserInputError(f"the table has no column {shown(name)}; it has {listing(frame.columns, 20)}.{hint}")


def sem_columns(frame: "pd.DataFrame", view: ExperimentView, given: Mapping[str, str] | None) -> dict[str, str]:
    """Return for each metric the column of its standard errors: as given, or `<metric>_sem` where there is one.

    Raises:
        UserInputError: If a given column or metric does not exist.
    """
    metrics = view.metrics
    if given is None:
        assert view.search_space is not None
        _, _, columns = wide_columns(view.search_space.names, metrics)
        return {m: c for m, c in columns.items() if c in frame.columns}
    if not isinstance(given, Mapping):
        raise UserInputError(f"sems must be a dict from metric to column, got {shown(given)}.")
    unknown = [m for m in given if m not in metrics or m not in frame.columns]
    if unknown:
        have = [m for m in metrics if m in frame.columns]
        raise UserInputError(
            f"sems: the table has no metric {unknown[0]!r}; it has {listing(have)}.{near_miss(unknown[0], have)}"
        )
    check_columns(frame, list(given.values()))
    return dict(given)


def summary(
    view: ExperimentView, indices: Iterable[int] | None, statuses: Iterable[TrialStatus | str] | None
) -> "pd.DataFrame":
    """Return a table with one row a trial, of the trials with some indices and statuses.

    Raises:
        ObjectNotFoundError: If there is no trial of an index.
        UserInputError: If an index is no whole number, or a status does not exist.
    """
    if isinstance(statuses, str | TrialStatus):
        statuses = [statuses]
    wanted = None if statuses is None else [status(s) for s in listed("trial_statuses", statuses, "trial statuses")]
    chosen = None if indices is None else [view.trial(i).index for i in listed("trial_indices", indices, "indices")]
    return summary_frame(view, select(view, chosen, wanted))


def attach_table(experiment: Experiment, frame: "pd.DataFrame", sems: Mapping[str, str]) -> list[int]:
    """Record every row of a table as a completed trial, all or none, and return their indices.

    Args:
        experiment: The experiment.
        frame: A column for each parameter; columns with the names of metrics are their means, empty cells are left out.
            A row without any result becomes a running trial. Columns `trial_status` and `note`, as in the Client's own
            tables, may say that a trial failed or was abandoned or stopped early, and what somebody remarked.
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
        extra = [c for c in ("trial_status", "note") if c in frame.columns and c not in (*names, *now.metrics)]
        made.clear()
        arms = {t.arm.parameters: t.arm.name for t in [*now.trials.values()][::-1]}
        changes: list[Change] = []
        for position, row in enumerate(frame.to_dict("records")):
            index = now.next_index + position
            try:
                point = _point(now.search_space, {n: row[n] for n in names})
                told = {c: row[c] for c in extra if isinstance(row[c], str) and row[c].strip()}
                values = pairs(now.search_space.validate(point))
                arm = Arm(name=arms.setdefault(values, f"{index}_0"), parameters=values)
                changes += _row_events(now, index, arm, _outcomes(row, metrics, sems), told)
            except UserInputError as error:
                raise UserInputError(f"row {position} of the table: {error}") from error
            made.append(index)
        return changes

    experiment.record(events)
    return made


def _point(space: SearchSpace, cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values in a row; a cell of a parameter that need not exist may be empty."""
    import pandas as pd

    may_lack = {*space.parents, *(p.name for p in space.parameters if p not in space.tunable)}
    return {n: plain(v) for n, v in cells.items() if not (n in may_lack and pd.api.types.is_scalar(v) and pd.isna(v))}


def _outcomes(row: Mapping[Any, Any], metrics: Sequence[str], sems: Mapping[str, str]) -> dict[str, Any]:
    import pandas as pd

    found = {}
    for metric in metrics:
        mean: Any = plain(row[metric])
        if not (pd.api.types.is_scalar(mean) and pd.isna(mean)):
            sem: Any = plain(row[sems[metric]]) if metric in sems else None
            found[metric] = mean if pd.api.types.is_scalar(sem) and pd.isna(sem) else (mean, sem)
    return found


def _row_events(
    view: ExperimentView, index: int, arm: Arm, outcomes: Mapping[str, Any], told: Mapping[str, str]
) -> list[Change]:
    changes: list[Change] = [TrialCreated(index=index, arms=(arm,), provenance=Provenance(generator="Manual"))]
    if outcomes:
        rows = observations(outcomes, Trial(index=index, arms=(arm,)), view.metrics, None)
        changes.append(DataAttached(index=index, rows=rows))
    ended = status("_".join(told["trial_status"].split())) if "trial_status" in told else None
    if ended is None and outcomes:
        ended = TrialStatus.COMPLETED
    if ended is TrialStatus.EARLY_STOPPED and not outcomes:
        raise UserInputError("a trial that was stopped early needs a result: give one, or say that it was abandoned.")
    if ended is not None and (ended.is_successful or ended.is_failure):
        changes.append(TrialStatusChanged(index=index, status=ended))
    if "note" in told:
        changes.append(TrialNoted(index=index, note=text("note", told["note"])))
    return changes
