"""What happened: events, trials, data, the experiment.

The experiment is a journal of events; its state is their fold. This layer knows nothing of models, files or notebooks.
"""
