"""Ax's node for the centre of the search space, as ours."""

from axnb.problem.generation import GenerationNode as Node
from axnb.problem.generation import PartSpec, Transition

__all__ = ["CenterGenerationNode"]


def build_center_node(next_node_name: str, use_existing_trials_for_initialization: bool = True) -> Node:
    """Return the node that suggests the centre, then goes on.

    Args:
        next_node_name: The node that follows; it is asked too where the centre was tried or is not allowed.
        use_existing_trials_for_initialization: Whether the centre is left out once anything was tried.

    Example:
        >>> CenterGenerationNode(next_node_name="Sobol").name
        'CenterOfSearchSpace'
    """
    of = "all" if use_existing_trials_for_initialization else "initial"
    name = "CenterOfSearchSpace"
    goes = Transition(name, next_node_name, (PartSpec("CenterTried", (("of", of),)),))
    return Node(name, PartSpec("Center"), fallback=next_node_name, transitions=(goes,))


CenterGenerationNode = build_center_node
