"""Shows figures, in the words of Ax's notebooks."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go


def init_notebook_plotting(offline: bool = False) -> None:
    """Do nothing: figures show themselves in a notebook, and need no network either way.

    Example:
        >>> init_notebook_plotting()
    """


def render(plot_config: "go.Figure", inject_helpers: bool = False) -> None:
    """Show a figure: in the notebook, or in a browser where there is none.

    Args:
        plot_config: The figure.
        inject_helpers: Taken for the sake of old code: there is nothing to inject.

    Raises:
        UserInputError: If it is no figure.
    """
    import plotly.graph_objects as go

    from axnb.errors import UserInputError, shown

    if not isinstance(plot_config, go.Figure):
        raise UserInputError(f"render shows a plotly figure, got {shown(plot_config)}.")
    plot_config.show()
