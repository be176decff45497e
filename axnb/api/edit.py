"""Edits of the search space while an experiment runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from axnb.api.arguments import listed, strings
from axnb.api.configs import ParameterConfig
from axnb.api.types import TParameterization, TParameterValue
from axnb.api.utils.instantiation.from_config import parameter_from_config
from axnb.errors import UserInputError, listing, near_miss, shown
from axnb.problem.constraints import CountConstraint, ParameterConstraint, parse_parameter_constraints
from axnb.problem.feasibility import check_feasible
from axnb.problem.parameters import ChoiceParameter, DerivedParameter, FixedParameter, Parameter
from axnb.problem.space import SearchSpace
from axnb.record.events import SearchSpaceEdited


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceEdit:
    """What to change in a search space; all of it at once or nothing.

    Args:
        update: Configs that take the place of parameters of the same name and type.
        add: Configs of new parameters.
        past_values: For each new parameter the value that it had in past trials.
        disable: Parameters that are no longer tuned, with the value at which suggestions hold them.
        enable: Parameters that are tuned again.
        add_constraints: Linear inequalities between ranges.
        drop_constraints: Inequalities to drop, written as they were given or as they are shown.

    Raises:
        UserInputError: If something is no list.
    """

    update: Sequence[ParameterConfig] = ()
    add: Sequence[ParameterConfig] = ()
    past_values: TParameterization | None = None
    disable: TParameterization | None = None
    enable: Sequence[str] = ()
    add_constraints: Sequence[str] = ()
    drop_constraints: Sequence[str] = ()

    def __post_init__(self) -> None:
        for field in ("update", "add"):
            object.__setattr__(self, field, listed(field, getattr(self, field), "parameter configs"))
        for field in ("enable", "add_constraints", "drop_constraints"):
            object.__setattr__(self, field, strings(field, getattr(self, field)))

    def applied_to(self, space: SearchSpace) -> SearchSpaceEdited:
        """Return the event that makes the change.

        Raises:
            UserInputError: If a part of the edit cannot be carried out.
        """
        made = [parameter_from_config(c) for c in self.update]
        updated = {p.name: self._updated(space, p) for p in made}
        added = [self._added(space, parameter_from_config(c)) for c in self.add]
        kept = tuple(updated.get(p.name, p) for p in space.parameters) + tuple(added)
        names = [p.name for p in kept]
        constraints = self._constraints(space, kept)
        disabled = dict(space.disabled)
        for name in self.enable:
            if disabled.pop(name, None) is None:
                raise UserInputError(f"parameter {name!r} is not disabled; disabled are {listing(disabled)}.")
        by_name = {p.name: p for p in kept}
        for name, value in _mapping("disable", self.disable).items():
            if name not in by_name:
                raise UserInputError(
                    f"there is no parameter {name!r}; there are {listing(names)}.{near_miss(name, names)}"
                )
            disabled[name] = by_name[name].cast(value)
        disabled = {n: _still_held(by_name[n], v) for n, v in disabled.items()}
        if len(disabled) == len([p for p in kept if p.cardinality > 1]):
            raise UserInputError("at least one parameter must stay enabled.")
        edited = SearchSpace(parameters=kept, constraints=constraints, disabled=tuple(disabled.items()))
        _check_branches(space, edited)
        check_feasible(edited)
        past = self._past(space, edited, added)
        if edited == space:
            raise UserInputError("the edit changes nothing: say what to update, add, disable, enable or drop.")
        return SearchSpaceEdited(search_space=edited, backfill=tuple(past.items()), summary=self._summary())

    def _updated(self, space: SearchSpace, parameter: Parameter) -> Parameter:
        held = space[parameter.name]
        if held.parameter_type != parameter.parameter_type or type(held) is not type(parameter):
            hint = " To hold it at a value, put it into 'disable'." if isinstance(parameter, FixedParameter) else ""
            raise UserInputError(
                f"parameter {parameter.name!r} is {held.domain}: it cannot become {parameter.domain}.{hint}"
            )
        return parameter

    def _added(self, space: SearchSpace, parameter: Parameter) -> Parameter:
        if parameter.name in space.names:
            raise UserInputError(f"there is a parameter {parameter.name!r} already: put its new config into 'update'.")
        return parameter

    def _past(self, before: SearchSpace, edited: SearchSpace, added: Sequence[Parameter]) -> dict[str, TParameterValue]:
        past = dict(_mapping("past_values", self.past_values))
        unknown = [n for n in past if n not in {p.name for p in added}]
        if unknown:
            raise UserInputError(f"past_values has {listing(unknown)}, which is not among the parameters to add.")
        past = {p.name: p.value for p in added if isinstance(p, FixedParameter)} | past
        followers = [p.name for p in added if isinstance(p, DerivedParameter)]
        if any(n in past for n in followers):
            raise UserInputError(f"past_values has {listing(followers)}, which follows from others: leave it out.")
        past = {p.name: p.cast(past[p.name]) for p in added if p.name in past}
        names = [p.name for p in added if p.name not in (*past, *followers)]
        missing = [n for n in names if _may_exist(before, edited, n, past)]
        if missing:
            raise UserInputError(f"past_values lacks {listing(missing)}: say which value past trials had.")
        return past

    def _constraints(
        self, space: SearchSpace, parameters: Sequence[Parameter]
    ) -> tuple[ParameterConstraint | CountConstraint, ...]:
        kept = list(space.constraints)
        for text in self.drop_constraints:
            for dropped in parse_parameter_constraints([text], parameters):
                found = [c for c in kept if _in_any_order(c) == _in_any_order(dropped)]
                if not found:
                    shown = listing(str(c) for c in kept)
                    raise UserInputError(f"there is no constraint {text!r}; the constraints are {shown}.")
                kept.remove(found[0])
        return (*kept, *parse_parameter_constraints(self.add_constraints, parameters))

    def _summary(self) -> str:
        parts = [f"{c.name} updated" for c in self.update] + [f"{c.name} added" for c in self.add]
        parts += [f"{n} disabled" for n in self.disable or ()] + [f"{n} enabled" for n in self.enable]
        parts += [f"added {t}" for t in self.add_constraints] + [f"dropped {t}" for t in self.drop_constraints]
        return ", ".join(parts)


def _may_exist(before: SearchSpace, edited: SearchSpace, name: str, past: TParameterization) -> bool:
    """Return whether a parameter may have existed in past trials, given the values of those that are new."""
    if name not in edited.parents:
        return True
    parent, values = edited.parents[name]
    choice = before[parent] if parent in before.names else None
    possible = choice.values if isinstance(choice, ChoiceParameter) else (past[parent],) if parent in past else values
    return any(v in possible for v in values) and _may_exist(before, edited, parent, past)


def _in_any_order(constraint: ParameterConstraint | CountConstraint) -> ParameterConstraint | CountConstraint:
    """Return a constraint with its parameters sorted, to be compared with others."""
    if isinstance(constraint, CountConstraint):
        return replace(constraint, names=tuple(sorted(constraint.names)))
    return replace(constraint, terms=tuple(sorted(constraint.terms)))


def _still_held(parameter: Parameter, value: TParameterValue) -> TParameterValue:
    try:
        return parameter.cast(value)
    except UserInputError as error:
        raise UserInputError(
            f"{error} It is disabled and held at {value!r}: put another value into 'disable'."
        ) from error


def _check_branches(before: SearchSpace, edited: SearchSpace) -> None:
    """Check that a parameter exists wherever it did, and that past trials do not lack it where it exists now.

    Raises:
        UserInputError: If past trials would lack it.
    """
    for name, (parent, values) in before.parents.items():
        now, now_values = edited.parents.get(name, ("", ()))
        choice = before[parent]
        old = choice.values if isinstance(choice, ChoiceParameter) else ()
        if now != parent or any(v in old and v not in values for v in now_values):
            raise UserInputError(
                f"parameter {name!r} existed only where {parent!r} was one of {listing(values)}, and past trials lack "
                f"it elsewhere: keep it in the dependent_parameters of {parent!r}."
            )


def _mapping(name: str, value: TParameterization | None) -> TParameterization:
    if value is not None and not isinstance(value, Mapping):
        raise UserInputError(f"{name} must be a dict of parameter values, got {shown(value)}.")
    return value or {}
