"""What an experiment is called, and how its random numbers start."""

from dataclasses import dataclass

from axnb.errors import UserInputError, shown
from axnb.problem.expressions import is_text
from axnb.problem.parameters import whole

LARGEST_SEED = 2**128


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentMetadata:
    """What an experiment is called and how its random numbers start.

    Raises:
        UserInputError: If the seed is negative or too large, or a text is none that can be kept.
    """

    name: str | None
    description: str | None
    experiment_type: str | None
    owner: str | None
    seed: int

    def __post_init__(self) -> None:
        whole("the seed", self.seed, 0, LARGEST_SEED)
        for what in ("name", "description", "experiment_type", "owner"):
            check_text(what, getattr(self, what))


MOST_CHARACTERS = 500  # of an experiment's name, as databases keep it


def check_name(name: str) -> str:
    """Return an experiment's name, if it is not too long.

    Raises:
        UserInputError: If it is.
    """
    if len(name) > MOST_CHARACTERS:
        raise UserInputError(
            f"an experiment's name may have up to {MOST_CHARACTERS} characters, {name[:40]!r}… has {len(name)}: "
            "put what does not fit into its description."
        )
    return name


def check_text(what: str, value: object) -> None:
    """Check that a text is one that every file and database can keep.

    Raises:
        UserInputError: If it is not.
    """
    if value is not None and not is_text(value):
        raise UserInputError(f"{what} must be a string that files and databases can keep, got {shown(value)}.")
