"""Whether some point keeps all constraints of a search space, and which of them contradict each other if none does."""

from collections.abc import Sequence

from axnb.errors import UserInputError, listing
from axnb.problem.constraints import CountConstraint, ParameterConstraint
from axnb.problem.parameters import RangeParameter
from axnb.problem.space import SearchSpace

Constraint = ParameterConstraint | CountConstraint

_SECONDS = 2.0  # after which a space is given the benefit of the doubt
_INFEASIBLE = 2  # what scipy's linprog calls it
_EVENLY = 1e-3  # a step may be so much of its range or more to be taken exactly


def check_feasible(space: SearchSpace) -> None:
    """Check that some point keeps all constraints together; choices are taken for what lies between their ends.

    Constraints on parameters that exist only with some choices are left out, as they hold where those do not exist.

    Raises:
        UserInputError: If none does; it names constraints that contradict each other, all of which are needed for that.

    Example:
        >>> from axnb.problem.constraints import parse_parameter_constraints
        >>> x, y = (RangeParameter(name=n, lower=0.0, upper=1.0) for n in "xy")
        >>> texts = ["x + y <= 0.5", "x >= 0.4", "y >= 0.2"]
        >>> check_feasible(SearchSpace(parameters=(x, y), constraints=parse_parameter_constraints(texts, [x, y])))
        Traceback (most recent call last):
        ...
        axnb.errors.UserInputError: no point satisfies the parameter constraints 'x + y <= 0.5', '-x <= -0.4', '-y <= \
-0.2' together: change or drop one of them.
    """
    kept = [c for c in space.constraints if not _names(space, c) & set(space.parents)]
    if len(kept) < 2 or not _contradict(space, kept):
        return
    for constraint in list(kept):  # leave out what is not needed for the contradiction
        rest = [c for c in kept if c is not constraint]
        if _contradict(space, rest):
            kept = rest
    raise UserInputError(
        f"no point satisfies the parameter constraints {listing(str(c) for c in kept)} together: "
        "change or drop one of them."
    )


def _names(space: SearchSpace, constraint: Constraint) -> set[str]:
    if isinstance(constraint, CountConstraint):
        return set(constraint.names)
    return set(space.expand(constraint.terms)[0])


def _contradict(space: SearchSpace, constraints: Sequence[Constraint]) -> bool:
    """Return whether no point keeps the constraints, by a mixed-integer linear program in units of the ranges."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    names = [p.name for p in space.tunable if p.parameter_type in ("int", "float")]
    ends = np.array([space.span(n) for n in names]).reshape(-1, 2)
    units = np.array([_unit(space, n) for n in names])
    counted = sorted({n for c in constraints if isinstance(c, CountConstraint) for n in c.names})
    size = len(names) + len(counted)
    rows: list[tuple[np.ndarray, float, float]] = []
    for constraint in constraints:
        row = np.zeros(size)
        if isinstance(constraint, CountConstraint):
            row[[len(names) + counted.index(n) for n in constraint.names]] = 1.0
            rows.append((row, -np.inf, float(constraint.bound)))
            continue
        weights, constant = space.expand(constraint.terms)
        for name, weight in weights.items():
            row[names.index(name)] = weight * units[names.index(name)]
            constant += weight * ends[names.index(name), 0]
        largest = float(np.abs(row).max(initial=0.0)) or 1.0
        bound = (constraint.bound - constant) / largest
        rows.append((row / largest, bound if constraint.op == "==" else -np.inf, bound))
    for k, name in enumerate(counted):  # a range may be other than 0 only where it is counted
        row = np.zeros(size)
        row[names.index(name)] = units[names.index(name)] / ends[names.index(name), 1]
        row[len(names) + k] = -1.0
        rows.append((row, -np.inf, 0.0))
    found = milp(
        np.zeros(size),
        integrality=np.array([*(_is_stepped(space, n) for n in names), *(True for _ in counted)], dtype=int),
        bounds=Bounds(np.zeros(size), np.array([*((ends[:, 1] - ends[:, 0]) / units), *(1.0 for _ in counted)])),
        constraints=[
            LinearConstraint(np.array([r for r, _, _ in rows]), [a for _, a, _ in rows], [b for *_, b in rows])
        ],
        options={"time_limit": _SECONDS},
    )
    return int(found.status) == _INFEASIBLE


def _is_stepped(space: SearchSpace, name: str) -> bool:
    parameter = space[name]
    return isinstance(parameter, RangeParameter) and parameter.cardinality <= 1.0 / _EVENLY


def _unit(space: SearchSpace, name: str) -> float:
    """Return the step of a range with steps, or the width of one without."""
    parameter, (low, high) = space[name], space.span(name)
    if isinstance(parameter, RangeParameter) and _is_stepped(space, name):
        return (high - low) / (parameter.cardinality - 1)
    return high - low
