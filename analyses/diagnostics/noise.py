"""Noise and outliers: how well results repeat, and which do not fit what the others say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext, require_metric
from axnb.analyses.controls import drop_down
from axnb.analyses.drawing import figures, style, words
from axnb.analyses.drawing.downsample import downsample_rows
from axnb.analyses.drawing.figures import CONFIDENCE
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.shared.magnitude import binary_unit
from axnb.analyses.shared.validation import tabulate_validation
from axnb.errors import UserInputError
from axnb.record.trial import ArmResult
from axnb.surrogate.surrogate import estimate_reading_noise

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, slots=True)
class NoiseAndOutliers:
    """How well results of a metric repeat, and which do not fit what the others say.

    Args:
        metric_name: The metric; that of the first objective if left out.
        threshold: Standard deviations from what the other results say beyond which a trial should be checked.

    Raises:
        UserInputError: If the threshold is not positive.

    Example:
        >>> NoiseAndOutliers("loss").threshold
        3.0
    """

    metric_name: str | None = None
    threshold: float = 3.0

    def __post_init__(self) -> None:
        if not self.threshold > 0:
            raise UserInputError(f"threshold must be above 0, got {self.threshold!r}.")

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card.

        Raises:
            NotConfiguredError: If no metric is given and there is no goal yet.
            DataRequiredError: If there are too few results for a model.
            UnknownNameError: If there is no such metric.
        """
        metric = require_metric(context, self.metric_name)
        frame = tabulate_validation(context, metric)[["trial_index", "arm_name", "observed", "residual", "point"]]
        frame = frame.assign(check=frame["residual"].abs() > self.threshold)
        repeats = measure_repeats(context.observed([metric]), metric)
        return AnalysisCard(
            name=type(self).__name__,
            title=f"Noise and outliers of {words.short(metric)}",
            subtitle=describe_noise(frame, repeats, estimate_reading_noise(context.model.surrogate[metric]), metric),
            df=frame.sort_values("residual", key=np.abs, ascending=False, ignore_index=True),
            figure=draw_noise(frame, metric, self.threshold),
            controls=(drop_down("metric_name", "Metric", metric, context.model.metric_names),),
            analysis=self,
            uses_model=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Points that were measured more than once.

    Args:
        points: How many points.
        results: How many results they have together.
        sd: Pooled standard deviation of the results of one point; NaN without any.
    """

    points: int
    results: int
    sd: float


def measure_repeats(results: Sequence[ArmResult], metric: str) -> Repeats:
    """Return how well the results of points that were measured more than once agree.

    Args:
        results: Arms that have a value of the metric.
        metric: The metric.
    """
    groups: dict[tuple[object, ...], list[float]] = {}
    for result in results:
        groups.setdefault(tuple(result.parameters.items()), []).append(result.outcomes[metric][0])
    unit = binary_unit([result.outcomes[metric][0] for result in results])
    several = [np.array(values) / unit for values in groups.values() if len(values) > 1]
    freedom = sum(len(v) - 1 for v in several)
    squares = sum(float(((v - v.mean()) ** 2).sum()) for v in several)
    sd = unit * float(np.sqrt(squares / freedom)) if freedom else np.nan
    return Repeats(points=len(several), results=sum(len(v) for v in several), sd=sd)


def describe_noise(frame: pd.DataFrame, repeats: Repeats, noise: float, metric: str) -> str:
    """Return how noisy results are and which to check, in a sentence.

    Args:
        frame: A row a trial with `trial_index`, `residual` and `check`.
        repeats: Points that were measured more than once.
        noise: Standard deviation of the noise that the model finds.
        metric: The metric.
    """
    name = words.short(metric)
    if repeats.points:
        points = "1 point" if repeats.points == 1 else f"{repeats.points} points"
        start = (
            f"Results of {name} at {points} measured more than once differ by ± {words.number(repeats.sd, 2)} (1 sd)"
        )
    else:
        start = f"No point was measured twice; the model puts the noise of {name} at ± {words.number(noise, 2)} (1 sd)"
    flagged = frame[frame["check"]].sort_values("residual", key=np.abs, ascending=False)
    if flagged.empty:
        return f"{start}; no result stands out."
    first = flagged.iloc[0]
    size = words.number(abs(first["residual"]), 2)
    where = words.name_arm(first["trial_index"], first["arm_name"], words.find_batches(frame))
    others = "" if len(flagged) == 1 else f", and {len(flagged) - 1} more"
    return f"{start}; check {where}, {size} sd from what the other results say{others}."


def draw_noise(frame: pd.DataFrame, metric: str, threshold: float) -> "go.Figure":
    """Return the picture: each result's distance from what the others say, by trial.

    Args:
        frame: A row a trial with `trial_index`, `residual`, `observed`, `check` and `point`.
        metric: The metric.
        threshold: Distance from which on a result is marked.
    """
    rows, batches = downsample_rows([frame["residual"]], always=frame["check"]), words.find_batches(frame)
    part = frame.iloc[rows]
    traces = []
    for name, color, symbol, size, some in (
        ("as expected", style.BLUE, "circle", figures.size_of_marks(len(part)), part[~part["check"]]),
        ("to be checked", style.ORANGE, "x", 8, part[part["check"]]),
    ):
        if len(some):
            hover = [
                words.hover(
                    [
                        (
                            f"{words.name_arm(r.trial_index, r.arm_name, batches, starts=True)} · "
                            f"{words.number(r.observed)} · {r.residual:+.1f} sd"
                        ),
                        str(r.point),
                    ]
                )
                for r in iterate_rows(some)
            ]
            traces.append(
                figures.scatter(
                    x=some["trial_index"],
                    y=some["residual"],
                    mode="markers",
                    name=name,
                    marker={"color": color, "symbol": symbol, "size": size},
                    hoverinfo="text",
                    hovertext=hover,
                )
            )
    title = f"{words.short(metric, 14)}: observed − predicted, sd"
    levels = [(level, dash) for bound, dash in ((CONFIDENCE, "dot"), (threshold, "dash")) for level in (-bound, bound)]
    reach = max(1.1 * threshold, 1.1 * float(frame["residual"].abs().max()))
    span = float(frame["trial_index"].max() - frame["trial_index"].min())
    return figures.new_figure(
        *traces,
        x=f"trial · dotted: 95 %, dashed: {threshold:g} sd",
        y=style.plain(title),
        height=320,
        xaxis=figures.trial_axis(span),
        yaxis={"range": [-reach, reach], "zeroline": True, "zerolinecolor": style.LIGHT.grid},
        layout={"showlegend": True, "shapes": [figures.line_at(level, dash) for level, dash in levels]},
    )
