"""What is shown when nobody says what to show: the analyses that suit the state of the experiment."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import Analysis, AnalysisCardBase, AnalysisCardGroup, Outline, View
from axnb.analyses.compute import compute_card, group_of
from axnb.analyses.context import AnalysisContext
from axnb.analyses.diagnostics.cross_validation import CrossValidationPlot
from axnb.analyses.diagnostics.model_health import ModelHealth
from axnb.analyses.diagnostics.noise import NoiseAndOutliers
from axnb.analyses.drawing import words
from axnb.analyses.healthchecks.group import HealthchecksAnalysis
from axnb.analyses.insights.surfaces import TopSurfacesAnalysis
from axnb.analyses.insights.what_if import WhatIf
from axnb.analyses.results.effects import ArmEffectsPair
from axnb.analyses.results.frontier import OutcomeConstraintsAnalysis
from axnb.analyses.results.progression import ProgressionPlot
from axnb.analyses.results.scatter import ScatterPlot
from axnb.analyses.results.stopping import StoppingAdvice
from axnb.analyses.results.summary import BestTrials, Summary
from axnb.analyses.results.trace import UtilityProgressionAnalysis
from axnb.analyses.results.trials import AllTrialsAnalysis, find_waiting_trials
from axnb.analyses.setup.strategy import GenerationStrategyGraph
from axnb.analyses.shared.learning_curves import find_stepped_metrics
from axnb.errors import DataRequiredError, UserInputError, shown

_MANY_PARAMETERS = 25


@dataclass(frozen=True, slots=True)
class ResultsAnalysis:
    """What came of the trials: the best so far, every result, trade-offs.

    Example:
        >>> ResultsAnalysis()
        ResultsAnalysis()
    """

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If there are no trials yet.
        """
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        goal = context.optimization
        if not context.view.trials:
            raise DataRequiredError("There are no trials yet: call get_next_trials or attach_trial first.")
        chosen: list[Analysis] = [UtilityProgressionAnalysis()]
        objectives = goal.objective_metric_names
        if goal.is_multi_objective:
            chosen += [ScatterPlot(x, y) for x, y in combinations(objectives, 2)]
        bounded = dict.fromkeys(n for c in goal.constraints for n in c.metric_names if n not in objectives)
        chosen += [ScatterPlot(objectives[0], n, show_pareto_frontier=False) for n in bounded]
        chosen.append(ArmEffectsPair())
        chosen += [ProgressionPlot(n) for n in find_stepped_metrics(context)]
        chosen += [StoppingAdvice(), BestTrials(), Summary()]
        sentence = "What came of the trials, and whether more are worth it."
        return Outline(title="Results", subtitle=sentence, analyses=tuple(chosen))


@dataclass(frozen=True, slots=True)
class InsightsAnalysis:
    """What the model has learnt: what each metric depends on, how the constraints bind, and any point of your choice.

    Example:
        >>> InsightsAnalysis()
        InsightsAnalysis()
    """

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            NotConfiguredError: If there is no goal yet.
            DataRequiredError: If there are too few results for a model.
        """
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        goal = context.optimization
        context.require(goal.objective_metric_names)
        count = len(context.search_space.tunable)
        order = "first" if count == 1 else "total" if count > _MANY_PARAMETERS else "second"
        chosen: list[Analysis] = [WhatIf()]
        if goal.constraints and not goal.is_multi_objective:
            chosen.append(OutcomeConstraintsAnalysis())
        chosen += [TopSurfacesAnalysis(n, order=order, top_k=3) for n in goal.metric_names]
        names = words.listed([words.short(n) for n in goal.metric_names])
        return Outline(title="Insights", subtitle=f"What the model has learnt of {names}.", analyses=tuple(chosen))


@dataclass(frozen=True, slots=True)
class DiagnosticAnalysis:
    """How far the model can be trusted, and how trials are made.

    Args:
        include_tracking_metrics: Whether to look at metrics too that are neither objective nor constraint.
        test_trial_index: The only trial whose results cross-validation predicts.

    Example:
        >>> DiagnosticAnalysis().include_tracking_metrics
        False
    """

    include_tracking_metrics: bool = False
    test_trial_index: int | None = None

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group.

        Raises:
            NotConfiguredError: If there is no goal yet.
        """
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        goal = context.optimization
        names = context.view.metrics if self.include_tracking_metrics else goal.metric_names
        chosen: list[Analysis] = [
            ModelHealth(names),
            CrossValidationPlot(names, test_trial_index=self.test_trial_index),
        ]
        chosen += [NoiseAndOutliers(n) for n in goal.objective_metric_names]
        chosen.append(GenerationStrategyGraph())
        sentence = "How far the model can be trusted, and how trials are made."
        return Outline(title="Diagnostics", subtitle=sentence, analyses=tuple(chosen))


@dataclass(frozen=True, slots=True)
class OverviewAnalysis:
    """The analyses that suit the state of the experiment, as one group of groups.

    Args:
        model_fit_threshold: Share of the variance below which the health checks call a model poor.

    Example:
        >>> from axnb.record.experiment import Experiment
        >>> OverviewAnalysis().compute(AnalysisContext(Experiment().view())).subtitle
        'Nothing has been measured yet.'
    """

    model_fit_threshold: float = 0.1

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCardGroup:
        """Return the group."""
        return group_of(self, context)

    def outline(self, context: AnalysisContext) -> Outline:  # noqa: D102
        chosen = choose_analyses(context, self.model_fit_threshold)
        return Outline(title="Overview", subtitle=describe_overview(context), analyses=chosen)


def choose_analyses(context: AnalysisContext, model_fit_threshold: float = 0.1) -> tuple[Analysis, ...]:
    """Return the analyses that suit the state of the experiment, those that say most first.

    Args:
        context: What is known of it.
        model_fit_threshold: Share of the variance below which the health checks call a model poor.
    """
    view = context.view
    if not view.trials:
        return ()
    if view.search_space is None or view.optimization is None:
        return (Summary(),)
    chosen: list[Analysis] = [ResultsAnalysis()]
    if any(r.outcomes for r in context.results):
        chosen += [InsightsAnalysis(), DiagnosticAnalysis(), HealthchecksAnalysis(model_fit_threshold)]
    if find_waiting_trials(context):
        chosen.append(AllTrialsAnalysis())
    return tuple(chosen)


def describe_overview(context: AnalysisContext) -> str:
    """Return how far the experiment is, in a sentence."""
    done = sum(1 for r in context.results if r.outcomes)
    if not done:
        return "Nothing has been measured yet."
    measured = "1 trial has a result" if done == 1 else f"{done} trials have results"
    waiting = sum(1 for r in context.results if not r.status.is_terminal)
    running = f"; {waiting} still to come" if waiting else ""
    return f"{measured}{running}."


def compute_cards(
    analyses: Sequence[Analysis] | None, context: AnalysisContext, view: View | None = None
) -> list[AnalysisCardBase]:
    """Return the card of each analysis; one that fails gives a card that says why.

    Args:
        analyses: What to compute; by default the overview.
        context: What is known of the experiment.
        view: How the cards are to be shown live.

    Raises:
        UserInputError: If something in the list is no analysis.
    """
    if analyses is not None and not isinstance(analyses, list | tuple):
        raise UserInputError(f"analyses must be a list of analyses, got {shown(analyses)}: put it in a list.")
    chosen: Sequence[Analysis] = [OverviewAnalysis()] if analyses is None else analyses
    for one in chosen:
        if isinstance(one, type):
            raise UserInputError(f"{one.__name__} is a class: write {one.__name__}() to make an analysis of it.")
        if not isinstance(one, Analysis):
            raise UserInputError(f"{shown(one)} is no analysis: expected an object with a method compute(context).")
    return [compute_card(one, context, view) for one in chosen]
