"""Runners and metrics that are ready to use."""

import subprocess
import sys
import time

import pytest

from axnb import Client, RangeParameterConfig, TrialStatus
from axnb.errors import UserInputError
from axnb.run.runners import FunctionMetric, JsonOutputMetric, SubprocessRunner, SyntheticRunner

PROGRAM = """
import json, sys
x = float(sys.argv[1])
print("starting")
if x > 0.9:
    sys.exit("too hot")
print(json.dumps({"loss": [x ** 2, 0.01], "step": 3}))
"""


def make(metric, runner):
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("-loss")
    client.configure_generation_strategy(method="random_search")
    client.configure_metrics([metric])
    client.configure_runner(runner)
    return client


def test_a_program_with_placeholders_that_prints_json(tmp_path):
    client = make(JsonOutputMetric("loss"), SubprocessRunner([sys.executable, "-c", PROGRAM, "{x}"], tmp_path))
    report = client.run_trials(6, parallelism=2, initial_seconds_between_polls=0.02)
    trials = client.experiment.view().trials
    assert {i for i, _ in report.failed} == {i for i, t in trials.items() if t.parameters["x"] > 0.9}
    assert report.completed
    assert all(
        trials[i].outcomes["loss"] == (pytest.approx(trials[i].parameters["x"] ** 2), 0.01) for i in report.completed
    )
    assert (tmp_path / "0.out").read_text().startswith("starting")


def test_what_a_program_says_last_is_told_where_it_prints_no_json(tmp_path):
    program = "import sys; print('no json', file=sys.stderr)"
    client = make(JsonOutputMetric("loss"), SubprocessRunner([sys.executable, "-c", program], tmp_path))
    report = client.run_trials(1, initial_seconds_between_polls=0.02)
    assert "printed no line of JSON with 'loss' in 0.out. Its last words: no json" in report.failed[0][1]


def test_a_program_of_another_process_is_waited_for_and_one_of_ours_stopped(tmp_path):
    runner = SubprocessRunner([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path)
    metadata = runner.run_trial(0, {"x": 0.5})
    other = SubprocessRunner("x", tmp_path)
    assert other.poll_trial(0, metadata) is TrialStatus.RUNNING
    with pytest.raises(NotImplementedError, match="another process"):
        other.stop_trial(0, metadata)
    assert runner.stop_trial(0, metadata) == {"stopped": True}
    while runner.poll_trial(0, metadata) is TrialStatus.RUNNING:
        time.sleep(0.01)
    assert runner.poll_trial(0, metadata) is TrialStatus.FAILED
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert other.poll_trial(1, {"pid": ended.pid}) is TrialStatus.COMPLETED


def test_a_placeholder_that_is_no_parameter_is_said(tmp_path):
    with pytest.raises(UserInputError, match="the command has 'rate'; the parameters are 'x'"):
        SubprocessRunner("train {rate}", tmp_path).command_of({"x": 0.5})
    with pytest.raises(UserInputError, match="must name a program"):
        SubprocessRunner("", tmp_path)


def test_functions_with_noise(tmp_path):
    client = make(FunctionMetric("loss", lambda p: p["x"], noise_sd=0.1), SyntheticRunner())
    client.run_trials(4, initial_seconds_between_polls=0)
    trials = client.experiment.view().trials.values()
    assert all(t.outcomes["loss"][1] == 0.1 for t in trials)
    assert all(0 < abs(t.outcomes["loss"][0] - t.parameters["x"]) < 1 for t in trials)
    with pytest.raises(UserInputError, match="noise_sd"):
        FunctionMetric("loss", lambda p: 1.0, noise_sd=-1)
    with pytest.raises(UserInputError, match="function"):
        FunctionMetric("loss", 3)
