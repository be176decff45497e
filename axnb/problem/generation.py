"""How suggestions should be made: the settings of a generation strategy."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Literal, TypeAlias

from axnb.errors import UnsupportedError, UserInputError, listing, near_miss, shown
from axnb.problem.expressions import is_text
from axnb.problem.parameters import flag, plain, whole

METHODS = ("fast", "quality", "random_search")

DEFAULT_INITIALIZATION_BUDGET = 5

MOST_AT_ONCE = 10_000
"""Suggestions that may be asked for at once: with a model they take minutes already, and can be cancelled."""

_SWITCHES = (
    "initialize_with_center",
    "use_existing_trials_for_initialization",
    "allow_exceeding_initialization_budget",
    "simplify_parameter_changes",
    "fit_tracking_metrics",
)


JsonScalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class PartSpec:
    """A generator or criterion by the name it is registered under, with the arguments it is made with.

    Args:
        name: The registered name.
        arguments: Pairs of argument and value; a mapping is taken too.

    Raises:
        UserInputError: If a name is no text, or a value neither text, number, truth value nor None.

    Example:
        >>> PartSpec("Sobol", {"seed": 7}).arguments
        (('seed', 7),)
    """

    name: str
    arguments: tuple[tuple[str, JsonScalar], ...] = ()

    def __post_init__(self) -> None:
        given = self.arguments.items() if isinstance(self.arguments, Mapping) else self.arguments
        found = tuple([(name, plain(value)) for name, value in given])
        for name, value in [(self.name, None), *found]:
            if not is_text(name) or not name or not (value is None or isinstance(value, str | int | float)):
                raise UserInputError(
                    f"the part {self.name!r} cannot be kept with {name!r} = {value!r}: names must be non-empty "
                    "strings, values strings, numbers, True, False or None."
                )
        object.__setattr__(self, "arguments", found)


@dataclass(frozen=True, slots=True)
class GenerationNode:
    """A way to make suggestions within a strategy.

    Args:
        name: Its name, recorded with the trials that it makes.
        generator: What makes the suggestions: a `PartSpec`, a registered name, or a dataclass whose name is registered.
        fallback: The node that is asked where the generator has nothing to suggest.
        pausing_criteria: What makes it wait, such as `MaxGenerationParallelism`: each a `PartSpec`, a registered name,
            or a dataclass.
        alternatives: Other generators; the selector says which suggests.
        selector: Chooses among the generator and its alternatives; the one whose model predicts best by default.
        transitions: Where to go from here, which a strategy made of the node takes over into its own transitions.

    Example:
        >>> GenerationNode("start", "Sobol").generator
        PartSpec(name='Sobol', arguments=())
    """

    name: str
    generator: PartSpec
    fallback: str | None = None
    pausing_criteria: tuple[PartSpec, ...] = ()
    alternatives: tuple[PartSpec, ...] = ()
    selector: PartSpec | None = None
    transitions: "tuple[Transition, ...]" = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "transitions", tuple(self.transitions))
        object.__setattr__(self, "pausing_criteria", tuple([_as_part(c) for c in self.pausing_criteria]))
        object.__setattr__(self, "alternatives", tuple([_as_part(g) for g in self.alternatives]))
        if self.selector is not None:
            object.__setattr__(self, "selector", _as_part(self.selector))
        if not is_text(self.name) or not self.name:
            raise UserInputError(f"the name of a node must be a non-empty string, got {self.name!r}.")
        object.__setattr__(self, "generator", _as_part(self.generator))


@dataclass(frozen=True, slots=True)
class Transition:
    """When a strategy goes on from one node to another.

    Args:
        source: The node to leave.
        target: The node to go to.
        criteria: What must all be met: each a `PartSpec`, a registered name, or a dataclass such as `MinTrials`, of
            which the name and the fields are kept.

    Example:
        >>> from axnb.suggest.criteria import MinObserved
        >>> Transition("start", "model", (MinObserved(threshold=3),)).criteria
        (PartSpec(name='MinObserved', arguments=(('threshold', 3),)),)
    """

    source: str
    target: str
    criteria: tuple[PartSpec, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "criteria", tuple([_as_part(c) for c in self.criteria]))


@dataclass(frozen=True, slots=True)
class GenerationStrategy:
    """A graph of ways to make suggestions; it begins at the first node.

    Which node is next is found anew from the trials each time, by going from the first node along the transitions whose
    criteria are met; nothing of it is stored.

    Args:
        nodes: The nodes.
        transitions: When to go from one to another; of several from one node, the first that is met counts.
        name: What it is called.

    Raises:
        UserInputError: If there is no node, two have one name, or a transition or fallback names one that is missing.

    Example:
        >>> start, model = GenerationNode("start", "Sobol"), GenerationNode("model", "BO")
        >>> ready = Transition("start", "model", (PartSpec("MinTrials", {"threshold": 8}),))
        >>> GenerationStrategy((start, model), (ready,)).nodes[0].name
        'start'
    """

    nodes: tuple[GenerationNode, ...]
    transitions: tuple[Transition, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        own = [t for n in self.nodes for t in n.transitions]
        object.__setattr__(
            self, "nodes", tuple([replace(n, transitions=()) if n.transitions else n for n in self.nodes])
        )
        object.__setattr__(self, "transitions", (*self.transitions, *own))
        names = [n.name for n in self.nodes]
        if not names or len(set(names)) < len(names):
            raise UserInputError(f"a generation strategy needs nodes with names of their own, got {names}.")
        asked = [n.fallback for n in self.nodes if n.fallback is not None]
        asked += [end for t in self.transitions for end in (t.source, t.target)]
        for name in asked:
            if name not in names:
                hint = near_miss(name, names)
                raise UserInputError(f"the generation strategy has no node {name!r}; it has {listing(names)}.{hint}")


def _as_part(part: object) -> PartSpec:
    if isinstance(part, PartSpec):
        return part
    if is_dataclass(part) and not isinstance(part, type):
        return PartSpec(type(part).__name__, tuple([(f.name, getattr(part, f.name)) for f in fields(part)]))
    if not isinstance(part, str):
        raise UserInputError(
            f"expected a PartSpec, the registered name of a part, or a dataclass of that name, got {shown(part)}."
        )
    return PartSpec(part)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOptions:
    """Settings of the generation strategy: a centre point, quasi-random points, then a model.

    Args:
        method: `"fast"` or `"quality"` for a model after initialization, `"random_search"` for none.
        initialization_budget: Number of initial trials, the centre and existing trials included.
        initialization_random_seed: Seed of the quasi-random points; `None` for the experiment's seed.
        initialize_with_center: Whether the first suggestion is the centre of the search space.
        use_existing_trials_for_initialization: Whether attached trials count towards the budget.
        min_observed_initialization_trials: Number of completed initial trials that the model waits for; `None` for half
            the budget.
        allow_exceeding_initialization_budget: Whether to go on with quasi-random points while results are missing.
        torch_device: Device for the parts that run on torch, such as `"cuda"`.
        simplify_parameter_changes: Whether suggestions keep to the pruning target where that costs little.
        fit_tracking_metrics: Whether metrics that are neither objective nor constraint are modelled too.
        strategy: What is followed instead of centre, quasi-random points and model; the budget then means nothing.
        model: What explains the results, by name and arguments; `None` for our Gaussian process.
        acquisition: What suggestions maximise, likewise; `None` for the expected improvement.
        optimizer: What maximises it, likewise; `None` for our search.

    Raises:
        UnsupportedError: If the method does not exist.
        UserInputError: If a number is not a whole number of at least 0, or a switch neither True nor False.

    Example:
        >>> GenerationOptions().budget, GenerationOptions().observed_before_model
        (5, 2)
    """

    method: Literal["fast", "quality", "random_search"] = "fast"
    initialization_budget: int | None = None
    initialization_random_seed: int | None = None
    initialize_with_center: bool = True
    use_existing_trials_for_initialization: bool = True
    min_observed_initialization_trials: int | None = None
    allow_exceeding_initialization_budget: bool = False
    torch_device: str | None = None
    simplify_parameter_changes: bool = False
    fit_tracking_metrics: bool = True
    strategy: GenerationStrategy | None = None
    model: PartSpec | None = None
    acquisition: PartSpec | None = None
    optimizer: PartSpec | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.method, str) or self.method not in METHODS:
            hint = near_miss(shown(self.method, how=str), METHODS)
            raise UnsupportedError(f"the method must be one of {listing(METHODS)}, got {shown(self.method)}.{hint}")
        object.__setattr__(self, "method", plain(self.method))
        for field in ("initialization_budget", "initialization_random_seed", "min_observed_initialization_trials"):
            value = getattr(self, field)
            if value is not None:
                object.__setattr__(self, field, whole(field, value, least=0))
        for field in _SWITCHES:
            object.__setattr__(self, field, flag(field, getattr(self, field)))
        if self.torch_device is not None:
            if not is_text(self.torch_device):
                raise UserInputError(f"torch_device must be a string such as 'cuda', got {shown(self.torch_device)}.")
            object.__setattr__(self, "torch_device", plain(self.torch_device))

    @property
    def budget(self) -> int:
        """Number of initial trials."""
        return DEFAULT_INITIALIZATION_BUDGET if self.initialization_budget is None else self.initialization_budget

    @property
    def name(self) -> str:
        """What the strategy is called: as it says, or after its nodes."""
        if self.strategy is not None:
            return self.strategy.name or "+".join(n.name for n in self.strategy.nodes)
        has_model = self.method != "random_search"
        parts = ["Center"] if self.initialize_with_center and (self.budget > 0 or not has_model) else []
        if not has_model:
            return "+".join([*parts, "QuasiRandomSearch"])
        parts += ["Sobol"] if self.budget > len(parts) else []
        return "+".join([*parts, f"MBM:{self.method if self.model is None else self.model.name}"])

    @property
    def explained_by(self) -> PartSpec | None:
        """The model that cards and predictions ask: the one chosen, or the first that a node of the strategy names."""
        if self.model is not None or self.strategy is None:
            return self.model
        named = [dict(n.generator.arguments).get("model") for n in self.strategy.nodes if n.generator.name == "BO"]
        return next((PartSpec(str(name)) for name in named if name is not None), None)

    @property
    def observed_before_model(self) -> int:
        """Number of completed initial trials that the model waits for."""
        given = self.min_observed_initialization_trials
        return max(1, self.budget // 2) if given is None else given


DEFAULT_OPTIONS = GenerationOptions()
"""How suggestions are made where nothing else was asked for."""
