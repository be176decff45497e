"""Any optimiser as a node of a strategy: it is told the results, and asked for parameterizations."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from axnb.generation_strategy.external_data import ExternalData, ExternalExperiment, read_experiment
from axnb.generation_strategy.generation_node import gather_transitions
from axnb.problem.generation import GenerationNode as Node
from axnb.problem.generation import PartSpec, Transition
from axnb.problem.parameters import ParameterValue
from axnb.problem.space import Parameterization
from axnb.record.trial import Provenance
from axnb.suggest.generators.base import GenerationRequest, Suggestion
from axnb.suggest.generators.sobol import SobolGenerator
from axnb.suggest.registry import register_generator

__all__ = ["ExternalGenerationNode"]

_ATTEMPTS = 5  # candidates asked for where one was tried before


class ExternalGenerationNode(ABC):
    """A node whose suggestions come from elsewhere; subclass it with the two methods below.

    What it suggests is checked: values outside the search space or that break a constraint raise an error that names
    the node. Where it repeats itself, a quasi-random point takes the place. A file keeps the name; make the node again
    before an experiment goes on in another process.

    Args:
        name: Its name, recorded with the trials that it makes.
        should_deduplicate: Whether a point that was tried is asked for anew.
        transition_criteria: When to go on to another node.
        node_name: What ``name`` was once called.

    Example:
        A hill climber in ten lines:

        >>> import random
        >>> class Climber(ExternalGenerationNode):
        ...     def __init__(self):
        ...         super().__init__(name="climber")
        ...
        ...     def update_generator_state(self, experiment, data):
        ...         best = data.df.loc[data.df["mean"].idxmin(), "trial_index"]
        ...         self.best = experiment.trials[best].arm.parameters["x"]
        ...
        ...     def get_next_candidate(self, pending_parameters):
        ...         return {"x": min(max(self.best + random.gauss(0.0, 0.1), 0.0), 1.0)}
        >>> from axnb import Client, GenerationStrategy, RangeParameterConfig
        >>> client = Client(random_seed=0)
        >>> client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
        >>> client.configure_optimization("-loss")
        >>> client.set_generation_strategy(GenerationStrategy((Climber().to_node(),)))
        >>> client.complete_trial(client.attach_trial({"x": 0.5}), {"loss": 0.1}).name
        'COMPLETED'
        >>> len(client.get_next_trials(max_trials=2))
        2
    """

    def __init__(
        self,
        name: str | None = None,
        should_deduplicate: bool = True,
        transition_criteria: Sequence[Transition] | None = None,
        node_name: str | None = None,
    ) -> None:
        self.name = name or node_name or type(self).__name__
        self.should_deduplicate = should_deduplicate
        self._transitions = tuple(transition_criteria or ())

    @abstractmethod
    def update_generator_state(self, experiment: ExternalExperiment, data: ExternalData) -> None:
        """Take in the state of the experiment; called before candidates are asked for.

        Args:
            experiment: The search space, the goal and the trials.
            data: The results, a row each trial and metric.
        """

    @abstractmethod
    def get_next_candidate(self, pending_parameters: list[dict[str, ParameterValue]]) -> Parameterization:
        """Return what to try next.

        Args:
            pending_parameters: What is being tried.
        """

    def to_node(self) -> Node:
        """Return the node as a value, this object registered as what its generator asks."""
        name = f"{type(self).__module__}.{type(self).__qualname__}"
        register_generator(name, lambda: ExternalGenerator(self))
        transitions = gather_transitions(self.name, self._transitions)
        return Node(self.name, PartSpec(name), transitions=transitions)


@dataclass(frozen=True, slots=True)
class ExternalGenerator:
    """Suggests what a node of a user's returns.

    Args:
        node: The node; its name is recorded with the suggestions.
    """

    node: ExternalGenerationNode

    def generate(self, request: GenerationRequest, n: int) -> list[Suggestion]:
        """Return ``n`` suggestions, quasi-random ones where the node repeats itself."""
        if n < 1:
            return []
        begun = time.perf_counter()
        experiment, data, pending = read_experiment(request.view)
        self.node.update_generator_state(experiment, data)
        out: list[Suggestion] = []
        while len(out) < n:
            parameters = self._ask(request, pending)
            if parameters is None:
                more = SobolGenerator().generate(request, n - len(out))
                return [*out, *more]
            seconds = (("generate", time.perf_counter() - begun),)
            made = Suggestion(parameters=parameters, provenance=Provenance(generator=self.node.name, seconds=seconds))
            out.append(made)
            pending = [*pending, parameters]
            request = request.after(made)
            begun = time.perf_counter()
        return out

    def _ask(
        self, request: GenerationRequest, pending: list[dict[str, ParameterValue]]
    ) -> dict[str, ParameterValue] | None:
        """Return a candidate; ``None`` where it was tried before, however often it is asked."""
        for _ in range(_ATTEMPTS if self.node.should_deduplicate else 1):
            parameters = dict(self.node.get_next_candidate(pending))
            if not self.node.should_deduplicate or not request.space.is_member(parameters):
                return parameters  # what is not allowed is told by the strategy
            if request.region().is_new(request.encoder.encode([parameters]))[0]:
                return parameters
        return None
