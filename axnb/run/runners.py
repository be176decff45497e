"""Runners and metrics that are ready to use: functions, and programs that print JSON."""

import json
import math
import os
import random
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from axnb.errors import UserInputError, listing, shown
from axnb.problem.parameters import plain, to_float
from axnb.problem.space import Parameterization
from axnb.record.trial import TrialStatus
from axnb.run.protocols import IMetric, IRunner

_PLACEHOLDER = re.compile(r"""\{([^{}\s:"']+)\}""")  # other braces, of JSON and the like, are left alone


class SyntheticRunner(IRunner):
    """Completes each trial at once, and keeps its parameterization for `FunctionMetric`.

    Example:
        >>> SyntheticRunner().run_trial(0, {"x": 0.5})
        {'parameters': {'x': 0.5}}
    """

    def run_trial(self, trial_index: int, parameterization: Parameterization) -> Mapping[str, Any]:
        """Return the parameterization."""
        return {"parameters": dict(parameterization)}

    def poll_trial(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> TrialStatus:
        """Return that it is completed."""
        return TrialStatus.COMPLETED


class FunctionMetric(IMetric):
    """Computes a metric from the parameterization that `SyntheticRunner` keeps.

    Args:
        name: The metric's name.
        function: Takes a parameterization and returns the metric's value.
        noise_sd: Standard deviation of the noise that is added; the same trial gets the same noise.

    Raises:
        UserInputError: If the function cannot be called, or the noise is no number of at least 0.

    Example:
        >>> FunctionMetric("loss", lambda point: point["x"] ** 2).fetch(0, {"parameters": {"x": 3.0}})
        (0, (9.0, 0.0))
    """

    def __init__(self, name: str, function: Callable[[Parameterization], float], noise_sd: float = 0.0) -> None:
        super().__init__(name)
        if not callable(function):
            raise UserInputError(f"expected a function of a parameterization, got {shown(function)}.")
        if not 0 <= to_float(plain(noise_sd)) < math.inf:
            raise UserInputError(f"noise_sd must be a number of at least 0, got {shown(noise_sd)}.")
        self._function, self._noise_sd = function, float(noise_sd)

    def fetch(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> tuple[float, tuple[float, float]]:
        """Return 0, and the value with its standard error."""
        value = float(self._function(trial_metadata["parameters"]))
        noise = random.Random(f"{self.name} {trial_index}").gauss(0.0, self._noise_sd)  # noqa: S311 - no secret
        return 0, (value + noise, self._noise_sd)


class SubprocessRunner(IRunner):
    """Runs a program for each trial; what it prints is kept in a file, where `JsonOutputMetric` finds it.

    A trial whose program is still running is gone on with by the next process, which can tell that it has ended, but
    not by which exit code: then output without JSON is what fails it.

    Args:
        command: The program and its arguments, with a placeholder for each parameter, such as
            `"python train.py --rate {rate}"`. It is not given to a shell.
        folder: Where the output of trial 3 is kept, as `3.out` and `3.err`.

    Raises:
        UserInputError: If the command is empty.

    Example:
        >>> SubprocessRunner("python train.py --rate {rate}", "runs").command_of({"rate": 0.1})
        ['python', 'train.py', '--rate', '0.1']
    """

    def __init__(self, command: str | Sequence[str], folder: str | os.PathLike[str]) -> None:
        self._command = shlex.split(command) if isinstance(command, str) else [str(part) for part in command]
        if not self._command:
            raise UserInputError("command must name a program, such as 'python train.py --rate {rate}'.")
        self._folder = Path(folder)
        self._running: dict[int, subprocess.Popen[bytes]] = {}

    def command_of(self, parameterization: Parameterization) -> list[str]:
        """Return the program and its arguments for a parameterization.

        Raises:
            UserInputError: If a placeholder is none of its parameters.
        """
        wanted = {name for part in self._command for name in _PLACEHOLDER.findall(part)}
        unknown = sorted(wanted - set(parameterization))
        if unknown:
            raise UserInputError(f"the command has {listing(unknown)}; the parameters are {listing(parameterization)}.")
        return [_PLACEHOLDER.sub(lambda m: str(parameterization[m[1]]), part) for part in self._command]

    def run_trial(self, trial_index: int, parameterization: Parameterization) -> Mapping[str, Any]:
        """Start the program."""
        self._folder.mkdir(parents=True, exist_ok=True)
        output = self._folder / f"{trial_index}.out"
        with output.open("wb") as out, output.with_suffix(".err").open("wb") as err:
            process = subprocess.Popen(self.command_of(parameterization), stdout=out, stderr=err)  # noqa: S603 - the user's
        self._running[trial_index] = process
        return {"pid": process.pid, "output": str(output.resolve())}

    def poll_trial(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> TrialStatus:
        """Return whether the program has ended, and well."""
        process = self._running.get(trial_index)
        if process is not None:
            code = process.poll()
            if code is None:
                return TrialStatus.RUNNING
            return TrialStatus.COMPLETED if code == 0 else TrialStatus.FAILED
        return TrialStatus.RUNNING if _lives(trial_metadata["pid"]) else TrialStatus.COMPLETED

    def stop_trial(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """End the program.

        Raises:
            NotImplementedError: If another process began it.
        """
        if trial_index not in self._running:
            raise NotImplementedError("the program was begun by another process.")
        self._running[trial_index].terminate()
        return {"stopped": True}


class JsonOutputMetric(IMetric):
    """Reads a metric from the last line of JSON that a program of `SubprocessRunner` has printed.

    The line is an object such as `{"loss": 0.25}`, or `{"loss": [0.25, 0.01], "step": 3}` with a standard error and a
    progression.

    Args:
        name: The metric's name.

    Example:
        >>> from tempfile import mkdtemp
        >>> file = Path(mkdtemp()) / "0.out"
        >>> _ = file.write_text('{"loss": 0.25}')
        >>> JsonOutputMetric("loss").fetch(0, {"output": str(file)})
        (0, 0.25)
    """

    def fetch(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> tuple[float, float | tuple[float, float]]:
        """Return the progression and the outcome.

        Raises:
            UserInputError: If no line tells of the metric.
        """
        output = Path(trial_metadata["output"])
        for line in reversed(output.read_text(encoding="utf-8", errors="replace").splitlines()):
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, Mapping) and self.name in told:
                value = told[self.name]
                return told.get("step", 0), (value[0], value[1]) if isinstance(value, list) else value
        errors = output.with_suffix(".err")
        last = errors.read_text(encoding="utf-8", errors="replace").strip()[-300:] if errors.exists() else ""
        said = f" Its last words: {last}" if last else ""
        raise UserInputError(f"the program printed no line of JSON with {self.name!r} in {output.name}.{said}")


def _lives(pid: int) -> bool:
    if sys.platform == "win32":
        return False  # a signal would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
