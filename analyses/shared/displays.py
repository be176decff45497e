"""What a slice or a contour may show of the model. Knows nothing of figures."""

from typing import Literal, TypeAlias

from axnb.analyses.context import AnalysisContext
from axnb.analyses.shared.prospects import build_current_acquisition, build_suggesting_request
from axnb.errors import AxnbError, UserInputError, near_miss
from axnb.suggest.acquisition.base import SearchPhase

Display: TypeAlias = Literal["mean", "sd", "acquisition", "feasibility"]
DISPLAYS: tuple[Display, ...] = ("mean", "sd", "acquisition", "feasibility")
LABELS: dict[str, str] = {
    "mean": "prediction",
    "sd": "uncertainty (sd)",
    "acquisition": "acquisition function",
    "feasibility": "P(feasible)",
}
PHASES: dict[SearchPhase, str] = {
    SearchPhase.FEASIBILITY: "P(feasible), sought first",
    SearchPhase.IMPROVEMENT: "expected improvement",
    SearchPhase.HYPERVOLUME: "expected hypervolume improvement",
    SearchPhase.SCALARIZATION: "expected improvement, scalarized",
}


def name_acquisition(context: AnalysisContext) -> str:
    """Return what is called what the next suggestion maximises: by its configured name, or by what ours seeks.

    Raises:
        NotConfiguredError: If there is no goal yet.
        DataRequiredError: If there are too few results for a model.
    """
    chosen = build_suggesting_request(context).options.acquisition
    return chosen.name if chosen is not None else PHASES[build_current_acquisition(context).phase]


def label_display(context: AnalysisContext, display: Display) -> str:
    """Return what a display is called; building the acquisition for its name only where it is drawn anyway.

    Args:
        context: What is known of the experiment.
        display: What is drawn.
    """
    return name_acquisition(context) if display == "acquisition" else LABELS[display]


def check_display(display: object) -> Display:
    """Return what is to be shown; `"sem"` is another name of `"sd"`.

    Raises:
        UserInputError: If there is no such display.

    Example:
        >>> check_display("sem")
        'sd'
    """
    given = "sd" if display == "sem" else display
    if given not in DISPLAYS:
        hint = near_miss(display, DISPLAYS)
        raise UserInputError(f"display must be 'mean', 'sd', 'acquisition' or 'feasibility', got {display!r}.{hint}")
    return given


def list_displays(context: AnalysisContext) -> tuple[Display, ...]:
    """Return what can be shown: feasibility needs constraints, an acquisition function a model of the whole goal."""
    goal = context.view.optimization
    if goal is None:
        return ("mean", "sd")
    try:
        context.require(goal.metric_names)
    except AxnbError:
        return ("mean", "sd")
    return DISPLAYS if goal.constraints else ("mean", "sd", "acquisition")
