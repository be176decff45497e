"""The generators and criteria that strategies name: ours, and what users register."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from axnb.errors import NotConfiguredError, UserInputError, listing, near_miss, shown
from axnb.problem.generation import GenerationStrategy, PartSpec
from axnb.suggest.criteria import (
    AutoTransitionAfterGen,
    CenterTried,
    IsSingleObjective,
    MaxGenerationParallelism,
    MaxTrialsAwaitingData,
    MinimumPreferenceOccurances,
    MinObserved,
    MinTrials,
    TransitionCriterion,
)
from axnb.suggest.generators.base import Generator
from axnb.suggest.generators.bayesian import BayesianGenerator
from axnb.suggest.generators.center import CenterGenerator
from axnb.suggest.generators.factorial import FactorialGenerator
from axnb.suggest.generators.in_sample import InSampleGenerator
from axnb.suggest.generators.sobol import SobolGenerator
from axnb.suggest.generators.uniform import UniformGenerator
from axnb.suggest.progress import Progress
from axnb.suggest.selection import BestModelSelector, GeneratorSelector

Registry: TypeAlias = dict[str, Callable[..., Any]]

GENERATORS: Registry = {
    "Center": CenterGenerator,
    "Sobol": SobolGenerator,
    "Uniform": UniformGenerator,
    "Factorial": FactorialGenerator,
    "InSample": InSampleGenerator,
    "BO": BayesianGenerator,
}
CRITERIA: Registry = {
    "MinTrials": MinTrials,
    "MaxTrials": MinTrials,
    "MinObserved": MinObserved,
    "MinimumPreferenceOccurances": MinimumPreferenceOccurances,
    "CenterTried": CenterTried,
    "AutoTransitionAfterGen": AutoTransitionAfterGen,
    "IsSingleObjective": IsSingleObjective,
}
PAUSING_CRITERIA: Registry = {
    "MaxGenerationParallelism": MaxGenerationParallelism,
    "MaxTrialsAwaitingData": MaxTrialsAwaitingData,
}
SELECTORS: Registry = {"BestModelSelector": BestModelSelector}
OUR_GENERATORS = frozenset(GENERATORS)
_OURS = frozenset([*GENERATORS, *CRITERIA, *PAUSING_CRITERIA, *SELECTORS])


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
        >>> from dataclasses import dataclass
        >>> from axnb import Client, MinTrials, Provenance, RangeParameterConfig, Suggestion
        >>> from axnb.problem.generation import GenerationNode, Transition
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

    A pausing criterion is registered in the same way: it has `count_remaining` and `explain`, and no `blocks`.

    Args:
        name: The name.
        make: The class, or a function, that makes it from the arguments of a `PartSpec`.

    Raises:
        UserInputError: If the name is no text or one of ours.

    Example:
        >>> from dataclasses import dataclass
        >>> from axnb.problem.generation import Transition
        >>> @dataclass(frozen=True)
        ... class MinTrialsOfBoth(MinTrials):
        ...     of: str = "all"
        >>> register_criterion("MinTrialsOfBoth", MinTrialsOfBoth)
        >>> Transition("first", "model", (MinTrialsOfBoth(threshold=3),)).criteria[0].name
        'MinTrialsOfBoth'
    """
    _register(CRITERIA, name, make)


def register_selector(name: str, make: Callable[..., GeneratorSelector]) -> None:
    """Give what chooses among the generators of a node a name, by which strategies are kept and found again.

    Args:
        name: The name.
        make: The class, or a function, that makes it from the arguments of a `PartSpec`.

    Raises:
        UserInputError: If the name is no text or one of ours.
    """
    _register(SELECTORS, name, make)


@dataclass(frozen=True, slots=True)
class PredicateCriterion:
    """A transition criterion made of a function of the progress.

    Args:
        predicate: Whether it is met.
        needs: What is missing where it is not, in words.
    """

    predicate: Callable[[Progress], object]
    needs: str

    def is_met(self, progress: Progress) -> bool:
        """Return what the function says."""
        return bool(self.predicate(progress))

    def count(self, progress: Progress) -> int:
        """Return the number of trials, which does not matter."""
        return progress.count("all")

    def count_remaining(self, progress: Progress) -> int | None:
        """Return nothing: a function does not say."""
        return None

    def blocks(self, progress: Progress) -> bool:
        """Return that it never does."""
        return False

    def explain(self, progress: Progress) -> str:
        """Return what is missing."""
        return self.needs


def make_criterion(predicate: Callable[[Progress], object], needs: str = "what its own criterion asks for") -> PartSpec:
    """Return a transition criterion of a function, registered under the function's name.

    Args:
        predicate: A function of the `Progress`, true where the strategy may go on. Its ``view`` is the experiment.
        needs: What is missing where it is not, in words.

    Raises:
        UserInputError: If it is no function.

    Example:
        >>> def found_good(progress):
        ...     return any(t.outcomes.get("loss", (9.0,))[0] < 1.0 for t in progress.view.trials.values())
        >>> make_criterion(found_good, "a loss below 1").name.endswith("found_good")
        True
    """
    name = f"{getattr(predicate, '__module__', '')}.{getattr(predicate, '__qualname__', '')}"
    if not callable(predicate):
        raise UserInputError(f"a criterion must be a function of the progress, got {shown(predicate)}.")
    register_criterion(name, lambda: PredicateCriterion(predicate, needs))
    return PartSpec(name)


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
        >>> from axnb.problem.generation import GenerationNode
        >>> explain_missing_parts(GenerationStrategy((GenerationNode("mine", PartSpec("Mine")),)))
        ["The generator 'Mine' is not registered here: call register_generator('Mine', …) before you ask for trials."]
    """
    used = [("generator", g.name, GENERATORS) for n in strategy.nodes for g in (n.generator, *n.alternatives)]
    used += [("criterion", c.name, CRITERIA) for t in strategy.transitions for c in t.criteria]
    used += [("criterion", c.name, CRITERIA | PAUSING_CRITERIA) for n in strategy.nodes for c in n.pausing_criteria]
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
