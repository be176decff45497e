"""Cards as JSON text and back, so that they can be kept beside an experiment and shown again without computing.

A card that is read back shows what it showed when it was saved; it is not live. Knows nothing of where text is kept.
"""

import io
import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from axnb.analyses.card import (
    AnalysisCard,
    AnalysisCardBase,
    AnalysisCardGroup,
    ErrorAnalysisCard,
    NotApplicableStateAnalysisCard,
)
from axnb.errors import SnapshotError

_LEAVES: dict[str, type[AnalysisCard]] = {
    "card": AnalysisCard,
    "error": ErrorAnalysisCard,
    "not applicable": NotApplicableStateAnalysisCard,
}


def to_json(card: AnalysisCardBase) -> str:
    """Return a card, or a group of cards, as JSON text.

    Example:
        >>> from_json(to_json(AnalysisCard(name="Greeting", title="Hello"))).title
        'Hello'
    """
    return json.dumps(_plain(card), allow_nan=False, separators=(",", ":"))


def from_json(text: str) -> AnalysisCardBase:
    """Return the card that JSON text stands for.

    Raises:
        SnapshotError: If the text is no card.
    """
    try:
        return _card(json.loads(text))
    except Exception as error:  # whatever a damaged text makes of a parser
        raise SnapshotError(f"a saved card is damaged: {error}.") from error


def _plain(card: AnalysisCardBase) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": card.name,
        "title": card.title,
        "subtitle": card.subtitle,
        "time": card.timestamp.isoformat(),
    }
    if isinstance(card, AnalysisCardGroup):
        return data | {"kind": "group", "children": [_plain(c) for c in card.children]}
    assert isinstance(card, AnalysisCard)
    kind = next((k for k, cls in _LEAVES.items() if type(card) is cls), "card")
    figure = None if card.figure is None else json.loads(card.figure.to_json())
    return data | {"kind": kind, "table": _plain_table(card.df), "figure": figure, "markdown": card.markdown}


def _card(data: Mapping[str, Any]) -> AnalysisCardBase:
    common = {"name": data["name"], "title": data["title"], "subtitle": data["subtitle"]}
    time = datetime.fromisoformat(data["time"])
    if data["kind"] == "group":
        return AnalysisCardGroup(**common, timestamp=time, children=[_card(c) for c in data["children"]])
    figure = None
    if data["figure"] is not None:
        import plotly.graph_objects as go

        figure = go.Figure(data["figure"], skip_invalid=True)
    cls = _LEAVES[data["kind"]]
    return cls(**common, timestamp=time, df=_table(data["table"]), figure=figure, markdown=data["markdown"])


def _plain_table(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the columns of a table as plain JSON values, none of which loses a bit; the index is not kept."""
    columns = [frame.iloc[:, i] for i in range(frame.shape[1])]
    return [
        {"name": _plain_value(c.name), "type": str(c.dtype), "values": [_plain_value(v) for v in c.tolist()]}
        for c in columns
    ]


def _table(columns: str | list[dict[str, Any]]) -> pd.DataFrame:
    """Return the table that plain JSON values stand for; a text is what pandas wrote, as cards were once saved."""
    if isinstance(columns, str):
        return pd.read_json(io.StringIO(columns), orient="table", precise_float=True)
    made = [pd.Series([_value(v) for v in c["values"]], dtype=_dtype(c["type"])) for c in columns]
    frame = pd.concat(made, axis=1) if made else pd.DataFrame()
    frame.columns = pd.Index([_value(c["name"]) for c in columns], dtype=None if columns else object)
    return frame


def _dtype(name: str) -> str:
    """Return the type of a column; one with a fixed set of values keeps the values only."""
    return "object" if name == "category" else name


def _plain_value(value: Any) -> Any:
    """Return a cell as a plain JSON value; what JSON has no word for becomes an object with its kind as the key."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if value is pd.NA or value is pd.NaT:
        return {"missing": "NA" if value is pd.NA else "NaT"}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, tuple | list):
        return {"tuple": [_plain_value(v) for v in value]}
    return {"text": str(value)}


def _value(plain: Any) -> Any:
    if not isinstance(plain, dict):
        return plain
    ((kind, value),) = plain.items()
    return _READ[kind](value)


_READ: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "missing": lambda name: pd.NA if name == "NA" else pd.NaT,
    "time": pd.Timestamp,
    "tuple": lambda values: tuple(_value(v) for v in values),
    "text": str,
}
