"""The rollout of a bandit: how much of each trial every arm was given."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import figures, style, words
from axnb.errors import UnsupportedError

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLUMNS = ("trial_index", "arm_name", "arm_weight", "share")
_MOST_ARMS = len(style.PALETTE) - 1  # that have a colour of their own; the others share the last


@dataclass(frozen=True, slots=True)
class BanditRollout:
    """The weight of each arm in every trial of a bandit.

    Example:
        >>> BanditRollout()
        BanditRollout()
    """

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            UnsupportedError: If no trial gives weights to its arms.
        """
        frame = tabulate_rollout(context)
        if frame.empty:
            raise UnsupportedError("This needs arms with weights, as bandits give them; the arms here have none.")
        return AnalysisCard(
            name=type(self).__name__,
            title="Weights of the arms by trial",
            subtitle=describe_rollout(frame),
            df=frame,
            figure=draw_rollout(frame),
            analysis=self,
        )


def tabulate_rollout(context: AnalysisContext) -> pd.DataFrame:
    """Return the arms of the trials that give weights, an arm a row.

    Returns:
        Columns `COLUMNS`; `share` is the part of its trial that an arm was given.
    """
    weighted = [t for t in context.view.trials.values() if t.weights and not t.status.is_lost]
    rows = [
        (t.index, r.arm_name, r.weight, r.weight / sum(t.weights))
        for t in weighted
        if sum(t.weights)
        for r in t.results
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def describe_rollout(frame: pd.DataFrame) -> str:
    """Return which arm the newest trial gives most to, in a sentence.

    Args:
        frame: What `tabulate_rollout` returned, with at least a row.
    """
    last = frame[frame["trial_index"] == frame["trial_index"].iloc[-1]]
    most = last.loc[last["share"].idxmax()]
    arms, trials = frame["arm_name"].nunique(), frame["trial_index"].nunique()
    return (
        f"{arms} {'arm' if arms == 1 else 'arms'} in {trials} {'trial' if trials == 1 else 'trials'}; trial "
        f"{most['trial_index']}, the newest, gives most to {words.short(most['arm_name'], 24)}, "
        f"{words.percent(most['share'])}."
    )


def draw_rollout(frame: pd.DataFrame) -> "go.Figure":
    """Return the picture: a bar a trial, stacked of its arms; those that were given most have a colour of their own.

    Args:
        frame: What `tabulate_rollout` returned, with at least a row.
    """
    given = frame.groupby("arm_name", sort=False)["share"].sum().sort_values(ascending=False, kind="stable")
    own = given.index[: _MOST_ARMS + (len(given) == _MOST_ARMS + 1)].tolist()
    groups = [(name, [name]) for name in own]
    groups += [("other arms", given.index[len(own) :].tolist())] if len(given) > len(own) else []
    trials = frame["trial_index"].drop_duplicates().tolist()
    places = [str(i) for i in trials]
    traces = []
    for color, (name, members) in zip(style.PALETTE, groups, strict=False):
        part = frame[frame["arm_name"].isin(members)].groupby("trial_index")["share"].sum()
        shares = [float(part.get(i, 0.0)) for i in trials]
        label = style.plain(words.short(name, 24))
        hover = [
            words.hover([f"Trial {i} · {words.short(name, 24)} {words.percent(s)}"])
            for i, s in zip(trials, shares, strict=True)
        ]
        look = {"name": label, "marker": {"color": color}, "hoverinfo": "text", "hovertext": hover}
        traces.append(figures.bar(x=places, y=shares, **look))
    return figures.new_figure(
        *traces,
        x="trial",
        y="share of the trial",
        height=340,
        xaxis={"type": "category"},
        yaxis=figures.SHARES,
        layout={"barmode": "stack", "showlegend": True},
    )
