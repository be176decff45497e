"""A Client with six completed trials, as many tests begin."""

import pytest

from axnb import Client, RangeParameterConfig


def loss(p):
    return (p["x"] - 0.3) ** 2 + p["y"]


@pytest.fixture
def client():
    made = Client(random_seed=0)
    made.configure_experiment(
        [RangeParameterConfig("x", (0.0, 1.0), "float"), RangeParameterConfig("y", (0.0, 1.0), "float")],
        parameter_constraints=["x + y <= 1.5"],
    )
    made.configure_optimization("-loss")
    for _ in range(6):
        for index, p in made.get_next_trials(1).items():
            made.complete_trial(index, {"loss": loss(p)})
    return made
