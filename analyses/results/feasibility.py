"""How likely every arm satisfies the outcome constraints: all of them together, or each on its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import toggle
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.drawing.rows import select_largest
from axnb.analyses.shared.arms import Choice, Shown, check_points, parse_statuses, positions, read_choice, select_arms
from axnb.analyses.shared.goals import Goal, sum_outcomes
from axnb.analyses.shared.prospects import compute_each_feasibility
from axnb.errors import DataRequiredError, UnsupportedError
from axnb.problem.space import Parameterization
from axnb.record.trial import TrialStatus

if TYPE_CHECKING:
    import plotly.graph_objects as go

Array = npt.NDArray[np.float64]
LIKELY = 0.5
"""From this probability on an arm is called probably feasible."""

JOINT = "all constraints"
_FIRST = ("trial_index", "arm_name", "trial_status", "generation_method", "position")


@dataclass(frozen=True, slots=True)
class PFeasiblePlot:
    """The probability that an arm satisfies all outcome constraints, by trial.

    Args:
        use_model_predictions: Whether by the model, not by what was observed and its standard errors.
        trial_index: The only trial to show.
        trial_statuses: The statuses to show; by default all but failed and abandoned ones.
        additional_arms: Parameterizations to judge beside the trials.

    Raises:
        UserInputError: If an option cannot be used.

    Example:
        >>> PFeasiblePlot(use_model_predictions=False).trial_index
    """

    use_model_predictions: bool = True
    trial_index: int | None = None
    trial_statuses: Iterable[TrialStatus | str] | None = None
    additional_arms: Iterable[Parameterization] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "trial_statuses", parse_statuses(self.trial_statuses))
        object.__setattr__(self, "additional_arms", check_points(self.additional_arms))
        read_choice(self)

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If there are too few results.
            UnsupportedError: If there are no outcome constraints.
        """
        frame = tabulate_feasible(context, read_choice(self))
        return AnalysisCard(
            name=type(self).__name__,
            title="Probability of satisfying the constraints",
            subtitle=describe_feasible(frame),
            df=frame.drop(columns="position"),
            figure=draw_feasible(frame),
            controls=make_controls(self),
            analysis=self,
            uses_model=self.use_model_predictions,
        )


@dataclass(frozen=True, slots=True)
class ConstraintFeasibilityPlot(PFeasiblePlot):
    """The probability that an arm satisfies each outcome constraint, a line an arm.

    It has the options of `PFeasiblePlot`.

    Example:
        >>> ConstraintFeasibilityPlot(trial_index=3).trial_index
        3
    """

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            DataRequiredError: If there are too few results.
            UnsupportedError: If there are no outcome constraints.
        """
        frame = tabulate_feasible(context, read_choice(self))
        names = [c for c in frame.columns if c not in (*_FIRST, JOINT)]
        return AnalysisCard(
            name=type(self).__name__,
            title="Probability of satisfying each constraint",
            subtitle=describe_tightest(frame, names),
            df=frame.drop(columns="position"),
            figure=draw_each(frame, names),
            controls=make_controls(self),
            analysis=self,
            uses_model=self.use_model_predictions,
        )


def make_controls(analysis: PFeasiblePlot) -> tuple[Any, ...]:
    """Return the controls that both cards have."""
    if analysis.additional_arms:
        return ()
    return (toggle("use_model_predictions", "Predicted", analysis.use_model_predictions),)


def tabulate_feasible(context: AnalysisContext, choice: Choice) -> pd.DataFrame:
    """Return the probability that each arm satisfies each constraint.

    Args:
        context: What is known of the experiment.
        choice: Which arms, and whether by the model.

    Returns:
        Columns `trial_index`, `arm_name`, `trial_status`, `generation_method`, `position`, one named after each
        constraint, and `JOINT`.

    Raises:
        DataRequiredError: If there are too few results.
        UnsupportedError: If there are no outcome constraints.
    """
    config = context.optimization
    if not config.constraints:
        raise UnsupportedError("There are no outcome constraints, so every trial satisfies them.")
    metrics = tuple(dict.fromkeys(n for c in config.constraints for n in c.metric_names))
    shown = select_arms(context, metrics, choice)
    if not shown:
        raise DataRequiredError(f"This needs a trial with a value of {words.listed([repr(m) for m in metrics])}.")
    if choice.predicted:
        P = compute_each_feasibility(context, context.model.encoder.encode([s.result.parameters for s in shown]))
    else:
        P = _observed_chances(shown, Goal.of(context.view, config))
    columns: dict[str, Any] = {
        "trial_index": pd.array([s.result.trial_index for s in shown], dtype="int64"),
        "arm_name": [s.result.arm_name for s in shown],
        "trial_status": [s.result.status.name for s in shown],
        "generation_method": [s.result.generator for s in shown],
        "position": positions(shown),
    }
    columns |= {str(c): P[:, i] for i, c in enumerate(config.constraints)}
    return pd.DataFrame(columns | {JOINT: P.prod(axis=1)})


def _observed_chances(shown: Sequence[Shown], goal: Goal) -> Array:
    """Return `n x c` probabilities by observed means and standard errors; 0 or 1 where no error is known."""
    from scipy.special import ndtr

    out = np.empty((len(shown), len(goal.optimization.constraints)))
    for j, constraint in enumerate(goal.optimization.constraints):
        bound = goal.bound(constraint)
        if bound is None:
            raise DataRequiredError(f"the constraint {str(constraint)!r} needs the results of the baseline.")
        for i, one in enumerate(shown):
            value = sum_outcomes(constraint.expression.terms, one.outcomes)
            assert value is not None
            slack = (bound - value[0]) * (1 if constraint.op == "<=" else -1)
            out[i, j] = float(ndtr(slack / value[1])) if value[1] else float(slack >= 0)
    return out


def describe_feasible(frame: pd.DataFrame) -> str:
    """Return how many arms are probably feasible, in a sentence.

    Args:
        frame: What `tabulate_feasible` returned.
    """
    joint = frame[JOINT]
    likely = int((joint >= LIKELY).sum())
    best = select_largest(frame, joint)
    verb = "satisfies" if likely == 1 else "satisfy"
    where = words.name_arm(best["trial_index"], best["arm_name"], words.find_batches(frame))
    surest = f"the surest is {where} ({words.percent(best[JOINT])})"
    return f"{likely} of {len(frame)} arms probably {verb} the constraints; {surest}."


def describe_tightest(frame: pd.DataFrame, names: Sequence[str]) -> str:
    """Return which constraint is hardest to satisfy, in a sentence.

    Args:
        frame: What `tabulate_feasible` returned.
        names: The constraints.
    """
    shares = [(frame[n] >= LIKELY).mean() for n in names]
    at = int(np.argmin(shares))
    return (
        f"{words.rule(names[at], 60)} is the tightest constraint: {words.percent(shares[at])} of the arms satisfy it."
    )


def draw_feasible(frame: pd.DataFrame) -> "go.Figure":
    """Return the picture of the joint probability by trial.

    Args:
        frame: What `tabulate_feasible` returned.
    """
    likely, size, batches = frame[JOINT] >= LIKELY, figures.size_of_marks(len(frame)), words.find_batches(frame)
    traces = []
    for name, color, symbol, rows in (
        ("probably feasible", style.BLUE, "circle", likely),
        ("probably infeasible", style.ORANGE, "circle-open", ~likely),
    ):
        part = frame[rows]
        if len(part):
            part = part.iloc[downsample_rows([part[JOINT]])]
            hover = [
                f"{words.name_arm(i, n, batches, starts=True)} · {words.percent(p)}"
                for i, n, p in zip(part["trial_index"], part["arm_name"], part[JOINT], strict=True)
            ]
            traces.append(
                figures.scatter(
                    x=part["position"],
                    y=part[JOINT],
                    mode="markers",
                    name=name,
                    marker={"color": color, "symbol": symbol, "size": size, "line": {"color": color, "width": 1.5}},
                    cliponaxis=False,
                    hoverinfo="text",
                    hovertext=hover,
                    customdata=part["trial_index"].tolist(),
                )
            )
    span = float(frame["position"].max() - frame["position"].min())
    return figures.new_figure(
        *traces,
        x="trial",
        y="P(all constraints hold)",
        height=340,
        xaxis=figures.trial_axis(span),
        yaxis=figures.SHARES,
        layout={"showlegend": True},
    )


def draw_each(frame: pd.DataFrame, names: Sequence[str]) -> "go.Figure":
    """Return the picture of each probability: an axis a constraint, a line an arm, dark where all hold.

    Args:
        frame: What `tabulate_feasible` returned.
        names: The constraints.
    """
    rows = downsample_rows([frame[n] for n in (*names, JOINT)], most=900)
    part = frame.iloc[rows]
    shown = [*names, JOINT]
    places = [
        {"label": style.plain(words.rule(n, 16)), "values": part[n], **figures.SHARES, "range": [-0.04, 1.04]}
        for n in shown
    ]
    line = {
        "color": part[JOINT],
        "colorscale": style.colorscale(style.SEQUENTIAL[1:]),
        "cmin": 0,
        "cmax": 1,
        "showscale": True,
        "colorbar": {"title": {"text": "P(all hold)", "side": "right"}, "tickformat": ".0%", "thickness": 12},
    }
    ends = {"color": "rgba(0,0,0,0)"}  # of the ranges, which lie beyond what can be
    trace = figures.parcoords(dimensions=places, line=line, rangefont=ends)
    return figures.new_figure(trace, height=340, layout={"margin": {"l": 84, "r": 24, "t": 56, "b": 28}})
