"""What a slice or a contour may show of the model. Knows nothing of figures."""

from typing import Literal, TypeAlias

from axnb.analyses.context import AnalysisContext
from axnb.errors import AxnbError, UserInputError, near_miss

Display: TypeAlias = Literal["mean", "sd", "acquisition", "feasibility"]
DISPLAYS: tuple[Display, ...] = ("mean", "sd", "acquisition", "feasibility")
LABELS: dict[str, str] = {
    "mean": "prediction",
    "sd": "uncertainty (sd)",
    "acquisition": "acquisition",
    "feasibility": "P(feasible)",
}


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
