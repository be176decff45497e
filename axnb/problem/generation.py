"""How suggestions should be made: the settings of a generation strategy."""

from dataclasses import dataclass
from typing import Literal

from axnb.errors import UnsupportedError, UserInputError, listing, near_miss, shown
from axnb.problem.expressions import is_text
from axnb.problem.parameters import flag, plain, whole

METHODS = ("fast", "quality", "random_search")

DEFAULT_INITIALIZATION_BUDGET = 5

_SWITCHES = (
    "initialize_with_center",
    "use_existing_trials_for_initialization",
    "allow_exceeding_initialization_budget",
    "simplify_parameter_changes",
    "fit_tracking_metrics",
)


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

    def __post_init__(self) -> None:
        if not isinstance(self.method, str) or self.method not in METHODS:
            hint = near_miss(shown(self.method), METHODS)
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
    def observed_before_model(self) -> int:
        """Number of completed initial trials that the model waits for."""
        given = self.min_observed_initialization_trials
        return max(1, self.budget // 2) if given is None else given


DEFAULT_OPTIONS = GenerationOptions()
"""How suggestions are made where nothing else was asked for."""
