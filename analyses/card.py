"""Cards: what an analysis found, as data first.

A card is a frozen value: a table, and perhaps a figure or a text, with a title and one plain sentence that says what
they show. It shows itself in a notebook, statically by `axnb.analyses.static.bundle` and live by the view it was
given. It knows nothing of how an analysis found it.

::

    AnalysisCardBase
    ├── AnalysisCard                          one finding
    │   ├── ErrorAnalysisCard                 the analysis failed
    │   └── NotApplicableStateAnalysisCard    the analysis cannot answer yet, or not for this experiment
    └── AnalysisCardGroup                     several cards under one title
"""

import traceback
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from axnb.analyses.actions import Action, Link
from axnb.analyses.protocol import Analysis, Control, Outlined
from axnb.analyses.view import View
from axnb.errors import AxnbError, DataRequiredError, NotConfiguredError, UnsupportedError, UserInputError

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from axnb.analyses.context import AnalysisContext


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
        from axnb.analyses.static.bundle import html_of

        return html_of(self)

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
        from axnb.analyses.static.png import png_of

        return png_of(self, width=width, height=height, scale=scale)

    def _ipython_display_(self) -> None:
        from axnb.analyses.static.bundle import bundle_of
        from axnb.analyses.static.output import show

        live = bundle_of(self)
        still, text = live.pop("text/html"), live.pop("text/plain")
        show(live, str(still), str(text))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        from axnb.analyses.static.bundle import bundle_of

        return bundle_of(self)

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
        from axnb.analyses.static.svg import svg_of

        if self.figure is None:
            raise UnsupportedError(f"The card {self.title!r} has no figure to draw; its table is card.df.")
        return svg_of(self.figure, width=width, height=height)


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

    @property
    def blob(self) -> str:
        """The traceback."""
        return "\n".join(str(line) for line in self.df.get("traceback", ()))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class NotApplicableStateAnalysisCard(AnalysisCard):
    """The analysis cannot answer yet, or not for this experiment: ``subtitle`` says what is missing."""

    @property
    def blob(self) -> str:
        """What is missing."""
        return self.subtitle


def compute_card(analysis: Analysis, context: "AnalysisContext", view: View | None = None) -> AnalysisCardBase:
    """Return the analysis's card, whatever happens.

    An analysis that cannot answer yet, or not for this experiment, gives a `NotApplicableStateAnalysisCard` that says
    why; one that fails gives an `ErrorAnalysisCard`.

    Args:
        analysis: What to compute.
        context: What is known of the experiment.
        view: How the cards are to be shown live, given to every card of a group.

    Example:
        >>> class Broken:
        ...     def compute(self, context):
        ...         return 1 / 0
        >>> card = compute_card(Broken(), context=None)
        >>> card
        ErrorAnalysisCard(name='Broken', title='Broken failed')
        >>> card.subtitle
        'ZeroDivisionError: division by zero'
    """
    name = type(analysis).__name__
    part = context.part if context is not None else ""
    context = context.watched() if part else context
    try:
        card: Any = analysis.compute(context)
        if not isinstance(card, AnalysisCardBase):
            raise UserInputError(  # noqa: TRY301 - one place turns errors into cards
                f"{name}.compute returned {_kind(card)}; return an AnalysisCard or an AnalysisCardGroup."
            )
    except (DataRequiredError, NotConfiguredError) as error:
        card = NotApplicableStateAnalysisCard(title=f"{name} is not available yet", subtitle=_sentence(error))
    except UnsupportedError as error:
        card = NotApplicableStateAnalysisCard(title=f"{name} does not apply here", subtitle=_sentence(error))
    except Exception as error:
        lines = "".join(traceback.format_exception(error)).splitlines()
        card = ErrorAnalysisCard(
            title=f"{name} failed", subtitle=_sentence(error), df=pd.DataFrame({"traceback": lines})
        )
    if part and context.asked_model and not isinstance(card, ErrorAnalysisCard | NotApplicableStateAnalysisCard):
        card = replace(card, subtitle=f"{card.subtitle} {part}".strip())
    return with_view(replace(card, name=card.name or name, analysis=card.analysis or analysis), view)


def group_of(analysis: Outlined, context: "AnalysisContext", name: str = "") -> AnalysisCardGroup:
    """Return the group that an analysis outlines.

    Args:
        analysis: What to outline.
        context: What is known of the experiment.
        name: What the group is called, if not by the class of the analysis.
    """
    outline = analysis.outline(context)
    return AnalysisCardGroup(
        name=name or type(analysis).__name__,
        title=outline.title,
        subtitle=outline.subtitle,
        children=[compute_card(one, context) for one in outline.analyses],
        analysis=analysis,
    )


def with_view(card: AnalysisCardBase, view: View | None) -> AnalysisCardBase:
    """Return the card, and every card under it, shown live by ``view``; unchanged if that is ``None``.

    Args:
        card: A card or a group.
        view: How it is to be shown live.
    """
    if view is None:
        return card
    if isinstance(card, AnalysisCardGroup):
        return replace(card, view=view, children=tuple(with_view(child, view) for child in card.children))
    return replace(card, view=view)


def _kind(value: object) -> str:
    kind = type(value).__name__
    return "nothing" if value is None else f"{'an' if kind[0] in 'aeioAEIO' else 'a'} {kind}"


def _sentence(error: Exception) -> str:
    """Return the cause in one line; our own errors are written as sentences, others carry their kind."""
    text = " ".join(str(error).split())
    if isinstance(error, AxnbError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."
