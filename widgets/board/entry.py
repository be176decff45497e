"""What people typed into the board's forms, checked field by field. Knows nothing of messages or sessions.

A field is refused with its reason while the others are still looked at, so one answer names everything that is wrong.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from axnb.errors import AxnbError, UserInputError, listing, near_miss
from axnb.problem.generation import MOST_AT_ONCE
from axnb.problem.parameters import ChoiceParameter, DerivedParameter, FixedParameter, Parameter, ParameterValue
from axnb.record.experiment import ExperimentView
from axnb.record.trial import Trial
from axnb.widgets.board.state import metric_names
from axnb.widgets.number_format import read_entry, split_result
from axnb.widgets.rpc import FormError

T = TypeVar("T")

Result = tuple[float, float]


def read_point(view: ExperimentView, typed: Mapping[str, object]) -> dict[str, ParameterValue]:
    """Return the parameterization of the form for a new trial.

    Args:
        view: The experiment.
        typed: For each parameter the text of its field, or for a choice the number of the option, from 0.

    Raises:
        FormError: A value is missing or not allowed; by the parameter's name.
        UserInputError: A field is no parameter.
    """
    parameters = view.search_space.parameters if view.search_space else ()
    _check_names(typed, [parameter.name for parameter in parameters], "parameter")
    asked = [parameter for parameter in parameters if not isinstance(parameter, FixedParameter | DerivedParameter)]
    return _each({p.name: _point_reader(p, typed.get(p.name, "")) for p in asked})


@dataclass(frozen=True, slots=True)
class Results:
    """What a form tells of a trial.

    Args:
        values: The results, as a session takes them: by metric, of a batch by arm and metric.
        open: The metrics of the goal for which nothing is filled in, and that may still come.
    """

    values: Mapping[str, Any]
    open: tuple[str, ...] = ()


def read_results(view: ExperimentView, typed: Mapping[str, object]) -> Results:
    """Return the results of the form that completes a trial.

    A metric of the goal that stays empty is still to come; where ``n.d.`` is entered, no value will.

    Args:
        view: The experiment.
        typed: For each metric a table with the texts ``mean`` and ``sem``.

    Raises:
        FormError: A value is no number, or there is none at all; by ``mean`` or ``sem`` and the metric's name.
        UserInputError: A field is no metric.
    """
    names = metric_names(view)
    _check_names(typed, names, "metric")
    needed = view.optimization.metric_names if view.optimization else ()
    means, errors = {}, {}
    for name in names:
        means[name], error = split_result(_part(typed.get(name), "mean"))
        errors[name] = _part(typed.get(name), "sem") or error
    told = [name for name in names if means[name].strip() or errors[name].strip()]
    readers: dict[str, Callable[[], float | None]] = {}
    for name in told:
        readers[f"mean {name}"] = _mean_reader(means[name])
        readers[f"sem {name}"] = _sem_reader(errors[name])
    values = _each(readers)
    results = {name: _result(values[f"mean {name}"], values[f"sem {name}"]) for name in told}
    kept = {name: result for name, result in results.items() if result is not None}
    if not kept:
        raise FormError(
            {f"mean {name}": "Enter the result, or fail the trial if there is none." for name in needed or names}
        )
    return Results(kept, tuple(name for name in needed if name not in told))


def read_batch_results(view: ExperimentView, trial: Trial, typed: Mapping[str, object]) -> Results:
    """Return the results of the form that completes a batch, by arm.

    An arm for which nothing is filled in has no results; one with some of the goal's metrics may still get the others.

    Args:
        view: The experiment.
        trial: The batch.
        typed: For each arm a table as for `read_results`.

    Raises:
        FormError: A value is no number, or there is none at all; by ``mean`` or ``sem``, the arm's position and the
            metric's name.
        UserInputError: A field is no arm or no metric.
    """
    names = [arm.name for arm in trial.arms]
    _check_names(typed, names, "arm")
    told = [name for name in names if _is_filled_in(typed.get(name, {}))] or names[:1]
    results: dict[str, Results] = {}
    wrong: dict[str, str] = {}
    for name in told:
        try:
            results[name] = read_results(view, _metrics_of(typed.get(name, {})))
        except FormError as error:
            for field, reason in error.fields.items():
                part, _, metric = field.partition(" ")
                wrong[f"{part} {names.index(name)} {metric}"] = reason
    if wrong:
        raise FormError(wrong)
    left = tuple(f"{metric} of {name}" for name, result in results.items() for metric in result.open)
    return Results({name: result.values for name, result in results.items()}, left)


def read_amendment(view: ExperimentView, metric: str, typed: str) -> float | Result | None:
    """Return the result that was typed into a cell of the table; `None` where it is to be removed.

    Raises:
        UserInputError: There is no such metric, or it is no number.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> read_amendment(Experiment().view(), "loss", "1")
        Traceback (most recent call last):
            ...
        axnb.errors.UserInputError: There is no metric 'loss'; there are none.
    """
    _check_names({metric: typed}, metric_names(view), "metric")
    mean, error = split_result(typed)
    if not mean and not error:
        return None
    return _result(_mean_reader(mean)(), _sem_reader(error)())


def _metrics_of(field: object) -> Mapping[str, object]:
    if not isinstance(field, dict):
        raise UserInputError(f"The results of an arm are a table by metric, not {field!r}.")
    return field


def _is_filled_in(field: object) -> bool:
    return any(_part(metric, part).strip() for metric in _metrics_of(field).values() for part in ("mean", "sem"))


def read_count(typed: str) -> int:
    """Return how many trials to suggest.

    Raises:
        FormError: It is no whole number from 1 to `MOST_AT_ONCE`; the field is ``count``.

    Example:
        >>> read_count(" 3 ")
        3
    """
    given = typed.strip()
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= MOST_AT_ONCE):
        got = f"{given[:20]!r} is not one" if given else "nothing is entered"
        wanted = f"a whole number from 1 to {MOST_AT_ONCE:,}"
        raise FormError({"count": f"Enter how many trials to suggest, {wanted}; {got}."})
    return int(given)


def _each(readers: Mapping[str, Callable[[], T]]) -> dict[str, T]:
    """Call every reader; raise the reasons of all that refuse."""
    values: dict[str, T] = {}
    wrong: dict[str, str] = {}
    for name, read in readers.items():
        try:
            values[name] = read()
        except AxnbError as error:
            wrong[name] = str(error)
    if wrong:
        raise FormError(wrong)
    return values


def _point_reader(parameter: Parameter, typed: object) -> Callable[[], ParameterValue]:
    def read() -> ParameterValue:
        if isinstance(parameter, ChoiceParameter):
            return _option(parameter, typed)
        if not isinstance(typed, str):
            raise UserInputError(f"Enter a number as text, not {typed!r}.")
        if not typed.strip():
            raise UserInputError(f"Enter {parameter.domain}.")
        value = read_entry(typed).value
        if value is None:
            raise UserInputError(f"Enter {parameter.domain}.")
        return parameter.cast(value)

    return read


def _option(parameter: ChoiceParameter, typed: object) -> ParameterValue:
    if isinstance(typed, int) and not isinstance(typed, bool) and 0 <= typed < len(parameter.values):
        return parameter.values[typed]
    raise UserInputError(f"Choose {parameter.domain}.")


def _mean_reader(typed: str) -> Callable[[], float | None]:
    def read() -> float | None:
        if not typed.strip():
            raise UserInputError("Enter the result that this is the standard error of.")
        return read_entry(typed).value

    return read


def _sem_reader(typed: str) -> Callable[[], float | None]:
    def read() -> float | None:
        if not typed.strip():
            return None
        sem = read_entry(typed).value
        if sem is not None and sem < 0:
            raise UserInputError(f"A standard error is never negative, but this is {typed.strip()}.")
        return sem

    return read


def _result(mean: float | None, sem: float | None) -> float | Result | None:
    return mean if mean is None or sem is None else (mean, sem)


def _part(field: object, part: str) -> str:
    if field is None:
        return ""
    text = field.get(part, "") if isinstance(field, dict) else None
    if not isinstance(text, str):
        raise UserInputError(f"A result is a table with the texts 'mean' and 'sem', not {field!r}.")
    return text


def _check_names(typed: Mapping[str, object], known: list[str] | tuple[str, ...], what: str) -> None:
    for name in typed:
        if name not in known:
            raise UserInputError(f"There is no {what} {name!r}; there are {listing(known)}.{near_miss(name, known)}")
