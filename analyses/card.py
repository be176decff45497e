"""Cards: what an analysis found, as data first.

A card is a frozen value: a table, and perhaps a figure or a text, with a title and one plain sentence that says what
they show. It shows itself in a notebook, statically by `axnb.analyses.static.html` and live by the view it was
given. It knows nothing of how an analysis found it.

::

    AnalysisCardBase
    ├── AnalysisCard                          one finding
    │   ├── ErrorAnalysisCard                 the analysis failed
    │   └── NotApplicableStateAnalysisCard    the analysis cannot answer yet, or not for this experiment
    └── AnalysisCardGroup                     several cards under one title
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import pandas as pd

from axnb.analyses.actions import Action, hash_parts
from axnb.analyses.controls import Control
from axnb.analyses.static.face import Kind
from axnb.errors import UnsupportedError, UserInputError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from axnb.analyses.context import AnalysisContext


@runtime_checkable
class Analysis(Protocol):
    """A question about an experiment whose answer is a card.

    An analysis is a frozen dataclass of its settings. It must not change the experiment, and the same settings and
    context give the same card. To say that it cannot answer yet it raises ``DataRequiredError`` or
    ``NotConfiguredError``, and ``UnsupportedError`` for an experiment it does not apply to; `compute_card` turns these,
    and any other error, into cards.

    Example:
        >>> from dataclasses import dataclass
        >>> from axnb.analyses.card import AnalysisCard
        >>> from axnb.analyses.compute import compute_card
        >>> @dataclass(frozen=True)
        ... class Greeting:
        ...     whom: str = "world"
        ...     def compute(self, context):
        ...         return AnalysisCard(title="Greeting", subtitle=f"Hello, {self.whom}.")
        >>> isinstance(Greeting(), Analysis)
        True
        >>> compute_card(Greeting(), context=None)
        AnalysisCard(name='Greeting', title='Greeting')
    """

    def compute(self, context: "AnalysisContext") -> "AnalysisCardBase":
        """Return the card, or a group of cards, that answers the question for this context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a group of cards is to hold.

    Args:
        title: A few words.
        subtitle: One plain sentence.
        analyses: Those whose cards it holds, in order.
    """

    title: str
    subtitle: str
    analyses: "tuple[Analysis, ...]"


@runtime_checkable
class Outlined(Analysis, Protocol):
    """An analysis whose card is a group, and that can say what belongs to it without computing that.

    A live group asks it when the experiment changes: cards that belong to it now appear, others go.
    """

    def outline(self, context: "AnalysisContext") -> Outline:
        """Return what the group holds in this context; raises what `compute` raises."""


@runtime_checkable
class View(Protocol):
    """Shows cards live in a notebook.

    One view serves all the cards of one experiment. It finds what it needs on the card: ``card.figure``, ``card.df``,
    ``card.controls`` and ``card.analysis``, which it computes again when a control moves or the experiment changes.
    """

    def bundle(self, card: "AnalysisCardBase") -> Mapping[str, object]:
        """Return the live representations of a card, by MIME type.

        Args:
            card: A card or a group of cards.

        Returns:
            What the card's own MIME bundle is to hold beside its static HTML and text; empty if there is none.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A button of a card that shows another analysis in its place.

    Where marks of the card's figure stand for the same thing, their `ids` hold `mark`, and a click follows the link.
    Where they stand for trials, their `customdata` holds the trials' indices: a click selects them, on the board too.

    Args:
        label: What stands on the button, such as a parameter's name.
        hint: What it does, in a few words.
        analysis: What it leads to.
        in_place: Whether that is the same card with other settings, to which there is no way back but Reset.

    Example:
        >>> from axnb.analyses.insights.slice import SlicePlot
        >>> link = Link(label="heat", hint="Show the slice along heat", analysis=SlicePlot("heat"))
        >>> link.mark == Link(label="heat", hint="", analysis=SlicePlot("heat")).mark
        True
    """

    label: str
    hint: str = ""
    analysis: Analysis
    in_place: bool = False

    @property
    def mark(self) -> str:
        """What tells it from other links: the same for the same analysis."""
        return hash_parts(type(self.analysis).__name__, self.analysis)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True, eq=False)
class AnalysisCardBase(ABC):
    """What every card and every group of cards has.

    Args:
        name: The class name of the analysis; `compute_card` fills it in.
        title: A few words.
        subtitle: One plain sentence that says what the card shows.
        timestamp: When it was computed.
        analysis: The analysis that made it, with its settings; ``None`` if it was made by hand.
        view: How it is shown live; ``None`` if only statically.
    """

    kind: ClassVar[Kind] = "card"

    name: str = ""
    title: str
    subtitle: str = ""
    timestamp: datetime = field(default_factory=_now)
    analysis: Analysis | None = None
    view: View | None = None

    @abstractmethod
    def flatten(self) -> "list[AnalysisCard]":
        """Return the single cards, in order."""

    @abstractmethod
    def hierarchy_str(self, level: int = 0) -> str:
        """Return the card and those under it as an indented outline, one line each.

        Args:
            level: How far to indent the first line.
        """

    def to_html(self) -> str:
        """Return the card as static HTML that needs no script, no style sheet and no network."""
        from axnb.analyses.static.html import render_html

        return render_html(self)

    def to_png(self, width: int | None = None, height: int | None = None, scale: float = 2.0) -> bytes:
        """Return the card as a PNG picture, drawn by an installed browser: its figure alone if it has one.

        Args:
            width: Pixels; the figure's own width, else 640, and 900 for a card without a figure or a group.
            height: Pixels; by default as tall as it is.
            scale: Pixels of the picture for each of these.

        Raises:
            UnsupportedError: If neither Chromium nor Chrome is installed; the message says how to install one.
            UserInputError: If a size cannot be used.
        """
        from axnb.analyses.static.png import render_png

        return render_png(self, width=width, height=height, scale=scale)

    def _ipython_display_(self) -> None:
        from axnb.analyses.static.output import show

        live = self._repr_mimebundle_()
        still, text = live.pop("text/html"), live.pop("text/plain")
        show(live, str(still), str(text))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        """Return the live form, that of the view, and the static one, which says why there is no live one."""
        from axnb.analyses.static.html import render_html

        live: dict[str, object] = {}
        note = ""
        if self.view is not None:
            try:
                live = dict(self.view.bundle(self))
            except Exception as error:  # a card that cannot be live is still shown
                note = f"This card is not live: {type(error).__name__}: {error}"
        return {**live, "text/html": render_html(self, note=note), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, title={self.title!r})"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AnalysisCard(AnalysisCardBase):
    """One finding: a table, and perhaps a figure or a text.

    Args:
        df: The data behind the picture, one observation a row.
        figure: A plotly figure of the data.
        markdown: A text, shown where there is no figure.
        controls: What a reader may change while the card is live.
        actions: What a reader may do from it while it is live.
        links: Where a reader may go from it while it is live.
        uses_model: Whether it tells what the model says; `compute_card` then says if that has learnt from a part of the
            results only.

    Raises:
        UserInputError: If ``df`` is not a data frame or ``figure`` not a plotly figure.

    Example:
        >>> import pandas as pd
        >>> losses = pd.DataFrame({"trial": [0, 1], "loss": [3.0, 2.0]})
        >>> card = AnalysisCard(title="Loss", subtitle="Loss fell.", df=losses)
        >>> card
        AnalysisCard(name='', title='Loss')
        >>> sorted(card._repr_mimebundle_())
        ['text/html', 'text/plain']
    """

    df: pd.DataFrame = field(default_factory=pd.DataFrame)
    figure: "go.Figure | None" = None
    markdown: str | None = None
    controls: tuple[Control, ...] = ()
    actions: tuple[Action, ...] = ()
    links: tuple[Link, ...] = ()
    uses_model: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.df, pd.DataFrame):
            raise UserInputError(
                f"The card {self.title!r} got a {type(self.df).__name__} as df; give a pandas DataFrame."
            )
        if self.figure is not None and not callable(getattr(self.figure, "to_plotly_json", None)):
            kind = type(self.figure).__name__
            raise UserInputError(f"The card {self.title!r} got a {kind} as figure; give a plotly.graph_objects.Figure.")
        for name in ("controls", "actions", "links"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    @property
    def blob(self) -> str:
        """What the card shows, as text: the figure as JSON, else the Markdown, else the table as JSON."""
        if self.figure is not None:
            return str(self.figure.to_json())
        return self.markdown if self.markdown is not None else str(self.df.to_json())

    def flatten(self) -> "list[AnalysisCard]":  # noqa: D102
        return [self]

    def hierarchy_str(self, level: int = 0) -> str:  # noqa: D102
        return f"{'    ' * level}{self.name}: {self.title}"

    def to_svg(self, width: int | None = None, height: int | None = None) -> str:
        """Return the figure as an SVG document, drawn without a browser.

        Args:
            width: Pixels; the figure's own width, else 640, if left out.
            height: Pixels; the figure's own height, else 400, if left out.

        Raises:
            UnsupportedError: If the card has no figure, or one with a kind of trace that can only be drawn live.
        """
        from axnb.analyses.static.svg import render_svg

        if self.figure is None:
            raise UnsupportedError(f"The card {self.title!r} has no figure to draw; its table is card.df.")
        return render_svg(self.figure, width=width, height=height)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AnalysisCardGroup(AnalysisCardBase):
    """Several cards under one title.

    Args:
        children: Cards and groups of cards, in order.

    Example:
        >>> group = AnalysisCardGroup(name="Two", title="Two cards", children=[
        ...     AnalysisCard(name="A", title="first"), AnalysisCard(name="B", title="second")])
        >>> print(group.hierarchy_str())
        Two: Two cards
            A: first
            B: second
        >>> len(group.flatten())
        2
    """

    kind: ClassVar[Kind] = "group"

    children: Sequence[AnalysisCardBase] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", tuple(self.children))

    def flatten(self) -> list[AnalysisCard]:  # noqa: D102
        return [leaf for child in self.children for leaf in child.flatten()]

    def hierarchy_str(self, level: int = 0) -> str:  # noqa: D102
        own = f"{'    ' * level}{self.name}: {self.title}"
        return "\n".join([own, *(child.hierarchy_str(level + 1) for child in self.children)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ErrorAnalysisCard(AnalysisCard):
    """The analysis failed: ``subtitle`` is the cause, ``df`` holds the traceback, a line a row."""

    kind: ClassVar[Kind] = "error"

    @property
    def blob(self) -> str:
        """The traceback."""
        return "\n".join(str(line) for line in self.df.get("traceback", ()))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class NotApplicableStateAnalysisCard(AnalysisCard):
    """The analysis cannot answer yet, or not for this experiment: ``subtitle`` says what is missing."""

    kind: ClassVar[Kind] = "not applicable"

    @property
    def blob(self) -> str:
        """What is missing."""
        return self.subtitle
