"""Numbers: encoding points, transforming outcomes, modelling them, and what can be read from a model.

``encoder`` is the border to parameterizations and ``outcome_model`` the door for models: suggestions and analyses ask
that protocol. ``gaussian_process_model`` (one process, on ``gp`` and ``kernels``) and ``mixture`` (an average over
``prior_variants``) are ours behind it; ``surrogate`` holds one model a metric. Nothing here knows what an experiment or
a trial is; see ``axnb.suggest`` for that.
"""
