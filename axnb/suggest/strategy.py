"""The generation strategy: the centre, quasi-random points, then a model."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from axnb.errors import DataRequiredError, NotConfiguredError, SearchSpaceExhausted, UserInputError
from axnb.problem.generation import DEFAULT_OPTIONS, GenerationNode, GenerationStrategy
from axnb.problem.space import Parameterization
from axnb.record.experiment import ExperimentView
from axnb.suggest.generators.base import GenerationRequest, Generator, Suggestion, build_request
from axnb.suggest.generators.bayesian import BayesianGenerator
from axnb.suggest.presets import build_preset
from axnb.suggest.progress import Progress
from axnb.suggest.registry import CRITERIA, GENERATORS, OUR_GENERATORS, PAUSING_CRITERIA, SELECTORS, make_part
from axnb.suggest.search.optimize import ENUMERATION_LIMIT, enumerate_rows
from axnb.suggest.selection import BestModelSelector, GeneratorSelector

__all__ = ["Suggestion", "suggest"]

_log = logging.getLogger("axnb")

_LEVEL = 1e-9  # distance in the unit cube up to which a value is the one that is held fixed


def suggest(
    view: ExperimentView,
    n: int,
    fixed_parameters: Parameterization | None = None,
    *,
    near: tuple[Parameterization, float] | None = None,
    nonlinear_constraints: Sequence[Callable[[Parameterization], object]] = (),
) -> list[Suggestion]:
    """Return what to try next.

    The strategy of the experiment's options is followed. By default initial points come first: the centre, then
    quasi-random ones, until the initialization budget is used; the model follows once enough of them are completed. A
    request may span several nodes; while the model has nothing to learn from, a request that is larger than the budget
    is filled with quasi-random points.

    Args:
        view: The experiment.
        n: How many suggestions.
        fixed_parameters: Values of parameters to hold fixed.
        near: A point near which to look, and how far from it as a share of each parameter's range, up to 1.
        nonlinear_constraints: Functions of a parameterization that must all be true, or at least 0, where it is
            allowed.

    Returns:
        ``n`` suggestions; fewer only where a finite space has no more new points.

    Raises:
        NotConfiguredError: If there is no search space or no goal.
        UserInputError: If ``n`` is below 1, a fixed value is not allowed, or a generator of your own breaks the search
            space or a constraint.
        DataRequiredError: If the budget is used and too few initial trials are completed.
        SearchSpaceExhausted: If there is no new point at all.
    """
    strategy, request = _begin(view, n, fixed_parameters, near, nonlinear_constraints)
    out: list[Suggestion] = []
    while len(out) < n:
        position = find_position(strategy, Progress(view=view, made=tuple(out)))
        if position.paused or (position.blocked and not out):
            if not out:
                raise DataRequiredError(position.paused or position.blocked)
            _log.info("Suggested %d of %d trials: %s", len(out), n, position.paused)
            return out
        node, wanted = position.node, min(n - len(out), n if position.blocked else position.remaining or n)
        wanted = wanted if position.room is None else min(wanted, position.room)
        found = pick_generator(node, view).generate(request, wanted)
        if not found and node.fallback is not None:
            node = next(m for m in strategy.nodes if m.name == node.fallback)
            found = pick_generator(node, view).generate(request, wanted)
        for suggestion in found:
            out.append(_check(suggestion, node, request))
            request = request.after(suggestion)
        if len(found) < wanted:
            break
    if not out:
        raise SearchSpaceExhausted(_explain_exhaustion(request))
    if len(out) < n:
        _log.info("Suggested %d of %d trials: %s", len(out), n, _explain_exhaustion(request))
    return out


def _begin(
    view: ExperimentView,
    n: int,
    fixed_parameters: Parameterization | None,
    near: tuple[Parameterization, float] | None,
    nonlinear_constraints: Sequence[Callable[[Parameterization], object]],
) -> tuple[GenerationStrategy, GenerationRequest]:
    """Return the strategy to follow, and what its generators are asked."""
    if view.optimization is None:
        raise NotConfiguredError("there is no goal yet: call configure_optimization first.")
    if n < 1:
        raise UserInputError(f"the number of suggestions must be at least 1, got {n}.")
    options = view.generation or DEFAULT_OPTIONS
    return options.strategy or build_preset(options), build_request(view, fixed_parameters, near, nonlinear_constraints)


def apply_node_parts(view: ExperimentView) -> ExperimentView:
    """Return a view whose options have the model, acquisition and optimiser of the node that makes the next suggestion.

    Whoever shows what the next suggestion maximises asks this first. Where the strategy cannot be followed, as a part
    of it is not registered, or stands at a node without a model, the view is returned as it is.
    """
    strategy = None if view.generation is None else view.generation.strategy
    if strategy is None:
        return view
    try:
        node = find_position(strategy, Progress(view=view, made=())).node
        generator = pick_generator(node, view)
        return generator.with_parts(view) if isinstance(generator, BayesianGenerator) else view
    except (NotConfiguredError, UserInputError):
        return view


def pick_generator(node: GenerationNode, view: ExperimentView) -> Generator:
    """Return the generator of a node; of several the one that its selector chooses for an experiment.

    Raises:
        NotConfiguredError: If a part is not registered.
        UserInputError: If a part cannot be made.
        ModelError: If there are several, and no model of theirs can be fitted.
    """
    specs = (node.generator, *node.alternatives)
    made: list[Generator] = [make_part(GENERATORS, spec, "generator", "register_generator") for spec in specs]
    if len(made) == 1:
        return made[0]
    selector: GeneratorSelector = BestModelSelector()
    if node.selector is not None:
        selector = make_part(SELECTORS, node.selector, "selector", "register_selector")
    return made[selector.select(view, made)]


def _check(suggestion: Suggestion, node: GenerationNode, request: GenerationRequest) -> Suggestion:
    """Return a suggestion with its values as they are kept, and the name of its node on it.

    Raises:
        UserInputError: If it breaks the search space, a constraint, or what is held fixed.
    """
    try:
        point = request.space.validate(suggestion.parameters)
        if node.generator.name not in OUR_GENERATORS:  # ours look there already
            _check_request(request, point)
    except UserInputError as error:
        raise UserInputError(
            f"the generator {node.generator.name!r} of node {node.name!r} suggested what is not allowed: {error} "
            "Nothing was recorded; mend the generator, or set another strategy."
        ) from error
    return replace(suggestion, parameters=point, provenance=replace(suggestion.provenance, node=node.name))


def _check_request(request: GenerationRequest, point: Parameterization) -> None:
    """Check that a point is what was asked for.

    Raises:
        UserInputError: If a function forbids it, or it has another value of what is held fixed.
    """
    row = request.encoder.encode([point])[0]
    for column, at, wanted in zip(request.encoder.columns, row, request.fixed, strict=True):
        if abs(at - wanted) > _LEVEL:
            raise UserInputError(f"the parameter {column.name!r} is held fixed, and got {point[column.name]!r}.")
    for rule in request.nonlinear_constraints:
        if not replace(request, nonlinear_constraints=(rule,)).agrees(row[None])[0]:
            name = getattr(rule, "__name__", repr(rule))
            raise UserInputError(f"the point {dict(point)} does not satisfy the nonlinear constraint {name!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where an experiment stands in its strategy.

    Args:
        node: The node that makes the next suggestion.
        remaining: How many suggestions it makes before a transition may be met; ``None`` where none depends on that.
        blocked: Why it makes no more of its own than a larger request asks for; empty where it does.
        paused: Why it makes none at all just now; empty where it does.
        room: How many suggestions it makes before it pauses; ``None`` where nothing makes it pause.
    """

    node: GenerationNode
    remaining: int | None = None
    blocked: str = ""
    paused: str = ""
    room: int | None = None


def find_position(strategy: GenerationStrategy, progress: Progress) -> Position:
    """Return where an experiment stands: from the first node along the transitions that are met.

    Args:
        strategy: The strategy.
        progress: How far the experiment is.

    Raises:
        NotConfiguredError: If a criterion is not registered.
        UserInputError: If a criterion cannot be made.
    """
    node, seen = strategy.nodes[0], {strategy.nodes[0].name}
    while True:
        progress = replace(progress, node=node.name)
        remaining: list[int] = []
        blocked, target = "", None
        for transition in (t for t in strategy.transitions if t.source == node.name):
            criteria = [make_part(CRITERIA, c, "criterion", "register_criterion") for c in transition.criteria]
            unmet = [c for c in criteria if not c.is_met(progress)]
            if not unmet:
                target = transition.target
                break
            blocker = next((c for c in criteria if c.blocks(progress)), None)
            if blocker is not None:
                blocked = (
                    f"all {blocker.count(progress)} trials of {node.name!r} have been suggested; {transition.target!r} "
                    f"needs {'; and '.join(c.explain(progress) for c in unmet)}."
                )
            remaining.append(max([r for c in unmet if (r := c.count_remaining(progress))], default=0))
        if target is None or target in seen:
            paused, room = _find_pause(node, progress)
            left = min([r for r in remaining if r], default=None)
            return Position(node=node, remaining=left, blocked=blocked, paused=paused, room=room)
        node = next(n for n in strategy.nodes if n.name == target)
        seen.add(target)


def _find_pause(node: GenerationNode, progress: Progress) -> tuple[str, int | None]:
    """Return why a node pauses, empty where it does not, and how many suggestions it makes before it would."""
    rooms = []
    for spec in node.pausing_criteria:
        criterion = make_part(PAUSING_CRITERIA | CRITERIA, spec, "pausing criterion", "register_criterion")
        rooms.append(int(criterion.count_remaining(progress)))
        if rooms[-1] <= 0:
            return criterion.explain(progress), 0
    return "", min(rooms, default=None)


def _explain_exhaustion(request: GenerationRequest) -> str:
    held = [c.name for c, free in zip(request.encoder.columns, request.region().free_columns, strict=True) if not free]
    where = f" with {', '.join(held)} held fixed" if held else ""
    where += " so near the given point" if request.near is not None else ""
    region = request.region()
    rules = "the parameter constraints and functions" if request.nonlinear_constraints else "the parameter constraints"
    if region.size <= ENUMERATION_LIMIT:
        if not len(enumerate_rows(replace(region, taken=region.taken[:0]))):
            return f"no point{where} satisfies {rules}."
    elif region.is_restricted:  # not every point was looked at
        another = "other " if region.is_allowed(region.taken).any() else ""
        return f"no {another}point{where} was found that satisfies {rules}."
    return f"every allowed point of the search space{where} has been tried or is running."
