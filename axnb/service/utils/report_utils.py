"""An experiment as a table and as the usual figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from axnb.api.arguments import instance, strings
from axnb.api.warm import CARDS
from axnb.errors import UnknownNameError, listing, near_miss
from axnb.interrupts import import_whole
from axnb.record.experiment import Experiment
from axnb.record.frames import summary_frame

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


def exp_to_df(exp: Experiment, metrics: Sequence[str] | None = None) -> "pd.DataFrame":
    """Return one row an arm: trial index, arm, status, origin, what its runner said, metrics, parameters.

    Args:
        exp: The experiment.
        metrics: The metrics to show; all by default.

    Raises:
        UnknownNameError: If there is no such metric.
        UserInputError: If it is no experiment.
    """
    view = instance(exp, Experiment).view()
    frame = summary_frame(view)
    if metrics is None:
        return frame
    wanted = strings("metrics", metrics)
    unknown = [n for n in wanted if n not in view.metrics]
    if unknown:
        hint = near_miss(unknown[0], view.metrics)
        raise UnknownNameError(f"there is no metric {unknown[0]!r}; the metrics are {listing(view.metrics)}.{hint}")
    return frame.drop(columns=[n for n in view.metrics if n not in wanted and n in frame])


def get_standard_plots(experiment: Experiment, model: object = None) -> "list[go.Figure]":
    """Return the figures that suit the state of an experiment: results, what the model has learnt, how far to trust it.

    Args:
        experiment: The experiment.
        model: Taken for the sake of old code: the figures ask the model that the cards show.

    Raises:
        NotConfiguredError: If the experiment is not configured.
        UserInputError: If it is no experiment.
    """
    import_whole(CARDS)
    from axnb.analyses.context import AnalysisContext
    from axnb.analyses.overview import DiagnosticAnalysis, InsightsAnalysis, ResultsAnalysis, compute_cards

    context = AnalysisContext(instance(experiment, Experiment).view())
    cards = compute_cards([ResultsAnalysis(), InsightsAnalysis(), DiagnosticAnalysis()], context)
    return [leaf.figure for card in cards for leaf in card.flatten() if leaf.figure is not None]
