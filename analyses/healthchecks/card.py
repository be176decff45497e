"""What the card of a health check is."""

from dataclasses import dataclass
from enum import IntEnum

import pandas as pd

from axnb.analyses.card import Analysis, AnalysisCard
from axnb.errors import UserInputError


class HealthcheckStatus(IntEnum):
    """What a check came to.

    Example:
        >>> HealthcheckStatus.WARNING.label
        'warning'
    """

    PASS = 0
    FAIL = 1
    WARNING = 2
    INFO = 3

    @property
    def label(self) -> str:
        """The status as a word."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class HealthcheckAnalysisCard(AnalysisCard):
    """What one check came to; ``subtitle`` says why, and what to do.

    Args:
        status: What it came to.
    """

    status: HealthcheckStatus = HealthcheckStatus.PASS

    def get_status(self) -> HealthcheckStatus:
        """Return what the check came to."""
        return self.status

    def is_passing(self) -> bool:
        """Return whether nothing needs to be done."""
        return self.status in (HealthcheckStatus.PASS, HealthcheckStatus.INFO)

    def is_user_facing(self) -> bool:
        """Return whether there is something to see."""
        return self.status is not HealthcheckStatus.PASS


def make_check_card(
    analysis: Analysis,
    title: str,
    status: HealthcheckStatus,
    sentence: str,
    frame: pd.DataFrame | None = None,
    *,
    uses_model: bool = False,
) -> HealthcheckAnalysisCard:
    """Return the card of a check.

    Args:
        analysis: The check.
        title: A few words.
        status: What it came to.
        sentence: Why, and what to do.
        frame: The data behind it.
        uses_model: Whether it tells what the model says.
    """
    return HealthcheckAnalysisCard(
        name=type(analysis).__name__,
        title=f"{title}: {status.label}",
        subtitle=sentence,
        df=pd.DataFrame() if frame is None else frame,
        status=status,
        analysis=analysis,
        uses_model=uses_model,
    )


def check_share(name: str, value: float) -> None:
    """Check a setting that is a share.

    Raises:
        UserInputError: If it is not from 0 to 1.
    """
    if not 0 <= value <= 1:
        raise UserInputError(f"{name} must be a share from 0 to 1, got {value!r}.")
