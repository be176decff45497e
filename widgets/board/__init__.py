"""The trial board: what it shows (`state`), what people type into it (`entry`), the widget, and its still picture."""

from axnb.widgets.board.board import Board

__all__ = ["Board"]
