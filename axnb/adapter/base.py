"""A model or generator beside an experiment, as Ax's developers hold one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from axnb.core.observation import ObservationFeatures
from axnb.problem.generation import GenerationNode, GenerationOptions, GenerationStrategy, PartSpec
from axnb.problem.objective import OptimizationConfig, parse_optimization
from axnb.record.experiment import Experiment
from axnb.record.generator_run import GeneratorRun
from axnb.record.trial import Arm
from axnb.suggest.fitting import fit_model
from axnb.suggest.strategy import suggest

__all__ = ["Adapter"]


@dataclass(slots=True)
class Adapter:
    """Suggests arms for an experiment, which it does not change.

    Args:
        generator: What makes suggestions.
        experiment: The experiment; its results are learned from.
        remembers: Whether arms are put into the experiment, which is the adapter's own then.

    Example:
        >>> from axnb.problem.parameters import RangeParameter
        >>> from axnb.problem.space import SearchSpace
        >>> own = Experiment(SearchSpace([RangeParameter("x", "float", 0.0, 1.0)]))
        >>> sobol = Adapter(PartSpec("Sobol"), own, remembers=True)
        >>> len({arm.parameters["x"] for arm in (*sobol.gen(3).arms, *sobol.gen(2).arms)})
        5
    """

    generator: PartSpec
    experiment: Experiment
    remembers: bool = False

    def gen(
        self,
        n: int,
        optimization_config: OptimizationConfig | None = None,
        fixed_features: ObservationFeatures | None = None,
    ) -> GeneratorRun:
        """Return arms to try next.

        Args:
            n: How many.
            optimization_config: What is wanted; by default what the experiment says.
            fixed_features: Values to hold fixed.

        Raises:
            DataRequiredError: If there are too few results for the model.
            SearchSpaceExhausted: If every point of a finite space has been tried.
            UserInputError: If a fixed value is not allowed.
        """
        node = GenerationNode(self.generator.name, self.generator)
        view = replace(
            self.experiment.view(),
            generation=GenerationOptions(strategy=GenerationStrategy((node,), name=node.name)),
            optimization=optimization_config or self.experiment.optimization_config or parse_optimization("objective"),
        )
        made = suggest(view, n, None if fixed_features is None else fixed_features.parameters)
        run = GeneratorRun([Arm(s.parameters) for s in made], provenance=made[-1].provenance)  # the last position
        if self.remembers:
            self.experiment.new_batch_trial(run)
        return run

    def predict(
        self, observation_features: Sequence[ObservationFeatures]
    ) -> tuple[dict[str, list[float]], dict[str, dict[str, list[float]]]]:
        """Return predicted means by metric, and variances by pairs of it, at some points.

        Raises:
            DataRequiredError: If there are too few results for a model.
            UserInputError: If a value is missing or not allowed.
        """
        predictions = fit_model(self.experiment.view()).predict([dict(f.parameters) for f in observation_features])
        names = list(predictions[0]) if predictions else []
        means = {m: [p[m][0] for p in predictions] for m in names}
        return means, {m: {m: [p[m][1] ** 2 for p in predictions]} for m in names}
