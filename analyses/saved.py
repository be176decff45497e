"""Cards as JSON text and back, so that they can be kept beside an experiment and shown again without computing.

A card that is read back shows what it showed when it was saved; it is not live. Knows nothing of where text is kept.
"""

import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
    return json.dumps(_plain(card), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def from_json(text: str) -> AnalysisCardBase:
    """Return the card that JSON text stands for.

    Raises:
        SnapshotError: If the text is no card.
    """
    try:
        return _card(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
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
    table = card.df.to_json(orient="table", index=False, double_precision=15, date_format="iso")
    figure = None if card.figure is None else json.loads(card.figure.to_json())
    return data | {"kind": kind, "table": table, "figure": figure, "markdown": card.markdown}


def _card(data: Mapping[str, Any]) -> AnalysisCardBase:
    common = {"name": data["name"], "title": data["title"], "subtitle": data["subtitle"]}
    time = datetime.fromisoformat(data["time"])
    if data["kind"] == "group":
        return AnalysisCardGroup(**common, timestamp=time, children=[_card(c) for c in data["children"]])
    import pandas as pd

    figure = None
    if data["figure"] is not None:
        import plotly.graph_objects as go

        figure = go.Figure(data["figure"], skip_invalid=True)
    table = pd.read_json(io.StringIO(data["table"]), orient="table", precise_float=True)
    cls = _LEAVES[data["kind"]]
    return cls(**common, timestamp=time, df=table, figure=figure, markdown=data["markdown"])
