"""The controls through which a reader may change an analysis. Knows nothing of figures or of how a card is shown."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from axnb.analyses.drawing import words
from axnb.errors import UserInputError, listing

AnalysisT = TypeVar("AnalysisT")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One live control of a card, bound to a field of the analysis that made it.

    Args:
        field: The field of the analysis that the control sets.
        key: The entry of the field that the control sets, for a field that holds one value a name; ``None`` if the
            control sets the whole field.
        label: What a reader sees, and a screen reader says.
        kind: A ``dropdown`` chooses one of ``options``, a ``slider`` a number from ``minimum`` to ``maximum``, a
            ``toggle`` true or false.
        value: The present value.
        options: The values of a drop-down, in the order shown.
        labels: What is shown for each option; the options themselves if left out.
        minimum: The slider's left end.
        maximum: The slider's right end.
        scale: Whether equal movements of the slider add (``linear``) or multiply (``log``).
        step: The distance between neighbouring values of a slider, counted from ``minimum``; ``None`` if continuous.
        axis: The axis of the card's figure, ``x`` or ``y``, along which the value can be dragged as well.
        span: Where along that axis the first and the last value lie, evenly spaced on the control's own scale between;
            ``None`` where the axis is in the control's own numbers.
        across: From where to where the line that is dragged goes along the other axis; ``None`` for all of it.

    Raises:
        UserInputError: If the parts do not fit together.

    Example:
        >>> dose = Control(field="at", key="dose", label="dose", kind="slider", minimum=0, maximum=10, step=1, value=3)
        >>> dose.read(6.2)
        6
        >>> metric = Control(field="metric", label="Metric", options=("loss", "time"), value="loss")
        >>> metric.read("cost")
        Traceback (most recent call last):
        ...
        axnb.errors.UserInputError: 'Metric' cannot be 'cost'; choose one of 'loss', 'time'.
    """

    field: str
    key: str | None = None
    label: str
    kind: Literal["dropdown", "slider", "toggle"] = "dropdown"
    value: Any
    options: tuple[Any, ...] = ()
    labels: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    scale: Literal["linear", "log"] = "linear"
    step: float | None = None
    axis: Literal["x", "y"] | None = None
    span: tuple[float, float] | None = None
    across: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("dropdown", "slider", "toggle"):
            raise UserInputError(
                f"The control {self.label!r} got the kind {self.kind!r}; use dropdown, slider or toggle."
            )
        if self.kind == "dropdown" and not self.options:
            raise UserInputError(f"The drop-down {self.label!r} has no options; give at least one.")
        if self.labels and len(self.labels) != len(self.options):
            counts = f"{len(self.options)} options but {len(self.labels)} labels"
            raise UserInputError(f"The control {self.label!r} has {counts}; give one label an option.")
        if self.kind == "slider":
            self._check_slider()

    def _check_slider(self) -> None:
        if self.minimum is None or self.maximum is None or not self.minimum < self.maximum:
            ends = f"from {self.minimum!r} to {self.maximum!r}"
            raise UserInputError(f"The slider {self.label!r} goes {ends}; give a minimum below a maximum.")
        if self.scale == "log" and self.minimum <= 0:
            start = f"starts at {self.minimum!r}"
            raise UserInputError(f"The slider {self.label!r} {start}; a log scale needs a positive minimum.")

    def read(self, value: object) -> Any:
        """Return a value that came from a browser as the analysis expects it.

        A number on a slider is moved to its nearest step and is an int where minimum and step are. An option comes back
        with its own type, though a browser knows only one kind of number.

        Args:
            value: What the reader chose.

        Raises:
            UserInputError: If the control cannot have that value.
        """
        if self.kind == "toggle":
            if isinstance(value, bool):
                return value
            raise UserInputError(f"{self.label!r} cannot be {value!r}; use true or false.")
        if self.kind == "dropdown":
            for option in self.options:
                if option == value and isinstance(option, bool) == isinstance(value, bool):
                    return option
            raise UserInputError(f"{self.label!r} cannot be {value!r}; choose one of {listing(self.options)}.")
        return self._read_number(value)

    def _read_number(self, value: object) -> float:
        low, high = self.minimum, self.maximum
        assert low is not None
        assert high is not None
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or not low <= value <= high:  # type: ignore[operator]
            raise UserInputError(f"{self.label!r} cannot be {value!r}; use a number from {low:g} to {high:g}.")
        if self.step is None:
            return float(value)  # type: ignore[arg-type]
        stepped = low + round((value - low) / self.step) * self.step  # type: ignore[operator]
        return min(stepped, high)

    def to_json(self) -> dict[str, object]:
        """Return the control as plain JSON values, for a browser to show."""
        labels = self.labels or tuple(str(option) for option in self.options)
        plain = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return plain | {"options": list(self.options), "labels": list(labels)}


def set_field(analysis: AnalysisT, field: str, value: object, key: str | None = None) -> AnalysisT:
    """Return the analysis with one field, or one entry of a field, set.

    Args:
        analysis: A frozen dataclass.
        field: The field to set.
        value: Its new value.
        key: The entry to set in a field that is a mapping or a tuple of (name, value) pairs; ``None`` sets all of it.

    Raises:
        UserInputError: If the analysis has no such field.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Slice:
        ...     metric: str = "loss"
        ...     at: tuple[tuple[str, float], ...] = ()
        ...     def compute(self, context): ...
        >>> set_field(set_field(Slice(), "at", 3.0, key="dose"), "at", 4.0, key="dose")
        Slice(metric='loss', at=(('dose', 4.0),))
    """
    names: list[str] = [f.name for f in dataclasses.fields(analysis)] if dataclasses.is_dataclass(analysis) else []
    if field not in names:
        raise UserInputError(f"{type(analysis).__name__} has no field {field!r}; it has {listing(names)}.")
    if key is not None:
        present = getattr(analysis, field)
        if present is None or isinstance(present, tuple):
            value = tuple({**dict(present or ()), key: value}.items())
        elif isinstance(present, Mapping):
            value = {**present, key: value}
        else:
            raise UserInputError(f"{type(analysis).__name__}.{field} is {present!r}, which has no entry {key!r}.")
    return dataclasses.replace(analysis, **{field: value})  # type: ignore[type-var]


def drop_down(field: str, label: str, value: Any, options: Sequence[Any], labels: Sequence[str] = ()) -> Control:
    """Return a drop-down whose options are labelled with their own names, or as given.

    Args:
        field: The field of the analysis that it sets.
        label: What a reader sees.
        value: The present value.
        options: What can be chosen.
        labels: What is shown for each.

    Example:
        >>> drop_down("metric_name", "Metric", "loss", ["loss", "time"]).labels
        ('loss', 'time')
    """
    shown = tuple(labels) or tuple(words.short(o) for o in options)
    return Control(field=field, label=label, kind="dropdown", value=value, options=tuple(options), labels=shown)


def toggle(field: str, label: str, value: bool) -> Control:
    """Return a switch.

    Args:
        field: The field of the analysis that it sets.
        label: What a reader sees.
        value: Whether it is on.
    """
    return Control(field=field, label=label, kind="toggle", value=value)
