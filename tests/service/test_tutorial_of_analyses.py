"""The tutorial of Ax on analyses of one's own."""

import pandas as pd
import plotly.express as px
import pytest

from axnb.adapter.base import Adapter
from axnb.analysis.analysis import Analysis, AnalysisCard
from axnb.analysis.plotly.parallel_coordinates import ParallelCoordinatesPlot
from axnb.analysis.plotly.plotly_analysis import PlotlyAnalysisCard, create_plotly_analysis_card
from axnb.api.client import Client
from axnb.api.configs import RangeParameterConfig
from axnb.core.experiment import Experiment
from axnb.generation_strategy.generation_strategy import GenerationStrategy


def counts(experiment, divide):
    total = len(experiment.trials) if divide else 1
    held = {s.name: len(trials) / total for s, trials in experiment.trials_by_status.items() if trials}
    return pd.DataFrame({"status": held.keys(), "count": held.values()})


class TrialStatusTable(Analysis):
    def __init__(self, divide=False):
        super().__init__()
        self.divide = divide

    def compute(
        self,
        experiment: Experiment | None = None,
        generation_strategy: GenerationStrategy | None = None,
        adapter: Adapter | None = None,
    ) -> AnalysisCard:
        df = counts(experiment, self.divide)
        return self._create_analysis_card(title="Trials by status", subtitle="How many of each.", df=df)


class TrialStatusPlot(TrialStatusTable):
    def compute(self, experiment=None, generation_strategy=None, adapter=None) -> PlotlyAnalysisCard:
        df = counts(experiment, self.divide)
        return create_plotly_analysis_card(
            name="TrialStatusPlot", title="Trials", subtitle="Each.", df=df, fig=px.bar(df, x="status", y="count")
        )


def booth_client():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig(f"x{i}", (-10.0, 10.0), "float") for i in (1, 2)], name="booth")
    client.configure_optimization(objective="-1 * booth")
    for i in range(6):
        for index, p in client.get_next_trials(max_trials=1).items():
            if i == 3:
                client.mark_trial_failed(index)
            elif i == 4:
                client.mark_trial_abandoned(index)
            else:
                value = (p["x1"] + 2 * p["x2"] - 7) ** 2 + (2 * p["x1"] + p["x2"] - 5) ** 2
                client.complete_trial(index, {"booth": value})
    return client


def test_our_analyses_take_an_experiment():
    client = booth_client()
    card = ParallelCoordinatesPlot().compute(
        experiment=client._experiment, generation_strategy=client._generation_strategy, adapter=None
    )
    same = ParallelCoordinatesPlot().compute(client._experiment)
    assert card.df.equals(client.compute_analyses([ParallelCoordinatesPlot()])[0].df)
    assert card.df.equals(same.df)


def test_analyses_of_ones_own_work_beside_ours():
    client = booth_client()
    table, ours, share, plot = client.compute_analyses(
        [TrialStatusTable(), ParallelCoordinatesPlot(), TrialStatusTable(divide=True), TrialStatusPlot()]
    )
    assert dict(table.df.values) == {"COMPLETED": 4, "FAILED": 1, "ABANDONED": 1}
    assert table.name == "TrialStatusTable"
    assert ours.figure is not None
    assert share.df["count"].max() == pytest.approx(4 / 6)
    assert plot.figure.data[0].type == "bar"
    assert set(client._experiment.trials) == set(range(6))
