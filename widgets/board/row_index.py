"""What the rows of the board are ordered, searched and filtered by: columns of numbers and words, kept up to date.

Of ten thousand trials a change touches one; the others are looked at in whole columns. Knows nothing of messages.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from axnb.problem.parameters import Parameter, RangeParameter
from axnb.record.experiment import ExperimentView
from axnb.record.trial import ArmResult, Trial
from axnb.widgets.board.arrangement import Arrangement

Json = dict[str, object]

_BINS = 16
_WORTH_DRAWING = 4  # fewer values than that make no histogram


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    key: str
    read: Callable[[Trial], float | str | None]
    number: bool = True
    log: bool = False
    drawn: bool = False


class RowIndex:
    """The trials of a view, to be arranged. Of a batch it is the first arm that counts.

    Keys of columns are ``trial``, ``status``, ``origin``, ``age``, ``note``, ``p:`` and a parameter's name, ``m:`` and
    a metric's name, ``predicted:`` and a metric's name.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> RowIndex(Experiment().view(), ()).arrange(Arrangement()).tolist()
        []
    """

    def __init__(self, view: ExperimentView, metrics: Sequence[str]) -> None:
        """Take an experiment and the names of the metrics that have columns."""
        parameters = view.search_space.parameters if view.search_space else ()
        self._columns = {column.key: column for column in _make_columns(parameters, metrics)}
        self._trials = np.zeros(0, dtype=np.int64)
        self._values: dict[str, NDArray[np.generic]] = {
            key: np.zeros(0, dtype=float if column.number else object) for key, column in self._columns.items()
        }
        self._words: NDArray[np.generic] = np.zeros(0, dtype=object)  # what is searched; "" until it is asked for
        self._view = view
        self.update(view, set(view.trials))

    def update(self, view: ExperimentView, changed: Iterable[int]) -> None:
        """Take in a later state.

        Args:
            view: The experiment.
            changed: The trials that are new, other than before, or gone.
        """
        self._view = view
        changed = sorted(changed)
        held = np.isin(np.array(changed, dtype=np.int64), self._trials)
        if any(found != (index in view.trials) for found, index in zip(held, changed, strict=True)):
            self._make_room(view)
        there = [index for index in changed if index in view.trials]
        places = np.searchsorted(self._trials, there)
        for key, column in self._columns.items():
            self._values[key][places] = [_read(column, view.trials[index]) for index in there]
        self._words[places] = ""

    def _make_room(self, view: ExperimentView) -> None:
        before, now = self._trials, np.array(list(view.trials), dtype=np.int64)
        stay = np.isin(before, now)
        places = np.searchsorted(now, before[stay])

        def move(values: NDArray[np.generic], empty: object) -> NDArray[np.generic]:
            moved = np.full(len(now), empty, dtype=values.dtype)
            moved[places] = values[stay]
            return moved

        self._trials = now
        self._values = {k: move(v, np.nan if self._columns[k].number else "") for k, v in self._values.items()}
        self._words = move(self._words, "")

    def arrange(self, wanted: Arrangement) -> NDArray[np.int64]:
        """Return the indices of the trials to show, in the order wanted; of equals the newest comes first."""
        places = np.flatnonzero(self._is_shown(wanted))[::-1]
        column = self._columns.get(wanted.sort)
        if column is not None:
            keys = self._sort_keys(column, places)
            places = places[np.argsort(-keys if wanted.descending else keys, kind="stable")]  # NaN comes last
        shown: NDArray[np.int64] = self._trials[places]
        return shown

    def _sort_keys(self, column: _Column, places: NDArray[np.intp]) -> NDArray[np.float64]:
        values = self._values[column.key][places]
        if column.number:
            return values.astype(float)
        folded = np.array([str(value).casefold() for value in values], dtype=object)
        _, ranks = np.unique(folded, return_inverse=True)
        return np.where(folded == "", np.nan, ranks.astype(float))

    def _is_shown(self, wanted: Arrangement) -> NDArray[np.bool_]:
        shown = np.ones(len(self._trials), dtype=bool)
        if wanted.among is not None:
            shown &= np.isin(self._trials, np.fromiter(wanted.among, dtype=np.int64))
        if wanted.statuses:
            shown &= np.isin(self._values["status"].astype(str), sorted(wanted.statuses))
        for key, (low, high) in wanted.ranges.items():
            column = self._columns.get(key)
            if column is not None and column.number:
                values = self._values[key].astype(float)
                shown &= (values >= low) & (values <= high)
        for word in wanted.text.casefold().split():
            self._collect_words()
            shown &= np.fromiter((word in words for words in self._words), dtype=bool, count=len(self._words))
        return shown

    def _collect_words(self) -> None:
        for place in np.flatnonzero(self._words == ""):
            self._words[place] = _words_of(self._view.trials[int(self._trials[place])])

    def histograms(self, shown: NDArray[np.int64]) -> dict[str, Json]:
        """Return for each column of numbers how its values are spread: of all trials, and of those that are shown.

        Args:
            shown: The trials that are shown, as from `arrange`.
        """
        mask = np.isin(self._trials, shown)
        found: dict[str, Json] = {}
        for column in self._columns.values():
            if not column.drawn:
                continue
            values = self._values[column.key].astype(float)
            known = values[np.isfinite(values)]
            if len(known) < _WORTH_DRAWING or known.min() == known.max():
                continue
            log = column.log and known.min() > 0
            scaled = np.log(values) if log else values
            with np.errstate(invalid="ignore", over="ignore"):
                ends = (float(np.nanmin(scaled)), float(np.nanmax(scaled)))
                if not np.isfinite(ends[1] - ends[0]):
                    continue
                inside = np.isfinite(scaled)
                bars, _ = np.histogram(scaled[inside], bins=_BINS, range=ends)
                kept, _ = np.histogram(scaled[inside & mask], bins=_BINS, range=ends)
            drawn: Json = {"low": float(known.min()), "high": float(known.max()), "bars": bars.tolist()}
            found[column.key] = {**drawn, "kept": kept.tolist(), "log": bool(log)}
        return found

    def extremes(self) -> list[int]:
        """Return the trials that hold the least and the greatest value, and the one nearest to zero, of each column."""
        found: set[int] = set()
        for column in self._columns.values():
            if not column.drawn:
                continue
            values = self._values[column.key].astype(float)
            if np.isfinite(values).any():
                sizes = np.where(values == 0, np.nan, np.abs(values))
                found |= {int(np.nanargmin(values)), int(np.nanargmax(values))}
                if np.isfinite(sizes).any():
                    found.add(int(np.nanargmin(sizes)))
        return [int(self._trials[place]) for place in sorted(found)]


def _make_columns(parameters: Sequence[Parameter], metrics: Sequence[str]) -> Iterable[_Column]:
    yield _Column(key="trial", read=lambda trial: trial.index)
    yield _Column(key="status", read=lambda trial: trial.status.name.lower(), number=False)
    yield _Column(key="origin", read=lambda trial: trial.provenance.generator, number=False)
    yield _Column(key="age", read=lambda trial: trial.time_created.timestamp() if trial.time_created else None)
    yield _Column(key="note", read=lambda trial: trial.note or "", number=False)
    for parameter in parameters:
        log = isinstance(parameter, RangeParameter) and parameter.log_scale
        number = parameter.parameter_type in ("float", "int")
        read = _parameter_reader(parameter.name)
        yield _Column(key=f"p:{parameter.name}", read=read, number=number, log=log, drawn=number)
    for metric in metrics:
        yield _Column(key=f"m:{metric}", read=_metric_reader(metric), drawn=True)
        yield _Column(key=f"predicted:{metric}", read=_prediction_reader(metric))


def _parameter_reader(name: str) -> Callable[[Trial], float | str | None]:
    return lambda trial: trial.arms[0].parameters.get(name)


def _metric_reader(name: str) -> Callable[[Trial], float | None]:
    def read(trial: Trial) -> float | None:
        results: tuple[ArmResult, ...] = trial.results
        held = results[0].outcomes.get(name)
        return None if held is None else held[0]

    return read


def _prediction_reader(name: str) -> Callable[[Trial], float | None]:
    return lambda trial: next((mean for key, mean, _ in trial.provenance.predictions if key == name), None)


def _read(column: _Column, trial: Trial) -> float | str:
    value = column.read(trial)
    if column.number:
        return np.nan if value is None else float(value)
    return "" if value is None else str(value)


def _words_of(trial: Trial) -> str:
    values = [str(value) for arm in trial.arms for value in arm.parameters.values()]
    told = [trial.status.label, trial.provenance.generator, trial.status_reason or "", trial.note or ""]
    names = [arm.name for arm in trial.arms]
    return "\n".join([f"#{trial.index}", str(trial.index), *told, *names, *values]).casefold()
