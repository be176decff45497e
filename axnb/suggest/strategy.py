"""The generation strategy: the centre, quasi-random points, then a model."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, Protocol, TypeAlias

from axnb.errors import DataRequiredError, NotConfiguredError, SearchSpaceExhausted, UserInputError, listing, near_miss
from axnb.problem.generation import (
    DEFAULT_OPTIONS,
    GenerationNode,
    GenerationOptions,
    GenerationStrategy,
    PartSpec,
    Transition,
)
from axnb.problem.space import Parameterization
from axnb.record.experiment import ExperimentView, arm_results
from axnb.suggest.generators.base import GenerationRequest, Generator, Suggestion, build_request
from axnb.suggest.generators.bayesian import BayesianGenerator
from axnb.suggest.generators.center import CenterGenerator
from axnb.suggest.generators.sobol import SobolGenerator
from axnb.suggest.search.optimize import ENUMERATION_LIMIT, enumerate_rows

__all__ = ["Suggestion", "suggest"]

_log = logging.getLogger("axnb")

_INITIAL = frozenset({"Center", "Sobol"})
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
        if position.blocked and not out:
            raise DataRequiredError(position.blocked)
        node, wanted = position.node, min(n - len(out), n if position.blocked else position.remaining or n)
        found = _make_generator(node).generate(request, wanted)
        if not found and node.fallback is not None:
            node = next(m for m in strategy.nodes if m.name == node.fallback)
            found = _make_generator(node).generate(request, wanted)
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
        return _make_generator(node).with_parts(view) if node.generator.name == "BO" else view  # type: ignore[attr-defined]
    except (NotConfiguredError, UserInputError):
        return view


def _make_generator(node: GenerationNode) -> Generator:
    made: Generator = make_part(GENERATORS, node.generator, "generator", "register_generator")
    return made


def _check(suggestion: Suggestion, node: GenerationNode, request: GenerationRequest) -> Suggestion:
    """Return a suggestion with its values as they are kept, and the name of its node on it.

    Raises:
        UserInputError: If it breaks the search space, a constraint, or what is held fixed.
    """
    try:
        point = request.space.validate(suggestion.parameters)
        if node.generator.name not in _OURS:  # ours look there already
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
class Progress:
    """How far an experiment is, as transition criteria see it.

    Args:
        view: The experiment.
        made: Suggestions of the request that is being answered.
        node: The node that would be left.
    """

    view: ExperimentView
    made: tuple[Suggestion, ...] = ()
    node: str = ""

    def count(self, of: Literal["all", "initial", "node"]) -> int:
        """Return how many arms that are not lost there are, those of this request included.

        Args:
            of: `"all"`, the `"initial"` ones of centre and quasi-random generators, or those of this `"node"`.
        """
        origins = [
            (r.generator, self.view.trials[r.trial_index].provenance.node)
            for r in arm_results(self.view)
            if not r.status.is_lost
        ]
        origins += [(s.provenance.generator, s.provenance.node) for s in self.made]
        if of == "all":
            return len(origins)
        return sum(node == self.node if of == "node" else generator in _INITIAL for generator, node in origins)


class TransitionCriterion(Protocol):
    """Says when a strategy may go on to another node; made from a registered name and plain arguments."""

    def is_met(self, progress: Progress) -> bool:
        """Return whether it is met."""
        ...

    def count_remaining(self, progress: Progress) -> int | None:
        """Return how many more suggestions of the node meet it; ``None`` where that does not depend on them."""
        ...

    def blocks(self, progress: Progress) -> bool:
        """Return whether the node must make no more suggestions although other criteria are not met yet."""
        ...

    def count(self, progress: Progress) -> int:
        """Return how many trials it has counted, which is said where it blocks."""
        ...

    def explain(self, progress: Progress) -> str:
        """Return what is missing, and what to do about it, to follow on "the node needs"."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MinTrials:
    """Met once there are so many trials that are not lost.

    Args:
        threshold: So many.
        of: Which count: `"all"`, the `"initial"` ones, or those of the `"node"`.
        block_generation: Whether the node makes no more than these.
    """

    threshold: int
    of: Literal["all", "initial", "node"] = "node"
    block_generation: bool = False

    def is_met(self, progress: Progress) -> bool:
        """Return whether there are enough trials."""
        return self.count(progress) >= self.threshold

    def count(self, progress: Progress) -> int:
        """Return how many trials count."""
        return progress.count(self.of)

    def count_remaining(self, progress: Progress) -> int | None:
        """Return how many trials are missing."""
        return max(self.threshold - self.count(progress), 0)

    def blocks(self, progress: Progress) -> bool:
        """Return whether the node has made all it may."""
        return self.block_generation and self.is_met(progress)

    def explain(self, progress: Progress) -> str:
        """Return how many trials are missing."""
        return f"{self.count_remaining(progress)} more trials: ask for them, or attach them"


@dataclass(frozen=True, slots=True, kw_only=True)
class MinObserved:
    """Met once so many completed trials have a result for every metric of the goal.

    Args:
        threshold: So many.
    """

    threshold: int

    def is_met(self, progress: Progress) -> bool:
        """Return whether there are enough results."""
        return self.count(progress) >= self.threshold

    def count(self, progress: Progress) -> int:
        """Return how many trials have such results."""
        return _count_observed(progress.view)

    def count_remaining(self, progress: Progress) -> int | None:
        """Return nothing: suggestions bring no results."""
        return None

    def blocks(self, progress: Progress) -> bool:
        """Return that it never does."""
        return False

    def explain(self, progress: Progress) -> str:
        """Return how many results are missing, and what brings them."""
        missing = self.threshold - self.count(progress)
        return (
            f"{'one more of them' if missing == 1 else f'{missing} more of them'} completed with every metric of the "
            f"goal: {_way_out(progress.view)}, or set allow_exceeding_initialization_budget"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterTried:
    """Met once the centre was suggested, or anything else was tried.

    Args:
        of: Which trials count besides: `"all"`, or the `"initial"` ones.
    """

    of: Literal["all", "initial"] = "all"

    def is_met(self, progress: Progress) -> bool:
        """Return whether there is nothing left to begin with."""
        return self.count(progress) > 0 or any(r.generator == "Center" for r in arm_results(progress.view))

    def count(self, progress: Progress) -> int:
        """Return how many trials count."""
        return progress.count(self.of)

    def count_remaining(self, progress: Progress) -> int | None:
        """Return that one suggestion is enough."""
        return 1

    def blocks(self, progress: Progress) -> bool:
        """Return that it never does."""
        return False

    def explain(self, progress: Progress) -> str:
        """Return what is missing."""
        return "the centre of the search space: ask for it"


Registry: TypeAlias = dict[str, Callable[..., Any]]

GENERATORS: Registry = {"Center": CenterGenerator, "Sobol": SobolGenerator, "BO": BayesianGenerator}
CRITERIA: Registry = {"MinTrials": MinTrials, "MinObserved": MinObserved, "CenterTried": CenterTried}
_OURS = frozenset([*GENERATORS, *CRITERIA])


def register_generator(name: str, make: Callable[..., Generator]) -> None:
    """Give a generator of your own a name, by which strategies are kept and found again after loading.

    What it suggests is checked: values outside the search space, or that break a constraint, raise an error that names
    the generator, and nothing is recorded.

    Args:
        name: The name.
        make: The class, or a function, that makes it from the arguments of a `PartSpec`.

    Raises:
        UserInputError: If the name is no text or one of ours.

    Example:
        >>> from axnb import Client, MinTrials, Provenance, RangeParameterConfig, Suggestion
        >>> @dataclass(frozen=True)
        ... class Walk:
        ...     step: float = 0.25
        ...
        ...     def generate(self, request, n):
        ...         points = [{"x": (request.index + i) * self.step % 1.0} for i in range(n)]
        ...         return [Suggestion(parameters=p, provenance=Provenance(generator="Walk")) for p in points]
        >>> register_generator("Walk", Walk)
        >>> nodes = GenerationNode("first", Walk(step=0.3)), GenerationNode("model", "BO")
        >>> ready = Transition("first", "model", (MinTrials(threshold=3),))
        >>> client = Client(random_seed=0)
        >>> client.configure_experiment([RangeParameterConfig("x", (0, 1), "float")])
        >>> client.configure_optimization("-loss")
        >>> client.set_generation_strategy(GenerationStrategy(nodes, (ready,)))
        >>> [point["x"] for point in client.get_next_trials(3).values()]
        [0.0, 0.3, 0.6]
    """
    _register(GENERATORS, name, make)


def register_criterion(name: str, make: Callable[..., TransitionCriterion]) -> None:
    """Give a transition criterion of your own a name, by which strategies are kept and found again after loading.

    Args:
        name: The name.
        make: The class, or a function, that makes it from the arguments of a `PartSpec`.

    Raises:
        UserInputError: If the name is no text or one of ours.

    Example:
        >>> @dataclass(frozen=True)
        ... class MinTrialsOfBoth(MinTrials):
        ...     of: str = "all"
        >>> register_criterion("MinTrialsOfBoth", MinTrialsOfBoth)
        >>> Transition("first", "model", (MinTrialsOfBoth(threshold=3),)).criteria[0].name
        'MinTrialsOfBoth'
    """
    _register(CRITERIA, name, make)


def _register(registry: Registry, name: str, make: Callable[..., Any]) -> None:
    if not isinstance(name, str) or not name or name in _OURS:
        raise UserInputError(
            f"a part of your own needs a name other than {listing(sorted(_OURS))}, got {name!r}: choose another."
        )
    if not callable(make):
        raise UserInputError(f"the part {name!r} must be a class or a function that makes it, got {make!r}.")
    registry[name] = make


def explain_missing_parts(strategy: GenerationStrategy) -> list[str]:
    """Return what a strategy uses that is not registered here, and what to do about it, a sentence a part.

    Args:
        strategy: The strategy.

    Example:
        >>> explain_missing_parts(GenerationStrategy((GenerationNode("mine", PartSpec("Mine")),)))
        ["The generator 'Mine' is not registered here: call register_generator('Mine', …) before you ask for trials."]
    """
    used = [("generator", n.generator.name, GENERATORS) for n in strategy.nodes]
    used += [("criterion", c.name, CRITERIA) for t in strategy.transitions for c in t.criteria]
    missing = dict.fromkeys((kind, name) for kind, name, registry in used if name not in registry)
    return [
        f"The {kind} {name!r} is not registered here: call register_{kind}({name!r}, …) before you ask for trials."
        for kind, name in missing
    ]


def make_part(registry: Registry, spec: PartSpec, kind: str, verb: str) -> Any:
    """Return the part that a specification stands for.

    Args:
        registry: What makes the parts, by name.
        spec: The name, and the arguments.
        kind: What it is, for errors.
        verb: What registers such a part, for errors.

    Raises:
        NotConfiguredError: If it is not registered.
        UserInputError: If it cannot be made from its arguments.
    """
    if spec.name not in registry:
        raise NotConfiguredError(
            f"the generation strategy uses the {kind} {spec.name!r}, which is not registered here: call "
            f"{verb}({spec.name!r}, …) first, or set another strategy.{near_miss(spec.name, registry)}"
        )
    try:
        return registry[spec.name](**dict(spec.arguments))
    except Exception as error:  # a user's class may raise anything
        raise UserInputError(
            f"the {kind} {spec.name!r} cannot be made from {dict(spec.arguments)}: {type(error).__name__}: {error}. "
            "Give the arguments that it takes."
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where an experiment stands in its strategy.

    Args:
        node: The node that makes the next suggestion.
        remaining: How many suggestions it makes before a transition may be met; ``None`` where none depends on that.
        blocked: Why it makes none just now; empty where it does.
    """

    node: GenerationNode
    remaining: int | None = None
    blocked: str = ""


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
            return Position(node=node, remaining=min([r for r in remaining if r], default=None), blocked=blocked)
        node = next(n for n in strategy.nodes if n.name == target)
        seen.add(target)


@lru_cache(maxsize=8)
def build_preset(options: GenerationOptions) -> GenerationStrategy:
    """Return the strategy of some options: the centre, quasi-random points, then a model.

    Args:
        options: The options.

    Example:
        >>> [node.name for node in build_preset(GenerationOptions()).nodes]
        ['Center', 'Sobol', 'BO']
        >>> [node.name for node in build_preset(GenerationOptions(method="random_search")).nodes]
        ['Center', 'Sobol']
    """
    of = "all" if options.use_existing_trials_for_initialization else "initial"
    has_model = options.method != "random_search"
    nodes: list[GenerationNode] = []
    transitions: list[Transition] = []
    if options.initialize_with_center and (options.budget > 0 or not has_model):
        nodes.append(GenerationNode("Center", PartSpec("Center"), fallback="Sobol"))
        transitions.append(Transition("Center", "Sobol", (PartSpec("CenterTried", (("of", of),)),)))
    nodes.append(GenerationNode("Sobol", PartSpec("Sobol", (("seed", options.initialization_random_seed),))))
    if has_model:
        nodes.append(GenerationNode("BO", PartSpec("BO")))
        stops = not options.allow_exceeding_initialization_budget
        enough = (("threshold", options.budget), ("of", of), ("block_generation", stops))
        known = (("threshold", options.observed_before_model),)
        criteria = (PartSpec("MinTrials", enough), PartSpec("MinObserved", known))
        transitions.append(Transition("Sobol", "BO", criteria))
    return GenerationStrategy(tuple(nodes), tuple(transitions))


def _way_out(view: ExperimentView) -> str:
    """Return what brings the missing results: of a trial that runs, or of one that has ended without them."""
    if any(t.status.is_running for t in view.trials.values()):
        return "complete a running trial"
    assert view.optimization is not None
    for result in arm_results(view):
        lacking = [n for n in view.optimization.metric_names if n not in result.outcomes]
        if result.status.is_successful and lacking:
            return (
                f"none is running, and trial {result.trial_index} has no {listing(lacking)}: attach it with amend_data"
            )
    return "none is running: attach further trials, or lower min_observed_initialization_trials"


def _count_observed(view: ExperimentView) -> int:
    """Return the number of arms of completed trials with a result for every metric of the goal."""
    assert view.optimization is not None
    names = view.optimization.metric_names
    return sum(r.status.is_successful and r.has(names) for r in arm_results(view))


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
