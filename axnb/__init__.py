"""Adaptive experimentation in a notebook."""
