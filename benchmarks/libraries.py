"""axnb, Ax and Optuna's Gaussian-process sampler on one footing: to ask and to tell, each in a process of its own."""

import importlib
import importlib.util
import json
import logging
import math
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

MODULES = {"axnb": "axnb", "ax": "ax", "optuna": "optuna"}

Point = dict[str, float]
Ask = Callable[[], tuple[object, Point]]
Tell = Callable[[object, float], object]


def installed(names: Sequence[str]) -> list[str]:
    """Return those libraries that are installed."""
    return [name for name in names if importlib.util.find_spec(MODULES[name])]


def smooth(point: Point) -> float:
    """Return a smooth function of all parameters."""
    return sum(math.sin(3.0 * v + i) for i, v in enumerate(point.values())) / math.sqrt(len(point))


def start(
    library: str,
    names: Sequence[str],
    seed: int,
    known: Sequence[Point] = (),
    value: Callable[[Point], float] = smooth,
    startup: int | None = None,
) -> tuple[Ask, Tell]:
    """Return ask and tell of a minimisation over a cube.

    Args:
        library: Which.
        names: The parameters, each from 0 to 1.
        seed: Its seed.
        known: Points that were tried before.
        value: Their outcomes.
        startup: Number of initial points where the library lets one choose.
    """
    if library == "optuna":
        return _optuna(names, seed, known, value, startup)
    client = client_of(library, names, seed)
    for point in known:
        client.complete_trial(client.attach_trial(point), raw_data={"y": value(point)})

    def ask() -> tuple[object, Point]:
        ((index, point),) = client.get_next_trials(max_trials=1).items()
        return index, point

    return ask, lambda index, y: client.complete_trial(index, raw_data={"y": y})


def client_of(library: str, names: Sequence[str], seed: int, constraints: Sequence[str] = ()):  # noqa: ANN201 - two classes of one face
    """Return axnb's or Ax's Client, over a cube with linear constraints."""
    module = importlib.import_module("axnb" if library == "axnb" else "ax.api.client")
    configs = importlib.import_module("axnb" if library == "axnb" else "ax.api.configs")
    logging.disable(logging.WARNING)  # Ax logs every trial
    client = module.Client(random_seed=seed)
    parameters = [configs.RangeParameterConfig(name=n, bounds=(0.0, 1.0), parameter_type="float") for n in names]
    client.configure_experiment(parameters=parameters, parameter_constraints=list(constraints) or None)
    client.configure_optimization(objective="-y")
    return client


def _optuna(
    names: Sequence[str],
    seed: int,
    known: Sequence[Point],
    value: Callable[[Point], float],
    startup: int | None,
) -> tuple[Ask, Tell]:
    optuna = importlib.import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    initial = {} if startup is None else {"n_startup_trials": startup}
    study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=seed, **initial))
    ranges = {name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in names}
    for point in known:
        study.add_trial(optuna.trial.create_trial(params=point, distributions=ranges, value=value(point)))

    def ask() -> tuple[object, Point]:
        trial = study.ask(ranges)
        return trial, trial.params

    return ask, study.tell


def in_new_process(
    script: str, arguments: Sequence[object], limit: float | None = None
) -> tuple[list[dict[str, float]], str | None]:
    """Run a script in a fresh interpreter on one thread.

    Args:
        script: Its path.
        arguments: What it is given.
        limit: Seconds after which it is stopped.

    Returns:
        The lines of JSON that it printed until then, and why it ended early: `"limit"` or an error; ``None`` if not.
    """
    command = [sys.executable, "-W", "ignore", str(Path(script).resolve()), *map(str, arguments)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with subprocess.Popen(  # noqa: S603 - ourselves
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **threads}
    ) as process:
        ended = None
        try:
            out, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
            ended = "limit"
    if ended is None and process.returncode:
        ended = (errors.strip().splitlines() or ["no message"])[-1]
    return [json.loads(line) for line in out.splitlines() if line.startswith("{") and line.endswith("}")], ended
