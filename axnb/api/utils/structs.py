"""Settings of an experiment and of its suggestions as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from axnb.api.configs import ParameterConfig


@dataclass(frozen=True, slots=True)
class ExperimentStruct:
    """What `Client.configure_experiment` takes.

    Args:
        parameters: The parameters.
        parameter_constraints: What holds between them.
        name: Name of the experiment.
        description: A text.
        experiment_type: Its type.
        owner: Whose it is.
    """

    parameters: Sequence[ParameterConfig]
    parameter_constraints: Sequence[str] = ()
    name: str | None = None
    description: str | None = None
    experiment_type: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class GenerationStrategyDispatchStruct:
    """What `Client.configure_generation_strategy` takes, for `choose_generation_strategy`.

    Args:
        method: `"fast"`, `"quality"`, `"random_search"`, or `"custom"` with a model of your own.
        initialization_budget: Number of initial trials.
        initialization_random_seed: Seed of the quasi-random points.
        initialize_with_center: Whether the first suggestion is the centre of the search space.
        use_existing_trials_for_initialization: Whether attached trials count towards the budget.
        min_observed_initialization_trials: Completed initial trials that the model waits for.
        allow_exceeding_initialization_budget: Whether to go on with quasi-random points while results are missing.
        torch_device: Device for the parts that run on torch.
        simplify_parameter_changes: Whether suggestions keep to the pruning target where that costs little.
    """

    method: Literal["quality", "fast", "random_search", "custom"] = "fast"
    initialization_budget: int | None = None
    initialization_random_seed: int | None = None
    initialize_with_center: bool = True
    use_existing_trials_for_initialization: bool = True
    min_observed_initialization_trials: int | None = None
    allow_exceeding_initialization_budget: bool = False
    torch_device: str | None = None
    simplify_parameter_changes: bool = False
