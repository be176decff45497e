"""The strategies of the usual options: the centre, quasi-random points, then a model."""

from functools import lru_cache

from axnb.problem.generation import GenerationNode, GenerationOptions, GenerationStrategy, PartSpec, Transition


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
