"""Whether the model can be trusted: cross-validation, model health, noise."""
