"""A notebook that is run again: the same configuration of an experiment that is there already goes on with it."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import fields

from axnb.errors import AxnbWarning, UnsupportedError, shown
from axnb.problem.parameters import (
    ChoiceParameter,
    DerivedParameter,
    FixedParameter,
    Parameter,
    RangeParameter,
)
from axnb.problem.space import SearchSpace
from axnb.record.events import ExperimentConfigured, OptimizationConfigured
from axnb.record.experiment import Experiment
from axnb.record.journal import Entry
from axnb.record.metadata import ExperimentMetadata

_REMARKS = ("description", "experiment_type", "owner")  # what may be worded otherwise: the experiment is the same
_WORDS = {"parameter_type": "type", "is_ordered": "ordered", "dependents": "dependent parameters"}


def configure_or_reopen(experiment: Experiment, asked: ExperimentConfigured, *, seeded: bool) -> Experiment:
    """Return an experiment that is configured as it is asked to be: this one now, or the one that is there already.

    Args:
        experiment: The experiment.
        asked: How it is to be configured.
        seeded: Whether the seed was asked for, too.

    Raises:
        UnsupportedError: If it is configured already, and otherwise.
        StorageError: If the change cannot be kept, or the store not be read.
    """
    kept = find_kept(experiment, asked.header.name)
    if kept is not None:
        check_same(kept, asked, seeded=seeded)
        return kept
    experiment.record([asked])
    return experiment


def find_kept(experiment: Experiment, name: str | None) -> Experiment | None:
    """Return the experiment that is there already, in memory or of that name in the store; `None` where there is none.

    Raises:
        StorageError: If the store cannot be read.
    """
    if experiment.view().metadata is not None:
        return experiment
    store = experiment.store
    journal = None if store is None or name is None else store.find_namesake(name)
    return None if journal is None else Experiment(journal=journal)


def check_same(kept: Experiment, asked: ExperimentConfigured, *, seeded: bool) -> None:
    """Check that an experiment was configured as it is asked to be, at first or by later edits.

    A warning names remarks that are worded otherwise; they stay as they are.

    Args:
        kept: The experiment.
        asked: How it is to be configured.
        seeded: Whether the seed was asked for, too.

    Raises:
        UnsupportedError: If it was not; the message says what differs and what changes it.
    """
    view = kept.view()
    assert view.metadata is not None
    assert view.search_space is not None
    first = next((e.event for e in kept.journal if isinstance(e.event, ExperimentConfigured)), None)
    spaces = [view.search_space] if first is None else [view.search_space, first.search_space]
    found = min((list(_space_differences(s, asked.search_space)) for s in spaces), key=len)
    remedy = "edit_search_space changes the space of an experiment that is there; " if found else ""
    found += _metadata_differences(view.metadata, asked.header, seeded=seeded)
    if found:
        raise UnsupportedError(
            f"the experiment is configured already, and otherwise: {'; '.join(found)}. Configure it as it is to go "
            f"on with it; {remedy}another storage or name begins a new one."
        )
    for remark in _REMARKS:
        held, given = getattr(view.metadata, remark), getattr(asked.header, remark)
        if given not in (None, held):
            warnings.warn(f"the experiment keeps its {remark} {held!r}.", AxnbWarning, stacklevel=5)


def check_same_beginning(kept: Experiment, asked: Sequence[Entry], *, seeded: bool) -> None:
    """Check that an experiment began with these entries: its configuration, goal and past results.

    Raises:
        UnsupportedError: If it did not; the message says what differs and what to call.
    """
    began = kept.journal
    for entry, other in zip(asked, [*began[: len(asked)], *[None] * len(asked)], strict=False):
        wanted, held = entry.event, None if other is None else other.event
        if isinstance(wanted, ExperimentConfigured):
            check_same(kept, wanted, seeded=seeded)
        elif isinstance(wanted, OptimizationConfigured) and isinstance(held, OptimizationConfigured):
            if wanted != held:
                raise UnsupportedError(
                    f"the experiment is there already with another goal: {held.config} → {wanted.config}, or their "
                    "constraints differ. Load it by Client(storage=...) and call configure_optimization to change it."
                )
        elif wanted != held:
            raise UnsupportedError(
                f"the experiment is there already, with other past results: {wanted.label} is not what it began with. "
                "Load it by Client(storage=...) and add new rows by attach_dataframe, or use another storage."
            )


def _metadata_differences(held: ExperimentMetadata, asked: ExperimentMetadata, *, seeded: bool) -> list[str]:
    found = [f"name {held.name!r} → {asked.name!r}"] if asked.name not in (None, held.name) else []
    return found + ([f"random_seed {held.seed} → {asked.seed}"] if seeded and held.seed != asked.seed else [])


def _space_differences(held: SearchSpace, asked: SearchSpace) -> Iterator[str]:
    now, new = ({p.name: p for p in space.parameters} for space in (held, asked))
    for name in now | new:
        if name not in new:
            yield f"parameter {name} is missing"
        elif name not in now:
            yield f"parameter {name} is new"
        elif now[name] != new[name]:
            yield f"parameter {name}: {_describe_change(now[name], new[name])}"
    ours, theirs = (dict.fromkeys(map(str, space.constraints)) for space in (held, asked))
    yield from (f"the constraint {c} is missing" for c in ours if c not in theirs)
    yield from (f"the constraint {c} is new" for c in theirs if c not in ours)


def _describe_change(held: Parameter, asked: Parameter) -> str:
    """Return what differs between two parameters of a name.

    Example:
        >>> x, wider = (RangeParameter(name="x", lower=0.0, upper=end) for end in (1.0, 2.0))
        >>> _describe_change(x, wider)
        'bounds (0, 1) → (0, 2)'
    """
    if type(held) is not type(asked):
        return f"{held.domain} → {asked.domain}"
    before, after = _content(held), _content(asked)
    return ", ".join(f"{what} {before[what]} → {after[what]}" for what in before if before[what] != after[what])


def _content(parameter: Parameter) -> dict[str, str]:
    told: dict[str, object] = {f.name: getattr(parameter, f.name) for f in fields(parameter) if f.compare}
    match parameter:
        case RangeParameter():
            del told["lower"], told["upper"]
            told = {"bounds": f"({parameter.lower:.12g}, {parameter.upper:.12g})", **told}
        case ChoiceParameter() | FixedParameter():
            told |= {k: shown(v) for k, v in told.items() if k in ("values", "value")}
        case DerivedParameter():
            pass
    return {_WORDS.get(name, name.replace("_", " ")): str(value) for name, value in told.items()}
