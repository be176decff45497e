"""Readings as a table, and what fetching them came to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from axnb.errors import UserInputError, listing

if TYPE_CHECKING:
    import pandas as pd

REQUIRED_COLUMNS = ("trial_index", "arm_name", "metric_name", "mean")


class Data:
    """Readings: one row for each trial, arm, metric and step.

    Args:
        data_rows: The rows, as mappings.
        df: Instead, a table with `trial_index`, `arm_name`, `metric_name`, `mean` and perhaps `sem` (missing where
            unknown) and `step`.

    Raises:
        UserInputError: If a column is missing.

    Example:
        >>> rows = [{"trial_index": 0, "arm_name": "0_0", "metric_name": "loss", "mean": 0.3, "sem": 0.1}]
        >>> Data(rows).metric_names
        {'loss'}
    """

    def __init__(
        self, data_rows: "Iterable[Mapping[str, Any]] | pd.DataFrame | None" = None, df: "pd.DataFrame | None" = None
    ) -> None:
        import pandas as pd

        table = data_rows if isinstance(data_rows, pd.DataFrame) else df
        if table is None:
            table = pd.DataFrame([*(data_rows or ())])
        self.df: pd.DataFrame = table if len(table.columns) else pd.DataFrame(columns=[*REQUIRED_COLUMNS, "sem"])
        missing = [c for c in REQUIRED_COLUMNS if c not in self.df.columns]
        if missing:
            raise UserInputError(f"data needs the columns {listing(REQUIRED_COLUMNS)}; {listing(missing)} is missing.")

    @classmethod
    def from_multiple_data(cls, data: "Iterable[Data]") -> "Data":
        """Return the rows of several tables as one."""
        import pandas as pd

        frames = [one.df for one in data if len(one.df)]
        return cls(df=pd.concat(frames, ignore_index=True)) if frames else cls()

    @property
    def metric_names(self) -> set[str]:
        """The metrics that there are readings of."""
        return set(self.df["metric_name"])

    @property
    def trial_indices(self) -> set[int]:
        """The trials that there are readings of."""
        return {int(i) for i in self.df["trial_index"]}

    @property
    def empty(self) -> bool:
        """Whether there are no readings."""
        return not len(self.df)

    def filter(self, trial_indices: Iterable[int] | None = None, metric_names: Iterable[str] | None = None) -> "Data":
        """Return the rows of some trials and metrics."""
        kept = self.df
        for column, wanted in (("trial_index", trial_indices), ("metric_name", metric_names)):
            kept = kept if wanted is None else kept[kept[column].isin([*wanted])]
        return Data(df=kept)

    def __len__(self) -> int:
        return len(self.df)

    def __repr__(self) -> str:
        return f"Data(\n{self.df}\n)"


@dataclass(frozen=True, slots=True)
class Ok:
    """What was fetched.

    Args:
        value: The readings.
    """

    value: Data


@dataclass(frozen=True, slots=True)
class MetricFetchE:
    """Why a metric could not be fetched.

    Args:
        message: In words.
        exception: What was raised, if anything.
    """

    message: str
    exception: Exception | None = None


@dataclass(frozen=True, slots=True)
class Err:
    """That fetching failed.

    Args:
        err: Why.
    """

    err: MetricFetchE
