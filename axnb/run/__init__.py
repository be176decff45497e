"""Closed loops: runners and metrics that users write, the loop that drives them, early stopping.

A loop talks to the experiment through the small `Hands` protocol. This layer knows nothing of notebooks.
"""
