"""A path of Ax for our analyses; nothing decides here."""

from axnb.analyses import DiagnosticAnalysis

__all__ = ["DiagnosticAnalysis"]
