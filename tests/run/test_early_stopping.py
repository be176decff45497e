"""The percentile rule stops what is worse than its peers, and nothing else."""

import math

import pytest

from axnb import Client, RangeParameterConfig
from axnb.errors import UserInputError
from axnb.run.early_stopping import PercentileEarlyStoppingStrategy, value_at


def client_with_curves(finals, steps=20, objective="-loss"):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization(objective)
    for k, final in enumerate(finals):
        index = client.attach_trial({"x": k / 10})
        for step in range(0, steps + 1, 5):
            client.attach_data(index, {"loss": final + 1 - step / steps}, progression=step)
    return client


def test_only_what_is_worse_than_the_median_is_stopped():
    client = client_with_curves([1.0, 2.0, 3.0, 4.0, 5.0])
    assert [client.should_stop_trial_early(i) for i in range(5)] == [False, False, False, True, True]
    upward = client_with_curves([1.0, 2.0, 3.0, 4.0, 5.0], objective="loss")
    assert [upward.should_stop_trial_early(i) for i in range(5)] == [True, True, False, False, False]


def test_it_waits_for_steps_and_for_curves():
    assert not any(client_with_curves([1.0, 2.0, 3.0, 9.0]).should_stop_trial_early(i) for i in range(4))
    assert not any(client_with_curves([1.0, 2.0, 3.0, 4.0, 9.0], steps=5).should_stop_trial_early(i) for i in range(5))
    client = client_with_curves([1.0] * 5)
    index = client.attach_trial({"x": 0.9})
    assert not client.should_stop_trial_early(index)
    client.attach_data(index, {"loss": 99.0})
    assert not client.should_stop_trial_early(index)  # no progression


def test_settings_count():
    client = client_with_curves([1.0, 2.0, 3.0, 4.0, 5.0])
    client.set_early_stopping_strategy(PercentileEarlyStoppingStrategy(n_best_trials_to_complete=4))
    assert [client.should_stop_trial_early(i) for i in range(5)] == [False, False, False, False, True]
    client.set_early_stopping_strategy(PercentileEarlyStoppingStrategy(percentile_threshold=0))
    assert not any(client.should_stop_trial_early(i) for i in range(5))
    with pytest.raises(UserInputError, match="from 0 to 100"):
        PercentileEarlyStoppingStrategy(percentile_threshold=101)
    with pytest.raises(UserInputError, match="early stopping strategy"):
        client.set_early_stopping_strategy(3)


def test_peers_are_compared_at_the_same_step():
    client = client_with_curves([1.0, 1.0, 1.0, 1.0])
    index = client.attach_trial({"x": 0.9})
    client.attach_data(index, {"loss": 1.55}, progression=12)  # the others had 1.4 then
    assert client.should_stop_trial_early(index)
    client.attach_data(index, {"loss": 1.15}, progression=14)  # the others had 1.3
    assert not client.should_stop_trial_early(index)


def client_with_batch(ends, peers=(1.0, 1.1, 1.2, 1.3, 1.4)):
    client = client_with_curves(peers)
    index = client.attach_batch([{"x": 0.61 + k / 100} for k in range(len(ends))])
    for k, end in enumerate(ends):
        for step in range(0, 21, 5):
            client.attach_data(index, {f"{index}_{k}": {"loss": end + 1 - step / 20}}, progression=step)
    return client, index


def test_a_batch_is_stopped_only_where_each_of_its_arms_would_be():
    client, index = client_with_batch([9.0, 8.0])
    view = client.experiment.view()
    reason = PercentileEarlyStoppingStrategy().should_stop(view, view.trial(index))
    assert reason == f"loss of arm {index}_1 is 8 at step 20, worse than 1.25, the threshold of 5 others."
    for ends in ([9.0, 0.5], [0.5, 9.0], [1.0, 1.0]):
        client, index = client_with_batch(ends)
        assert not client.should_stop_trial_early(index)


def test_each_arm_of_a_batch_is_a_peer_of_other_trials_and_a_batch_is_one_of_the_best():
    client, index = client_with_batch([0.1, 0.2, 0.3, 0.4], peers=[1.0])
    assert client.should_stop_trial_early(0)  # five curves reach its step
    client.set_early_stopping_strategy(PercentileEarlyStoppingStrategy(n_best_trials_to_complete=2))
    assert not client.should_stop_trial_early(0)  # one trial is better, not four
    client.complete_trial(index)
    assert client.experiment.view().trial(index).status.is_completed


def test_a_step_of_zero_divides_nothing():
    client = client_with_curves([1.0, 2.0, 3.0, 4.0, 5.0], steps=5)
    index = client.attach_batch([{"x": 0.91}, {"x": 0.92}])
    client.attach_data(index, {f"{index}_0": {"loss": 9.0}, f"{index}_1": {"loss": 9.0}}, progression=0)
    client.set_early_stopping_strategy(PercentileEarlyStoppingStrategy(min_progression=None))
    assert client.should_stop_trial_early(index)


def test_values_between_readings():
    assert value_at([(0, 1.0), (10, 3.0)], 10) == 3.0
    assert value_at([(0, 1.0), (10, 3.0)], 10.5) is None
    assert value_at([(1, 1.0)], 0.5) is None
    assert value_at([], 1) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("percentile_threshold", "a"),
        ("percentile_threshold", True),
        ("percentile_threshold", math.nan),
        ("min_progression", "a"),
        ("min_progression", math.inf),
        ("min_curves", "a"),
        ("min_curves", 0),
        ("n_best_trials_to_complete", "a"),
        ("n_best_trials_to_complete", -1),
    ],
)
def test_settings_that_make_no_sense_are_refused(field, value):
    with pytest.raises(UserInputError, match=f"{field} must be"):
        PercentileEarlyStoppingStrategy(**{field: value})
