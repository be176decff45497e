"""Types in the signatures of the Client."""

from collections.abc import Mapping
from typing import TypeAlias

TParameterValue: TypeAlias = int | float | str | bool
TParameterization: TypeAlias = Mapping[str, TParameterValue]
TOutcome: TypeAlias = Mapping[str, float | tuple[float, float]]
TBatchOutcome: TypeAlias = Mapping[str, TOutcome]
