"""Factorial designs: every combination of some values of each parameter."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from axnb.errors import UserInputError
from axnb.problem.parameters import ChoiceParameter
from axnb.record.trial import Provenance
from axnb.suggest.generators.base import GenerationRequest, Suggestion
from axnb.surrogate.encoder import Column
from axnb.surrogate.kernels import Array


@dataclass(frozen=True, slots=True)
class FactorialGenerator:
    """Suggests the combinations of a full factorial design that are allowed and new, in order.

    Args:
        levels: How many values of each range, evenly spread on its scale, its ends among them; 2 for a two-level
            design. Of a choice all values are tried.
        max_cardinality: Most combinations.

    Raises:
        UserInputError: If there are fewer than 2 levels.
    """

    levels: int = 2
    max_cardinality: int = 10_000

    def __post_init__(self) -> None:
        if self.levels < 2:
            raise UserInputError(f"a factorial design needs 2 or more levels of each range, got {self.levels}.")

    def generate(self, request: GenerationRequest, n: int) -> list[Suggestion]:
        """Return the next ``n`` combinations, fewer where the design is used up.

        Raises:
            UserInputError: If there are too many combinations.
        """
        region = request.region()
        out: list[Suggestion] = []
        for row in self._list_rows(request):
            if len(out) == n:
                break
            settled = region.project(row[None])
            if not (np.abs(settled - row) < 1e-9).all() or not (region.is_allowed(settled) & region.is_new(settled))[0]:
                continue
            parameters = request.parameters(settled[0])
            if request.space.satisfies(parameters):
                made = Suggestion(parameters=parameters, provenance=Provenance(generator="Factorial"))
                out.append(made)
                request = request.after(made)
                region = request.region()
        return out

    def _list_rows(self, request: GenerationRequest) -> Iterator[Array]:
        columns = request.encoder.columns
        values = [
            [float(at)] if not math.isnan(at) else self._list_coordinates(c)
            for c, at in zip(columns, request.fixed, strict=True)
        ]
        count = math.prod(len(v) for v in values)
        if count > self.max_cardinality:
            raise UserInputError(
                f"the factorial design has {count} combinations, more than {self.max_cardinality}: lower the levels, "
                "hold parameters fixed, or raise max_cardinality."
            )
        return (np.array(row) for row in itertools.product(*values))

    def _list_coordinates(self, column: Column) -> list[float]:
        if isinstance(column.parameter, ChoiceParameter):
            return [column.coordinate_at(i) for i in range(column.levels)]
        spread = column.round_coordinates(np.linspace(0.0, 1.0, self.levels)) if column.levels else None
        return list(dict.fromkeys((np.linspace(0.0, 1.0, self.levels) if spread is None else spread).tolist()))
