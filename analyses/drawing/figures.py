"""Figures in the house style, put together from plain values.

plotly checks every property of every trace that is handed to it, which takes ten times longer than all else a card
does. Ours are checked by the tests instead; what a user changes on a finished figure is checked as usual.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from axnb.analyses.drawing import style

if TYPE_CHECKING:
    import plotly.graph_objects as go

Trace: TypeAlias = dict[str, Any]

SHARES: Trace = {"tickformat": ".0%", "range": [-0.03, 1.03], "tickvals": [0, 0.25, 0.5, 0.75, 1]}
"""Settings of an axis of shares from 0 to 100 %."""

CONFIDENCE = 1.959963984540054
"""Standard errors each way of a 95 % interval."""


def scatter(**props: Any) -> Trace:
    """Return a scatter trace.

    Example:
        >>> scatter(x=[1, 2], y=pd.Series([3.0, 4.0]), mode="lines")["x"]
        [1, 2]
    """
    return _trace("scatter", props)


def bar(**props: Any) -> Trace:
    """Return a trace of bars."""
    return _trace("bar", props)


def heatmap(**props: Any) -> Trace:
    """Return a trace of cells."""
    return _trace("heatmap", props)


def contour(**props: Any) -> Trace:
    """Return a trace of contours."""
    return _trace("contour", props)


def parcoords(**props: Any) -> Trace:
    """Return a trace of parallel coordinates."""
    return _trace("parcoords", props)


def size_of_marks(count: int) -> int:
    """Return the pixels of each of so many marks: where there are many, small ones hide less.

    Example:
        >>> size_of_marks(30), size_of_marks(1000)
        (8, 4)
    """
    return 8 if count <= 150 else 6 if count <= 400 else 4


def whiskers(sem: "pd.Series[float]", color: str) -> dict[str, Any] | None:
    """Return 95 % intervals as thin bars, `None` where no standard error is known.

    Args:
        sem: The standard errors.
        color: The colour.
    """
    bars = {"array": sem * CONFIDENCE, "thickness": 1, "width": 0, "color": color}
    return bars if sem.gt(0).any() else None


def _trace(kind: str, props: Mapping[str, Any]) -> Trace:
    return {"type": kind, **{name: _plain(value) for name, value in props.items() if value is not None}}


def _plain(value: Any) -> Any:
    """Return a value as a figure keeps it: arrays as numpy arrays, sequences as lists."""
    if isinstance(value, pd.Series | pd.Index):
        return value.to_numpy()
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items() if entry is not None}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value.item() if isinstance(value, np.generic) else value


def new_figure(
    *traces: Trace,
    x: str | None = None,
    y: str | None = None,
    height: int | None = None,
    xaxis: Mapping[str, Any] | None = None,
    yaxis: Mapping[str, Any] | None = None,
    layout: Mapping[str, Any] | None = None,
) -> "go.Figure":
    """Return a figure in the house style.

    Args:
        traces: What the functions of this module return, back to front.
        x: Title of the x axis, free of markup (see `style.plain`).
        y: Title of the y axis, likewise.
        height: Pixels; 400 where a figure does not say.
        xaxis: More settings of the x axis.
        yaxis: More settings of the y axis.
        layout: More settings of the layout.

    Example:
        >>> figure = new_figure(scatter(x=[0, 1], y=[1, 2]), x="trial", y="loss", yaxis={"type": "log"})
        >>> figure.layout.yaxis.type, figure.layout.xaxis.title.text, len(figure.data)
        ('log', 'trial', 1)
    """
    import plotly.graph_objects as go

    settings: dict[str, Any] = {"template": style.template()}
    for name, title, more in (("xaxis", x, xaxis), ("yaxis", y, yaxis)):
        axis = ({} if title is None else {"title": {"text": title}}) | dict(more or {})
        settings |= {name: _plain(axis)} if axis else {}
    settings |= {} if height is None else {"height": height}
    figure = go.Figure(data=list(traces), layout={**settings, **_plain(dict(layout or {}))}, _validate=False)
    for part in (figure, figure.layout, *figure.data):
        part._validate = True  # noqa: SLF001 - what a user changes later is checked
    return figure


def titled(title: str, note: str, most: int = 44) -> str:
    """Return the title of an axis with a note where there is room for it, free of markup.

    Args:
        title: The title.
        note: What may be left out.
        most: Characters that fit.

    Example:
        >>> titled("loss", " · bars: 95 %"), titled("x" * 50, " · bars: 95 %")[-3:]
        ('loss · bars: 95 %', 'xx…')
    """
    return style.plain(title + (note if len(title) + len(note) <= most else ""), limit=most)


def log_axis(values: "pd.Series[float] | np.ndarray[Any, Any]") -> dict[str, Any]:
    """Return the settings of a logarithmic axis: whole decades where there are a few of them, else 1, 2 and 5.

    Args:
        values: What is drawn along it.
    """
    seen = np.asarray(values, dtype=float)
    seen = seen[np.isfinite(seen) & (seen > 0)]
    ratio = seen.max() / seen.min() if len(seen) else 1.0
    return {"type": "log"} | ({"dtick": 1} if ratio > 100.0 else {"dtick": "D2"} if ratio > 5.0 else {})


def line_at(y: float, dash: str = "dash", color: str = style.LIGHT.muted) -> dict[str, Any]:
    """Return the shape of a level line across the whole figure, behind the marks.

    Args:
        y: Where.
        dash: Its pattern.
        color: Its colour.
    """
    line = {"color": color, "width": 1, "dash": dash}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "layer": "below", "line": line}


def trial_axis(span: float) -> dict[str, Any]:
    """Return the settings of an axis of trials: whole numbers, each one where there are few.

    Args:
        span: From the first trial to the last.
    """
    return {"dtick": 1 if span < 12 else None, "tickformat": "d"}


def categories(labels: "list[str]") -> dict[str, Any]:
    """Return the settings of an upright axis of categories, the first on top.

    Args:
        labels: The categories.
    """
    order = labels[::-1]
    return {"type": "category", "categoryorder": "array", "categoryarray": order, "showgrid": False, "ticks": ""}
