"""Keeping the experiment: the codec and the JSON snapshot.

What is kept is the journal; the state is folded from it on the way back. This layer knows nothing of models.
"""
