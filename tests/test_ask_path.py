"""The way from the question to the answer is short enough to be read in one sitting."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from axnb import Client, RangeParameterConfig

ROOT = Path(__file__).resolve().parents[1]
OURS = tuple(str(ROOT / folder) for folder in ("axnb", "analyses", "widgets"))
OPTIMISER = ("optimize.py", "maximise")  # where the acquisition function is maximised
MOST_FILES = 32  # three as the strategy is split by idea, two for searches near the best in turn with wide ones
MOST_FRAMES = 6


class Trace:
    """What a call crosses: our files, and our frames above each call of the acquisition optimiser."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.depths: list[int] = []

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(OURS):
            return
        self.files.add(str(Path(code.co_filename).resolve().relative_to(ROOT)))
        if (Path(code.co_filename).name, code.co_name) == OPTIMISER:
            self.depths.append(_our_callers(frame))


def _our_callers(frame: FrameType) -> int:
    """Count our frames that called this one, generator expressions and the like included."""
    count, caller = 0, frame.f_back
    while caller is not None:
        count += caller.f_code.co_filename.startswith(OURS)
        caller = caller.f_back
    return count


def _traced(call: Callable[[], Any]) -> tuple[Trace, Any]:
    trace = Trace()
    sys.setprofile(trace)
    try:
        value = call()
    finally:
        sys.setprofile(None)
    return trace, value


def _client(trials: int) -> Client:
    client = Client(random_seed=0)
    bounds = (0.0, 1.0)
    client.configure_experiment(
        parameters=[RangeParameterConfig(name=name, bounds=bounds, parameter_type="float") for name in ("a", "b")]
    )
    client.configure_optimization(objective="-loss")
    for _ in range(trials):
        for index, point in client.get_next_trials(max_trials=1).items():
            client.complete_trial(index, raw_data={"loss": (point["a"] - 0.3) ** 2 + point["b"]})
    return client


def test_a_model_based_suggestion_takes_a_short_way() -> None:
    client = _client(trials=7)
    trace, created = _traced(lambda: client.get_next_trials(max_trials=1))
    (index,) = created
    assert client.experiment.view().trials[index].provenance.generator == "BO"
    assert trace.depths, f"{OPTIMISER} was never called: has the acquisition optimiser moved?"
    assert max(trace.depths) <= MOST_FRAMES
    assert len(trace.files) <= MOST_FILES, sorted(trace.files)
