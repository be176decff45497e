"""The board as a still table, for notebooks that are read without a kernel. Knows nothing of widgets."""

from collections.abc import Mapping
from html import escape

from axnb.record.experiment import ExperimentView
from axnb.record.trial import Trial
from axnb.suggest.best import Leaders
from axnb.widgets.board.state import columns, counts, header, leaders, row
from axnb.widgets.number_format import MINUS

_CAP = 50
_NO_MATH = "tex2jax_ignore mathjax_ignore"  # a name such as $x^2$ is a name, not a formula


def summary(view: ExperimentView) -> str:
    """Return a line of text that says how the experiment stands.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> summary(Experiment().view())
        'no trials yet'
    """
    said = ", ".join(f"{number} {status.label.lower()}" for status, number in counts(view).items())
    total = len(view.trials)
    return f"{total} {'trial' if total == 1 else 'trials'}: {said}" if total else "no trials yet"


def html(view: ExperimentView, cap: int = _CAP) -> str:
    """Return the newest rows as an HTML table without scripts; whatever the experiment holds appears as text.

    Args:
        view: The experiment.
        cap: How many rows at most.
    """
    found = Leaders().find(view)
    best = leaders(view, found)
    shown = list(view.trials.values())[-cap:][::-1]
    top = header(view, found)
    lines = [str(top[part]) for part in ("name", "goal", "best") if top[part]]
    cut = f"; the newest {cap} are shown" if len(view.trials) > cap else ""
    caption = "".join(f"<div>{escape(line)}</div>" for line in [*lines, summary(view) + cut])
    if not shown:
        return f'<div class="{_NO_MATH}">{caption}</div>'
    body = "".join(_row(view, trial, best) for trial in shown)
    return f'<div class="{_NO_MATH}">{caption}<table cellpadding="4">{_head(view)}<tbody>{body}</tbody></table></div>'


def _head(view: ExperimentView) -> str:
    table = columns(view)
    cells = [_cell("Trial", "th", right=True), _cell("Status", "th"), _cell("Origin", "th")]
    both = [*_list(table["parameters"]), *_list(table["metrics"])]
    cells += [_cell(str(column["name"]), "th", right=bool(column.get("number", True))) for column in both]
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _row(view: ExperimentView, trial: Trial, best: Mapping[int, str]) -> str:
    each = row(view, trial, best)
    word = f"{each['word']}: {each['reason']}" if each["reason"] else str(each["word"])
    mark = "★ " if each["best"] else ""
    cells = [_cell(f"{mark}{trial.index}", right=True), _cell(word), _cell(str(each["origin"]))]
    kinds = [bool(column["number"]) for column in _list(columns(view)["parameters"])]
    for value, number in zip(_list(each["values"]), kinds, strict=True):
        cells.append(_cell(_text(value), right=number))
    cells += [_cell(_text(result), right=True) for result in _list(each["results"])]
    return f"<tr>{''.join(cells)}</tr>"


def _text(cell: Mapping[str, object] | None) -> str:
    if cell is None:
        return ""
    error = f" ± {cell['sem']}" if "sem" in cell else ""
    return f"{cell['text']}{error}".replace(MINUS, "-")  # so that it can be copied into a program


def _cell(text: str, tag: str = "td", *, right: bool = False) -> str:
    # No style sheet: it would not survive in a notebook that is not trusted, and one a cell would be long.
    return f'<{tag} align="{"right" if right else "left"}">{escape(text)}</{tag}>'


def _list(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value
