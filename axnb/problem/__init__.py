"""What may be tried and what is wanted: parameters, constraints, search space, expressions, objectives.

Frozen values that validate when they are made. This layer knows nothing of trials, data, models or notebooks.
"""
