"""Ax's generation strategy, as ours."""

from collections.abc import Sequence

from axnb.errors import UserInputError
from axnb.generation_strategy.external_generation_node import ExternalGenerationNode
from axnb.generation_strategy.generation_node import GenerationStep, name_step
from axnb.problem.generation import GenerationNode as Node
from axnb.problem.generation import GenerationStrategy as Strategy

__all__ = ["GenerationStrategy"]


class GenerationStrategy(Strategy):
    """Makes a generation strategy of ours; the name is also one for annotations.

    Args:
        nodes: Its nodes, or its steps; it begins at the first.
        name: What it is called.
        steps: The steps of older code.

    Raises:
        UserInputError: If there are neither nodes nor steps or both, two nodes have one name, or a transition leads to
            a node that is missing.
    """

    def __new__(  # type: ignore[misc]
        cls,
        nodes: Sequence[Node | ExternalGenerationNode | GenerationStep] | None = None,
        name: str | None = None,
        steps: Sequence[GenerationStep] | None = None,
    ) -> Strategy:
        """Return the strategy."""
        given = list(nodes or ()) + list(steps or ())
        is_step = [isinstance(n, GenerationStep) for n in given]
        if not given or (any(is_step) and not all(is_step)):
            raise UserInputError(f"a generation strategy needs either nodes or steps, got {len(given)} of both kinds.")
        made: list[Node] = []
        for i, node in enumerate(given):
            if isinstance(node, GenerationStep):
                made.append(node.to_node(i, name_step(i + 1) if i + 1 < len(given) else None))
            else:
                made.append(node.to_node() if isinstance(node, ExternalGenerationNode) else node)
        return Strategy(tuple(made), name=name or "+".join(n.name for n in made))
