"""Numbers: encoding points, scaling outcomes, Gaussian processes and what can be read from them.

Nothing here knows what an experiment or a trial is; see ``axnb.suggest`` for that.
"""
