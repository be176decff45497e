"""Closed loops: runners and metrics that users write, the loop that drives them, early stopping.

A loop talks to the experiment through the small `TrialBackend` protocol, and to what runs trials through `Executor`.
This layer knows nothing of notebooks.
"""
