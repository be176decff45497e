"""Past experiments from tables, and experiments as tables. pandas is imported when a table is at hand."""

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from axnb.api.arguments import listed, path, share, status, strings, text
from axnb.api.configs import ChoiceParameterConfig, ParameterConfig, RangeParameterConfig
from axnb.api.csv_files import read_csv
from axnb.api.outcomes import observations
from axnb.api.reopening import check_same_beginning, find_kept
from axnb.errors import AxnbWarning, UserInputError, listing, near_miss, shown
from axnb.problem.objective import OptimizationConfig, parse_optimization
from axnb.problem.parameters import plain
from axnb.problem.space import SearchSpace
from axnb.record.cells import is_missing, looks_numeric, read_column
from axnb.record.events import Change, DataAttached, TrialCreated, TrialNoted, TrialStatusChanged, pairs
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.frames import select, summary_frame, wide_columns
from axnb.record.trial import Arm, Provenance, Trial, TrialStatus

if TYPE_CHECKING:
    import pandas as pd

_FEW_STRINGS = 50  # a text column with more values is no choice
_SHOWN = 5  # rows that a warning names
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table and where its rows stand.

    Args:
        frame: The cells; those of a file are text.
        source: The name of the file, `None` for a data frame.
        lines: For a file the line of each row, as a spreadsheet counts.
        decimal: The sign before decimals where a cell could mean either.
    """

    frame: "pd.DataFrame"
    source: str | None = None
    lines: tuple[int, ...] = ()
    decimal: str = "."

    def place(self, position: int) -> str:
        """Return where a row stands, in words."""
        if self.source is None:
            return f"row {position} of the table"
        return f"line {self.lines[position]} of {self.source!r}"

    @property
    def names(self) -> list[str]:
        """The columns whose names are text."""
        return [c for c in self.frame.columns if isinstance(c, str)]

    def cells(self, name: str) -> list[Any]:
        """Return the cells of a column as plain values."""
        return [plain(v) for v in self.frame[name].tolist()]

    def with_numbers(self, names: Iterable[str], sems: Mapping[str, str]) -> "Table":
        """Return the table with text in some columns read as numbers; a warning says how odd cells were read.

        Args:
            names: The columns that are numbers; those that are not there are left out.
            sems: For each metric the column of its standard errors: what follows a `±` goes there, if it is empty.

        Raises:
            UserInputError: If a cell is no number; it names line, column and cell.
        """
        columns: dict[str, list[Any]] = {}
        told: list[str] = []
        places = [self.place(k) for k in range(len(self.frame))]
        for name in (n for n in dict.fromkeys(names) if n in self.frame.columns):
            cells = self.cells(name)
            if not any(isinstance(c, str) for c in cells):
                continue
            readings, odd = read_column(name, cells, places, self.decimal)
            columns[name] = [r.value if isinstance(c, str) else c for c, r in zip(cells, readings, strict=True)]
            told += [f"column {name!r}: {t}" for t in odd]
            if name in sems and any(r.sem is not None for r in readings):
                held = columns.get(sems[name]) or (self.cells(sems[name]) if sems[name] in self.frame.columns else [])
                held = held or [None] * len(cells)
                columns[sems[name]] = [r.sem if is_missing(h) else h for r, h in zip(readings, held, strict=True)]
        if told:
            warnings.warn(f"read from {self.source or 'the table'}: {'; '.join(told)}.", AxnbWarning, stacklevel=2)
        return self.with_columns(columns)

    def with_columns(self, columns: Mapping[str, list[Any]]) -> "Table":
        """Return the table with other cells in some columns."""
        import pandas as pd

        made = {n: pd.Series(v, index=self.frame.index, dtype=object) for n, v in columns.items()}
        return replace(self, frame=self.frame.assign(**made)) if made else self


def as_table(source: "pd.DataFrame | str | os.PathLike[str]") -> Table:
    """Return a table: a data frame as it is, or the CSV file of that name.

    Args:
        source: A data frame or the name of a file.

    Raises:
        ObjectNotFoundError: If there is no such file.
        UserInputError: If it is neither a data frame nor a readable CSV file, has no rows, or a column twice.
    """
    import pandas as pd

    if isinstance(source, str | os.PathLike):
        name = path(source)
        found = read_csv(name)
        frame = pd.DataFrame(found.rows, columns=found.header, dtype=object)
        table = Table(frame, name, tuple(found.lines), found.decimal)
    elif isinstance(source, pd.DataFrame):
        table = Table(source)
    else:
        raise UserInputError(f"expected a data frame or the path of a CSV file, got {shown(source)}.")
    if table.frame.empty:
        raise UserInputError("the table has no rows.")
    if table.frame.columns.nlevels > 1:
        raise UserInputError("the table has columns of several levels: join their names, and give one a column.")
    twice = list(dict.fromkeys(table.frame.columns[table.frame.columns.duplicated()]))
    if twice:
        raise UserInputError(f"the table has columns of the same name: {listing(twice)}.")
    return table


def with_plain_names(table: Table, view: ExperimentView) -> Table:
    """Return a table of the Client's own with the columns that it had to rename called as in the experiment."""
    assert view.search_space is not None
    of_parameters, of_metrics, _ = wide_columns(view.search_space.names, view.metrics)
    frame = table.frame
    renamed = {c: n for n, c in (of_parameters | of_metrics).items() if c != n and c in frame.columns}
    frame = frame.drop(columns=[n for n in renamed.values() if n in frame.columns]).rename(columns=renamed)
    return replace(table, frame=frame)


def infer_config(table: Table, name: str) -> ParameterConfig:
    """Return the config of the parameter that a column shows: its type from the column, its bounds from the values.

    Raises:
        UserInputError: If there is no such column, or its values are no parameter's.
    """
    import pandas as pd

    check_columns(table.frame, [name])
    column = _typed(table, name).dropna().infer_objects()
    values: list[Any] = list(dict.fromkeys(plain(v) for v in column if isinstance(plain(v), str | bool | int | float)))
    if len(values) < 2:
        found = f"the single value {values[0]!r}" if values else "no values that a parameter can have"
        raise UserInputError(f"column {name!r} has {found}: give a config for it.")
    if pd.api.types.is_bool_dtype(column):
        return ChoiceParameterConfig(name, [True, False], "bool")
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column):
        bounds = (min(values), max(values))
        return RangeParameterConfig(name, bounds, "int" if pd.api.types.is_integer_dtype(column) else "float")
    if not all(isinstance(v, str) for v in column) or len(values) > _FEW_STRINGS:
        raise UserInputError(f"column {name!r} is neither numbers nor a few strings: give a config for it.")
    if isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.ordered:
        return ChoiceParameterConfig(name, [c for c in column.dtype.categories if c in values], "str", is_ordered=True)
    return ChoiceParameterConfig(name, sorted(values), "str")


def _typed(table: Table, name: str) -> "pd.Series[Any]":
    """Return a column with what is text read as numbers or truth values, if most of it is that."""
    import pandas as pd

    cells = table.cells(name)
    said = [c for c in cells if not is_missing(c)]
    if not said or not all(isinstance(c, str) for c in said):
        return table.frame[name]
    if all(c.strip().casefold() in _TRUTHS for c in said):
        return pd.Series([_TRUTHS.get(str(c).strip().casefold()) for c in cells], dtype=object)
    if not looks_numeric(cells, table.decimal):
        column = table.frame[name]
        return column.where(column != "") if column.dtype == object else column
    places = [table.place(k) for k in range(len(cells))]
    values = [r.value for r in read_column(name, cells, places, table.decimal)[0]]
    return pd.Series([v for v in values if v is not None])


def parameter_configs(table: Table, parameters: Sequence[str | ParameterConfig]) -> list[ParameterConfig]:
    """Return the configs of parameters, inferred from their columns for those given by name; a warning says what.

    Raises:
        UserInputError: If there is no such column, its values are no parameter's, or something is no config.
    """
    if isinstance(parameters, str) or not isinstance(parameters, Sequence):
        raise UserInputError(f"parameters must be a list of column names and configs, got {shown(parameters)}.")
    made = [infer_config(table, p) if isinstance(p, str) else p for p in parameters]
    taken = [
        f"{given!r} is {config.to_parameter().domain}"
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
            raise UserInputError(f"the table has no column {name!r}; it has {listing(frame.columns, 20)}.{hint}")


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


def begin_experiment(
    empty: Experiment,
    make: Callable[..., Any],
    frame: "pd.DataFrame | str | os.PathLike[str]",
    parameters: Sequence[str | ParameterConfig],
    objective: str,
    outcome_constraints: Sequence[str] | None,
    *,
    seed: int | None,
    name: str | None,
) -> Experiment:
    """Return the experiment that begins with past results, or the one in the store that they began.

    Args:
        empty: An experiment with the store.
        make: Makes a Client in memory.
        frame: The past results.
        parameters: Columns that are parameters.
        objective: The goal.
        outcome_constraints: Its constraints.
        seed: Seed of everything random, where one was asked for.
        name: Name of the experiment.

    Raises:
        ObjectNotFoundError: If there is no such file.
        UserInputError: If a column is missing, its values are no parameter's, or a cell cannot be used.
        UnsupportedError: If the store has an experiment that began otherwise.
        StorageError: If the experiment cannot be kept.
    """
    table, kept = as_table(frame), find_kept(empty, name)
    draft = make(random_seed=kept.view().seed if kept is not None and seed is None else seed)
    draft.configure_experiment(parameter_configs(table, parameters), name=name)
    draft.set_optimization_config(parse_goal(table, objective, outcome_constraints))
    draft.attach_dataframe(frame)
    made: Experiment = draft.experiment  # in memory: what cannot be used leaves nothing in the store
    if kept is None:
        if empty.store is not None:
            made.keep_in(empty.store)
        return made
    check_same_beginning(kept, made.journal, seeded=seed is not None)
    return kept


def parse_goal(table: Table, objective: str, outcome_constraints: Sequence[str] | None) -> OptimizationConfig:
    """Return a goal in which columns of a table may be named as they are, whatever signs are in their names.

    Raises:
        ExpressionError: If a string cannot be read.
        UserInputError: If the parts do not fit together.
    """
    return parse_optimization(objective, strings("outcome_constraints", outcome_constraints), table.names)


def attach_dataframe(
    experiment: Experiment,
    view: ExperimentView,
    source: "pd.DataFrame | str | os.PathLike[str]",
    sems: Mapping[str, str] | None,
    tolerance: float,
) -> list[int]:
    """Record the rows of a data frame or file as trials, all or none, and return their indices.

    Raises:
        ObjectNotFoundError: If there is no such file.
        UserInputError: If a column is missing or a cell cannot be used; the message names the row.
    """
    table = with_plain_names(as_table(source), view)
    return attach_table(experiment, table, sem_columns(table.frame, view, sems), share("tolerance", tolerance))


def attach_table(experiment: Experiment, table: Table, sems: Mapping[str, str], tolerance: float) -> list[int]:
    """Record every row of a table as a completed trial, all or none, and return their indices.

    Settings are kept as they were measured, also off the steps, bounds and constraints of the search space; a warning
    says where.

    Args:
        experiment: The experiment.
        table: A column for each parameter; columns with the names of metrics are their means, empty cells are left out.
            A row without any result becomes a running trial. Columns `trial_status` and `note`, as in the Client's own
            tables, may say that a trial failed or was abandoned or stopped early, and what somebody remarked.
        sems: For each metric the column of its standard errors.
        tolerance: How far a row may be off without being mentioned, as a share of a range or a constraint's size.

    Raises:
        UserInputError: If a column is missing or a cell cannot be used; the message names the row.
    """
    made: list[int] = []
    off: list[str] = []

    def events(now: ExperimentView) -> list[Change]:
        assert now.search_space is not None
        read, of_errors = _read_for(now, table, sems)
        metrics = [m for m in now.metrics if m in read.frame.columns]
        names = [n for n in now.search_space.names if n in read.frame.columns]
        extra = [c for c in ("trial_status", "note") if c in read.frame.columns and c not in (*names, *now.metrics)]
        made.clear()
        off.clear()
        arms = {arm.parameters.pairs: arm.name for t in [*now.trials.values()][::-1] for arm in t.arms}
        changes: list[Change] = []
        for position, row in enumerate(read.frame.to_dict("records")):
            index = now.next_index + position
            try:
                point, notes = now.search_space.measure(_point(now.search_space, {n: row[n] for n in names}), tolerance)
                told = {c: row[c] for c in extra if isinstance(row[c], str) and row[c].strip()}
                values = pairs(point)
                arm = Arm(name=arms.setdefault(values, f"{index}_0"), parameters=values)
                changes += _row_events(now, index, arm, _outcomes(row, metrics, of_errors), told)
            except UserInputError as error:
                raise UserInputError(f"{table.place(position)}: {error}") from error
            off.extend(f"{table.place(position)}: {note}" for note in notes)
            made.append(index)
        return changes

    experiment.record(events)
    if off:
        more = f"; and {len(off) - _SHOWN} more" if len(off) > _SHOWN else ""
        warnings.warn(
            f"taken as measured, although the search space has it otherwise: {'; '.join(off[:_SHOWN])}{more}.",
            AxnbWarning,
            stacklevel=4,
        )
    return made


def _read_for(view: ExperimentView, table: Table, sems: Mapping[str, str]) -> tuple[Table, dict[str, str]]:
    """Return a table with its text read as what the experiment has it to be, and the columns of standard errors.

    Raises:
        UserInputError: If a column is missing, or a cell of numbers is none.
    """
    assert view.search_space is not None
    space = view.search_space
    metrics = [m for m in view.metrics if m in table.frame.columns]
    if not metrics:
        raise UserInputError(f"the table has no column of a metric; the metrics are {listing(view.metrics)}.")
    check_columns(table.frame, [p.name for p in space.tunable])
    numeric = [p.name for p in space.parameters if p.parameter_type in ("int", "float")]
    of_errors = wide_columns(space.names, view.metrics)[2] | dict(sems)
    before = set(table.frame.columns)
    table = table.with_numbers([*of_errors.values(), *numeric, *metrics], of_errors)
    of_errors = {m: c for m, c in of_errors.items() if m in sems or c in set(table.frame.columns) - before}
    truths = [p.name for p in space.parameters if p.parameter_type == "bool" and p.name in table.frame.columns]
    read = {
        n: [_TRUTHS.get(c.strip().casefold(), c) if isinstance(c, str) else c for c in table.cells(n)] for n in truths
    }
    return table.with_columns(read), of_errors


def _point(space: SearchSpace, cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values in a row; a cell of a parameter that need not exist may be empty."""
    import pandas as pd

    may_lack = {*space.parents, *(p.name for p in space.parameters if p not in space.tunable)}
    lacking = [n for n, v in cells.items() if (pd.api.types.is_scalar(v) and pd.isna(v)) or v == ""]
    empty = [n for n in lacking if n not in may_lack]
    if empty:
        raise UserInputError(f"the parameter {empty[0]!r} has no value: give one, or leave the row out.")
    return {n: plain(v) for n, v in cells.items() if n not in lacking}


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
