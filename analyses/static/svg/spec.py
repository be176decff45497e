"""A plotly figure as plain values: typed arrays decoded, the template merged in, look-ups that know defaults."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Spec = Mapping[str, Any]
Floats = NDArray[np.float64]


def decode(value: Any) -> Any:
    """Return a value of plotly's JSON with its typed arrays as numpy arrays."""
    if isinstance(value, Mapping):
        if "bdata" in value and "dtype" in value:
            return _array(value)
        return {key: decode(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [decode(entry) if isinstance(entry, Mapping | list | tuple) else entry for entry in value]
    return value


def _array(value: Spec) -> NDArray[Any]:
    flat = np.frombuffer(base64.b64decode(value["bdata"]), dtype=np.dtype(str(value["dtype"])))
    shape = value.get("shape")
    return flat.reshape([int(n) for n in str(shape).split(",")]) if shape else flat


def merge(base: Any, over: Any) -> Any:
    """Return ``base`` with what ``over`` says instead, entry by entry."""
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return base if over is None else over
    return {key: merge(base.get(key), over.get(key)) for key in {**base, **over}}


def pick(spec: Any, path: str, default: Any = None) -> Any:
    """Return the value at a dotted path, or the default where any part is missing or ``None``.

    Example:
        >>> pick({"line": {"color": "red"}}, "line.color"), pick({"line": None}, "line.width", 2)
        ('red', 2)
    """
    for key in path.split("."):
        if not isinstance(spec, Mapping) or spec.get(key) is None:
            return default
        spec = spec[key]
    return spec


def title_of(spec: Any, path: str = "title") -> str:
    """Return a title, which plotly keeps as a text or as a mapping with one."""
    value = pick(spec, path)
    return str(pick(value, "text", "")) if isinstance(value, Mapping) else str(value or "")


def listed(value: Any) -> list[Any] | NDArray[Any] | None:
    """Return the value if it is a sequence other than a text."""
    return value if isinstance(value, np.ndarray | list) else None


def real(value: Any) -> float:
    """Return the value as a finite float, or NaN."""
    if isinstance(value, str) and len(value) > 40:
        return float("nan")
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")
    return result if -1e300 < result < 1e300 else float("nan")


def floats(values: Any) -> Floats:
    """Return a flat array of floats, NaN for what is not a finite number."""
    array = values if isinstance(values, np.ndarray) else np.array(_flat(values), dtype=object)
    if array.dtype.kind in "fiu":
        result = array.astype(float).ravel()
    else:
        result = np.array([real(v) for v in array.ravel()], dtype=float)
    return np.where(np.abs(result) < 1e300, result, np.nan)


def _flat(values: Any) -> list[Any]:
    """Return a list of scalars that numpy cannot take for a table."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        return [values]
    return [v if np.ndim(v) == 0 else np.nan for v in values]


def matrix(values: Any) -> Floats:
    """Return an `n x m` array of floats; rows that are too short are filled with NaN."""
    if isinstance(values, np.ndarray) and values.ndim == 2 and values.dtype.kind in "fiu":
        rows = list(values.astype(float))
    else:
        rows = [
            floats(row) if np.ndim(row) > 0 or isinstance(row, list) else floats([row])
            for row in (values if values is not None else [])
        ]
    wide = max((len(row) for row in rows), default=0)
    table = np.full((len(rows), wide), np.nan)
    for i, row in enumerate(rows):
        table[i, : len(row)] = row
    return np.where(np.abs(table) < 1e300, table, np.nan)


def at(value: Any, index: int, default: Any = None) -> Any:
    """Return an option that holds for all points, or one entry of an option that has one for each."""
    entries = listed(value)
    if entries is None:
        return default if value is None else value
    entry = entries[index] if index < len(entries) else default
    return default if entry is None else entry


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as plain values.

    Args:
        traces: The visible traces, each with the template's defaults and its ``colour`` of the colour way.
        layout: The layout, with the template's defaults.
        template: The template's own layout.
    """

    traces: tuple[Spec, ...]
    layout: Spec
    template: Spec

    def axis(self, name: str) -> Spec:
        """Return the settings of one axis; ``x2`` takes the template's from ``xaxis``."""
        given = self.layout.get(f"{name[0]}axis{name[1:]}")
        merged: Spec = merge(self.template.get(f"{name[0]}axis"), given) or {}
        return merged


def read(figure: Any) -> Figure:
    """Return a plotly figure as plain values."""
    source = decode(figure.to_plotly_json())
    given = source.get("layout") or {}
    template = given.get("template") or {}
    base = template.get("layout") or {}
    layout = merge(base, {k: v for k, v in given.items() if k != "template"})
    colours = listed(layout.get("colorway")) or ["#808080"]
    defaults = template.get("data") or {}
    traces = []
    for i, trace in enumerate(source.get("data") or []):
        kind = "scatter" if trace.get("type", "scatter") == "scattergl" else trace.get("type", "scatter")
        offered = defaults.get(kind) or [{}]
        whole = merge(offered[i % len(offered)], trace)
        if whole.get("visible", True) is True:
            traces.append({**whole, "type": kind, "colour": colours[i % len(colours)], "index": i})
    return Figure(tuple(_with_shared_colours(t, traces, layout) for t in traces), layout, base)


def _with_shared_colours(trace: Spec, traces: Sequence[Spec], layout: Spec) -> Spec:
    """Return a trace whose parts that refer to a colour axis hold that axis's scale and range themselves."""
    if isinstance(trace.get("coloraxis"), str):
        axis = _colour_axis(trace["coloraxis"], traces, layout)
        return {**trace, **axis, "zmin": axis["cmin"], "zmax": axis["cmax"], "zmid": axis.get("cmid")}
    for part in ("marker", "line"):
        name = pick(trace, f"{part}.coloraxis")
        if isinstance(name, str):
            return {**trace, part: {**trace[part], **_colour_axis(name, traces, layout)}}
    return trace


def _colour_axis(name: str, traces: Sequence[Spec], layout: Spec) -> dict[str, Any]:
    """Return a colour axis of the layout, its range that of all traces which refer to it."""
    own: Spec = layout.get(name) or layout.get("coloraxis") or {}
    values = [matrix(t.get("z")).ravel() for t in traces if t.get("coloraxis") == name]
    parts = [t[p] for t in traces for p in ("marker", "line") if pick(t, f"{p}.coloraxis") == name]
    values += [floats(p.get("color")) for p in parts if listed(p.get("color")) is not None]
    every = np.concatenate(values)
    every = every[np.isfinite(every)]
    ends = {"cmin": float(every.min()), "cmax": float(every.max())} if len(every) else {"cmin": 0.0, "cmax": 1.0}
    scale = pick(own, "colorscale", pick(layout, "colorscale.sequential"))
    return {**ends, **{k: v for k, v in own.items() if v is not None}, "colorscale": scale}
