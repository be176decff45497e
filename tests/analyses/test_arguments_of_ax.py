"""Analyses take the arguments that Ax's analyses have."""

import pytest

from axnb import Client, RangeParameterConfig
from axnb.analyses import (
    ArmEffectsPlot,
    BaselineImprovementAnalysis,
    EarlyStoppingAnalysis,
    ObjectivePFeasibleFrontierPlot,
    PredictableMetricsAnalysis,
    SensitivityAnalysisPlot,
    TrialAnalysis,
)
from axnb.errors import UserInputError
from axnb.record.generator_run import GeneratorRun
from axnb.record.trial import Arm


@pytest.fixture(scope="module")
def client():
    made = Client(random_seed=0)
    made.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    made.configure_optimization("-loss", ["size <= 0.8"])
    made.attach_baseline({"x": 0.3})
    made.complete_trial(0, {"loss": 0.0, "size": 0.3})
    for x in (0.0, 0.5, 0.7, 1.0):
        made.complete_trial(made.attach_trial({"x": x}), {"loss": (x - 0.3) ** 2, "size": x})
    return made


def test_arms_of_generator_runs_are_predicted(client):
    runs = {"mine": GeneratorRun([Arm({"x": 0.2}), Arm({"x": 0.9})])}
    plot = ArmEffectsPlot("loss", additional_arms=[Arm({"x": 0.1})], generator_runs=runs)
    assert (
        len(plot.compute(client.analysis_context()).df) == len(ArmEffectsPlot("loss").compute(client.experiment).df) + 3
    )


def test_a_frontier_shows_the_trials_that_are_asked_for(client):
    context = client.analysis_context()
    everything = ObjectivePFeasibleFrontierPlot(num_points_to_generate=2).compute(context).df
    one = ObjectivePFeasibleFrontierPlot(num_points_to_generate=2, trial_index=2).compute(context).df
    none = ObjectivePFeasibleFrontierPlot(num_points_to_generate=2, trial_statuses=["failed"]).compute(context).df
    assert len(everything) - len(one) == 4
    assert len(everything) - len(none) == 5


def test_messages_stand_in_place_of_ours(client):
    context = client.analysis_context()
    card = BaselineImprovementAnalysis(no_improvement_message="Not yet.", documentation_link="http://lab/help")
    assert card.compute(context).subtitle == "Not yet. See http://lab/help."
    poor = PredictableMetricsAnalysis(model_fit_threshold=1.0, guidance_message="Ask the lab.").compute(context)
    assert poor.subtitle.endswith("Ask the lab.")
    assert EarlyStoppingAnalysis(nudge_additional_info="Ask.").nudge_additional_info == "Ask."


def test_a_trial_is_given_itself_or_by_its_number(client):
    assert TrialAnalysis(trial=client.experiment.trials[2]) == TrialAnalysis(2)
    with pytest.raises(UserInputError, match="trial_index"):
        TrialAnalysis()


def test_steps_are_no_parameters(client):
    context = client.analysis_context()
    cards = [SensitivityAnalysisPlot(exclude_map_key=given).compute(context) for given in (True, False)]
    assert cards[0].df.equals(cards[1].df)
