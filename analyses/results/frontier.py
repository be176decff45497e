"""What more of the objective a risk of breaking the constraints would buy: points that trade one against the other."""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard, AnalysisCardGroup, Outline
from axnb.analyses.compute import group_of
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.drawing.rows import iterate_rows, select_largest
from axnb.analyses.results.feasibility import PFeasiblePlot
from axnb.analyses.shared.arms import Choice, Shown, check_points, parse_statuses, select_arms
from axnb.analyses.shared.goals import Goal, sum_outcomes
from axnb.analyses.shared.prospects import compute_feasibility, scatter_rows
from axnb.errors import UnsupportedError
from axnb.problem.objective import Objective
from axnb.problem.parameters import whole
from axnb.problem.space import Parameterization
from axnb.record.trial import TrialStatus
from axnb.suggest.pareto import is_non_dominated

if TYPE_CHECKING:
    import plotly.graph_objects as go

Array = npt.NDArray[np.float64]
TRIAL, ADDITIONAL, FRONTIER = "trial", "additional", "frontier"
_ROUNDS = 3
_LEAST = 0.01  # probability below which a point is of no use


@dataclass(frozen=True, slots=True)
class ObjectivePFeasibleFrontierPlot:
    """Points that trade the objective against the probability of satisfying the constraints, beside the trials.

    Args:
        relativize: Whether to show changes against the baseline, in percent.
        additional_arms: Parameterizations to show beside the trials.
        label: What the objective is called on the card.
        num_points_to_generate: How many points of the frontier at most.
        trial_index: The only trial to show.
        trial_statuses: The statuses to show; by default all but failed and abandoned ones.

    Raises:
        UserInputError: If an option cannot be used.

    Example:
        >>> ObjectivePFeasibleFrontierPlot(num_points_to_generate=5).relativize
        False
    """

    relativize: bool = False
    additional_arms: Iterable[Parameterization] | None = None
    label: str | None = None
    _: KW_ONLY
    num_points_to_generate: int = 10
    trial_index: int | None = None
    trial_statuses: Iterable[TrialStatus | str] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "trial_statuses", parse_statuses(self.trial_statuses))
        object.__setattr__(self, "additional_arms", check_points(self.additional_arms))
        whole("num_points_to_generate", self.num_points_to_generate, 1)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If there are too few results.
            UnsupportedError: If there are no outcome constraints, or several objectives.
        """
        config = context.optimization
        if config.is_multi_objective or not config.constraints:
            raise UnsupportedError("This is for one objective with outcome constraints.")
        points = context.once("frontier", lambda: find_frontier(context))
        chosen = points[np.unique(np.linspace(0, len(points) - 1, self.num_points_to_generate).round().astype(int))]
        made = tuple(tuple(p.items()) for p in context.model.encoder.decode(chosen))
        added = check_points(self.additional_arms)
        choice = Choice(
            relativize=self.relativize,
            points=(*added, *made),
            trial_index=self.trial_index,
            statuses=parse_statuses(self.trial_statuses),
        )
        shown = select_arms(context, config.objective.metric_names, choice)
        frame = tabulate_frontier(shown, config.objective, len(made))
        name = words.short(self.label or config.objective.label)
        goal = Goal.of(context.view, config)
        title = name if config.objective.is_scalarized else goal.title(self.label or config.objective.label)
        if not config.objective.is_scalarized and self.label:
            title = name + {1: " (maximise)", -1: " (minimise)"}[goal.direction(config.objective.label)]
        return AnalysisCard(
            name=type(self).__name__,
            title=f"{name} against the risk of breaking the constraints",
            subtitle=describe_frontier(frame, name, -1 if config.objective.minimize else 1),
            df=frame,
            figure=draw_frontier(frame, title + (", change against the baseline, %" if self.relativize else "")),
            analysis=self,
            uses_model=True,
        )


@dataclass(frozen=True, slots=True)
class OutcomeConstraintsAnalysis:
    """How the outcome constraints bind: P(feasible) by trial, and what a risk would buy.

    Args:
        relativize: Whether to show changes against the baseline, in percent.

    Example:
        >>> OutcomeConstraintsAnalysis().relativize
        False
    """

    relativize: bool = False

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            NotConfiguredError: If there is no goal yet.
            UnsupportedError: If there are no outcome constraints.
        """
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        constraints = context.optimization.constraints
        if not constraints:
            raise UnsupportedError("There are no outcome constraints.")
        bounds = words.listed([words.rule(c, 60) for c in constraints])
        chosen = (PFeasiblePlot(), ObjectivePFeasibleFrontierPlot(relativize=self.relativize))
        return Outline(title="Outcome constraints", subtitle=f"The constraints: {bounds}.", analyses=chosen)


def find_frontier(context: AnalysisContext) -> Array:
    """Return rows of the unit cube that no other beats in both objective and probability, least likely first.

    Raises:
        DataRequiredError: If there are too few results.
    """
    encoder = context.model.encoder
    rng = np.random.default_rng([context.view.seed, len(context.results)])
    rows = scatter_rows(context)
    values = _judged(context, rows)
    for step in 10.0 ** -np.linspace(1.0, 2.5, _ROUNDS):
        front = rows[is_non_dominated(values, keep_equal=True)]
        near = np.repeat(front, -(-600 // len(front)), axis=0)
        near = encoder.round(near + rng.normal(0.0, step, near.shape))
        near = near[encoder.satisfies(near, 1e-9)] if encoder.has_constraints else near
        rows, values = (
            np.vstack([front, near]),
            np.vstack([values[is_non_dominated(values, keep_equal=True)], _judged(context, near)]),
        )
    kept = np.flatnonzero(
        is_non_dominated(values, keep_equal=True) & (values[:, 1] >= min(_LEAST, float(values[:, 1].max())))
    )
    return rows[kept[np.argsort(values[kept, 1], kind="stable")]]


def _judged(context: AnalysisContext, rows: Array) -> Array:
    mean, _ = context.model.predict_encoded(rows)
    names = list(context.model.metric_names)
    terms = context.optimization.objective.expression.terms
    value = sum(w * mean[:, names.index(n)] for n, w in terms)
    return np.column_stack([value, compute_feasibility(context, rows)])


def tabulate_frontier(shown: "tuple[Shown, ...]", objective: Objective, generated: int) -> pd.DataFrame:
    """Return the objective and the probability of every arm.

    Args:
        shown: The arms; the last ones are those of the frontier.
        objective: The objective.
        generated: How many of them are of the frontier.

    Returns:
        Columns `kind`, `arm_name`, `trial_index`, `mean`, `sem`, `p_feasible`, `point`.
    """
    terms = objective.expression.terms if objective.is_scalarized else ((objective.metric_names[0], 1.0),)
    rows = []
    for i, one in enumerate(shown):
        value = sum_outcomes(terms, one.outcomes)
        assert value is not None
        last = i >= len(shown) - generated
        kind = FRONTIER if last else TRIAL if one.result.trial_index >= 0 else ADDITIONAL
        name = f"frontier_{i - len(shown) + generated}" if last else one.result.arm_name
        text = words.point(one.result.parameters)
        rows.append((kind, name, one.result.trial_index, value[0], value[1], one.p_feasible, text))
    columns = ["kind", "arm_name", "trial_index", "mean", "sem", "p_feasible", "point"]
    return pd.DataFrame(rows, columns=columns).astype({"mean": float, "sem": float, "p_feasible": float})


def describe_frontier(frame: pd.DataFrame, name: str, direction: int) -> str:
    """Return what a risk would buy, in a sentence.

    Args:
        frame: What `tabulate_frontier` returned.
        name: The objective, in words.
        direction: 1 if larger is better, -1 if smaller is.
    """
    front = frame[frame["kind"] == FRONTIER].sort_values("p_feasible")
    safe = front[front["p_feasible"] >= 0.95]
    if safe.empty:
        best = front.iloc[-1]
        chance = words.percent(best["p_feasible"])
        value = words.number(best["mean"])
        return f"No point is 95 % sure to satisfy the constraints; the surest has {chance}, with {name} {value}."
    kept = select_largest(safe, safe["mean"] * direction)
    bold = front[front["p_feasible"].between(0.4, 0.9)]
    start = f"With 95 % safety {name} can be {words.number(kept['mean'])}"
    if bold.empty:
        return f"{start}; a risk buys nothing more."
    most = select_largest(bold, bold["mean"] * direction)
    return f"{start}; at P(feasible) {words.percent(most['p_feasible'])} it would be {words.number(most['mean'])}."


def draw_frontier(frame: pd.DataFrame, title: str) -> "go.Figure":
    """Return the picture: the objective over the probability, trials and frontier.

    Args:
        frame: What `tabulate_frontier` returned.
        title: Title of the vertical axis.
    """
    looks: list[tuple[str, str, dict[str, Any]]] = [
        (TRIAL, "trials", {"color": style.fade(style.GREY, 0.8), "size": 7}),
        (ADDITIONAL, "additional", {"color": style.PURPLE, "size": 8, "symbol": "diamond"}),
        (FRONTIER, "frontier", {"color": style.BLUE, "size": 9}),
    ]
    traces = [_markers(frame[frame["kind"] == kind], name, look) for kind, name, look in looks]
    return figures.new_figure(
        *(t for t in traces if t is not None),
        x="P(all constraints hold)",
        y=figures.titled(f"predicted {title}", " · bars: 95 %"),
        height=360,
        xaxis=figures.SHARES,
        layout={"showlegend": True},
    )


def _markers(part: pd.DataFrame, name: str, look: dict[str, Any]) -> Any:
    if part.empty:
        return None
    part = part.sort_values("p_feasible")
    line = {"color": style.BLUE, "width": 1.5} if name == "frontier" else None
    hover = [
        words.hover([f"{r.arm_name} · {words.number(r.mean)} · P {words.percent(r.p_feasible)}", str(r.point)])
        for r in iterate_rows(part)
    ]
    color = style.fade(style.BLUE if name == "frontier" else style.GREY, 0.4)
    return figures.scatter(
        x=part["p_feasible"],
        y=part["mean"],
        error_y={"array": part["sem"] * CONFIDENCE, "thickness": 1, "width": 0, "color": color},
        mode="lines+markers" if line else "markers",
        line=line,
        name=name,
        marker=look,
        cliponaxis=False,
        hoverinfo="text",
        hovertext=hover,
    )
