"""Ax's nodes and steps of a generation strategy, as ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from axnb.adapter.registry import Generators
from axnb.errors import UserInputError
from axnb.generation_strategy.generator_spec import GeneratorSpec
from axnb.problem.generation import GenerationNode as Node
from axnb.problem.generation import JsonScalar, PartSpec, Transition

__all__ = ["GenerationNode", "GenerationStep"]


def build_node(
    name: str | None = None,
    generator_specs: Sequence[GeneratorSpec | PartSpec] | None = None,
    transition_criteria: Sequence[Transition] | None = None,
    pausing_criteria: Sequence[PartSpec] | None = None,
    best_model_selector: PartSpec | None = None,
    should_deduplicate: bool = True,
    fallback: str | None = None,
    node_name: str | None = None,
    model_specs: Sequence[GeneratorSpec | PartSpec] | None = None,
) -> Node:
    """Return a node of a generation strategy.

    Args:
        name: Its name, recorded with the trials that it makes.
        generator_specs: What makes the suggestions; of several the one whose model predicts best.
        transition_criteria: When to go on; those with one target must all be met.
        pausing_criteria: What makes it wait.
        best_model_selector: Chooses among several generators.
        should_deduplicate: Taken for the sake of old code: no point is suggested twice unless nothing else is left.
        fallback: The node that is asked where the generators have nothing to suggest.
        node_name: What ``name`` was once called.
        model_specs: What ``generator_specs`` was once called.

    Raises:
        UserInputError: If there is no name or no generator.
    """
    called, specs = name or node_name, generator_specs or model_specs
    if not called or not specs:
        raise UserInputError(f"a node needs a name and one or more generator_specs, got {called!r} and {specs!r}.")
    parts = [s.to_part() if isinstance(s, GeneratorSpec) else s for s in specs]
    return Node(
        called,
        parts[0],
        fallback=fallback,
        pausing_criteria=tuple(pausing_criteria or ()),
        alternatives=tuple(parts[1:]),
        selector=best_model_selector,
        transitions=gather_transitions(called, transition_criteria or ()),
    )


def gather_transitions(source: str, criteria: Sequence[Transition]) -> tuple[Transition, ...]:
    """Return the transitions from a node, one a target, each with all its criteria."""
    targets = dict.fromkeys(t.target for t in criteria)
    return tuple(
        Transition(source, target, tuple(c for t in criteria if t.target == target for c in t.criteria))
        for target in targets
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationStep:
    """A node of the older, linear strategies: so many trials, then the next.

    Args:
        generator: The generator.
        num_trials: How many trials it makes; -1 for all that follow.
        generator_kwargs: Options of the generator.
        generator_gen_kwargs: Options of a suggestion.
        min_trials_observed: How many of them must be completed before the next step.
        max_parallelism: How many of them may run at once.
        enforce_num_trials: Whether it makes no more than these while results are missing.
        should_deduplicate: Taken for the sake of old code.
        generator_name: What the step is called.
        use_all_trials_in_exp: Whether all trials count.
        model: What ``generator`` was once called.
        model_kwargs: What ``generator_kwargs`` was once called.
        model_gen_kwargs: What ``generator_gen_kwargs`` was once called.

    Raises:
        UserInputError: If a number cannot be.
    """

    generator: Generators | None = None
    num_trials: int
    generator_kwargs: Mapping[str, Any] = field(default_factory=dict)
    generator_gen_kwargs: Mapping[str, Any] = field(default_factory=dict)
    min_trials_observed: int = 0
    max_parallelism: int | None = None
    enforce_num_trials: bool = True
    should_deduplicate: bool = False
    generator_name: str | None = None
    use_all_trials_in_exp: bool = False
    model: Generators | None = None
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)
    model_gen_kwargs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.num_trials < 1 and self.num_trials != -1:
            raise UserInputError(f"num_trials of a step must be 1 or more, or -1 for all, got {self.num_trials}.")
        if self.max_parallelism is not None and self.max_parallelism < 1:
            raise UserInputError(f"max_parallelism must be 1 or more, or None, got {self.max_parallelism}.")
        if self.enforce_num_trials and 0 <= self.num_trials < self.min_trials_observed:
            raise UserInputError(
                f"min_trials_observed is {self.min_trials_observed}, more than the {self.num_trials} trials of the "
                "step: lower it."
            )

    def to_node(self, index: int, following: str | None) -> Node:
        """Return the step as a node.

        Args:
            index: Number of the step.
            following: Name of the next one; ``None`` for the last.
        """
        kwargs, gen = (
            {**self.model_kwargs, **self.generator_kwargs},
            {**self.model_gen_kwargs, **self.generator_gen_kwargs},
        )
        spec = GeneratorSpec(self.generator or self.model, kwargs, gen)
        of = "all" if self.use_all_trials_in_exp else "node"
        criteria: list[PartSpec] = []
        if self.num_trials > 0:
            made: dict[str, JsonScalar] = {
                "threshold": self.num_trials,
                "of": of,
                "block_generation": self.enforce_num_trials,
            }
            criteria.append(PartSpec("MinTrials", tuple(made.items())))
        if self.min_trials_observed:
            done: dict[str, JsonScalar] = {
                "threshold": self.min_trials_observed,
                "of": of,
                "only_in_statuses": "COMPLETED,EARLY_STOPPED",
            }
            criteria.append(PartSpec("MinTrials", tuple(done.items())))
        name = name_step(index)
        pauses = () if self.max_parallelism is None else (_limit(self.max_parallelism),)
        goes = () if following is None or not criteria else (Transition(name, following, tuple(criteria)),)
        return Node(name, spec.to_part(), pausing_criteria=pauses, transitions=goes)


def name_step(index: int) -> str:
    """Return the name of a step."""
    return f"GenerationStep_{index}"


def _limit(most: int) -> PartSpec:
    return PartSpec("MaxGenerationParallelism", (("threshold", most),))


GenerationNode = build_node
