"""A runner and metrics that loops import by their paths."""

from axnb import IMetric, IRunner, TrialStatus


class Furnace(IRunner):
    def run_trial(self, trial_index, parameterization):
        return {"x": parameterization["x"]}

    def poll_trial(self, trial_index, trial_metadata):
        return TrialStatus.COMPLETED


class Reading(IMetric):
    def fetch(self, trial_index, trial_metadata):
        return 0, (trial_metadata["x"] - 0.25) ** 2


loss = Reading("loss")
