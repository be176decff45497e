"""Arms that are proposed together."""

from collections.abc import Sequence
from dataclasses import dataclass

from axnb.errors import UserInputError
from axnb.record.trial import Arm, Provenance


@dataclass(frozen=True, slots=True, init=False)
class GeneratorRun:
    """Arms that were proposed together, with how much of a trial each is to get.

    Args:
        arms: The arms.
        weights: The weight of each; 1 by default.
        provenance: Where they came from.

    Raises:
        UserInputError: If there is not one weight for each arm.

    Example:
        >>> GeneratorRun([Arm({"x": 0.5}), Arm({"x": 1.0})]).weights
        (1.0, 1.0)
    """

    arms: tuple[Arm, ...]
    weights: tuple[float, ...]
    provenance: Provenance

    def __init__(
        self,
        arms: Sequence[Arm],
        weights: Sequence[float] | None = None,
        *,
        provenance: Provenance = Provenance(generator="Manual"),  # noqa: B008 - a frozen value
    ) -> None:
        shares = tuple(weights) if weights is not None else (1.0,) * len(arms)
        if len(shares) != len(arms):
            raise UserInputError(f"there are {len(arms)} arms, but {len(shares)} weights: give one an arm.")
        object.__setattr__(self, "arms", tuple(arms))
        object.__setattr__(self, "weights", shares)
        object.__setattr__(self, "provenance", provenance)

    @property
    def arm_weights(self) -> dict[Arm, float]:
        """The weight of each arm."""
        return dict(zip(self.arms, self.weights, strict=True))
