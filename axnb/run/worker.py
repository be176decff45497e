"""What runs beside the loop, in a thread or another process: it calls a user's function and says what became of it.

Whoever runs it finds a folder there that the loop reads: a job writes when it began and what the function reports, and
finds a file there when it should stop. So it works with every executor that shares a file system with the loop. This
module imports nothing heavy, as every worker imports it.
"""

import importlib
import inspect
import json
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from axnb.errors import UserInputError

_WATCH = 0.2  # seconds between two looks at whether the parent lives
_FRAMES = 3  # of a traceback that are told
_LONGEST = 1500  # characters of what is told of an error


class ProgressReporter:
    """What a function is given as `report`: it tells how far it has come, and learns whether it should stop.

    Args:
        file: Where progress is written; a file of the same name that ends in `.stop` says that it should stop.

    Example:
        >>> from tempfile import mkdtemp
        >>> report = ProgressReporter(Path(mkdtemp()) / "0.jsonl")
        >>> report(1, loss=0.5)
        >>> report.should_stop
        False
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, step: float, **metrics: float | tuple[float, float]) -> None:
        """Tell the values of metrics at a step: each a number, or a pair of mean and standard error.

        Raises:
            UserInputError: If something is no number.
        """
        try:
            text = json.dumps({"step": float(step), "metrics": {n: _number(v) for n, v in metrics.items()}})
        except (TypeError, ValueError) as error:
            raise UserInputError(
                f"report takes a step and metrics as numbers, such as report(3, loss=0.5): {error}."
            ) from None
        if self._file.parent.is_dir():  # else the loop is on another machine, and does not hear of it
            append_line(self._file, text)

    @property
    def should_stop(self) -> bool:
        """Whether the trial has been ended, so that going on is of no use."""
        return self._file.with_suffix(".stop").exists()


def _number(value: Any) -> float | list[float]:
    return [float(v) for v in value] if isinstance(value, tuple | list) else float(value)


def append_line(file: Path, text: str) -> None:
    """Append a line to a file, in one write."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text + "\n")


def run_job(function: Callable[..., Any] | bytes, point: Mapping[str, Any], file: str, loop: int) -> tuple[str, Any]:
    """Call a function, and return `("value", what it returned)`, `("error", why it failed)` or `("lost", how)`.

    Args:
        function: The function, or what cloudpickle made of it.
        point: The parameterization.
        file: Where the job tells of itself.
        loop: Number of the process that runs the loop; where that is the parent, this process ends with it.
    """
    if loop == os.getppid():
        _end_with_parent(loop)
    path = Path(file)
    if not claim(
        path
    ):  # engines such as Dask call again by themselves what was lost with a worker: the loop is to know
        return "lost", "it was lost with the worker that ran it"
    _tell(path, {"host": socket.gethostname(), "pid": os.getpid(), "began": time.time()})
    try:
        call = _load(function) if isinstance(function, bytes) else function
        _tell(path, {"called": time.time()})  # what loading took, such as imports, is not the call's time
        reporter = {"report": ProgressReporter(path)} if takes_report(call) else {}
        return "value", call(dict(point), **reporter)
    except Exception as error:  # the user's code may raise anything, also what cannot be sent to another process
        return "error", tell_error(error)


def claim(file: Path) -> bool:
    """Return whether a call may begin, and let no other begin it: its file is made once, by whoever is first."""
    try:
        file.open("x").close()
    except FileExistsError:
        return False
    except FileNotFoundError:  # on another machine, whose folder is not here
        return True
    return True


def _tell(file: Path, what: Mapping[str, object]) -> None:
    """Tell the loop something; one on another machine, whose folder is not here, does not hear of it."""
    if file.parent.is_dir():
        append_line(file, json.dumps(what))


@cache
def _end_with_parent(parent: int) -> None:
    """End this process once its parent is gone: nobody would take its results, and others begin its trials again."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH)
        os._exit(1)

    threading.Thread(target=watch, name="axnb-parent", daemon=True).start()


@lru_cache(maxsize=4)
def _load(pickled: bytes) -> Callable[..., Any]:
    return find_cloudpickle().loads(pickled)  # type: ignore[no-any-return]


def find_cloudpickle() -> Any:
    """Return the module that pickles functions of notebook cells by value."""
    try:
        return importlib.import_module("cloudpickle")
    except ImportError:
        return importlib.import_module("joblib.externals.cloudpickle")


def takes_report(function: Callable[..., Any]) -> bool:
    """Return whether a function has a parameter `report`.

    Example:
        >>> takes_report(lambda point, report: 0), takes_report(lambda point: 0)
        (True, False)
    """
    try:
        return "report" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def tell_error(error: BaseException) -> str:
    """Return what an error is and where it was raised, the innermost place first, in a line.

    Example:
        >>> tell_error(ValueError("too hot"))
        'ValueError: too hot'
    """
    try:
        said = f"{type(error).__name__}: {error}"
    except Exception:  # an error that cannot even be shown
        said = type(error).__name__
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    places = [f"line {f.lineno} of {Path(f.filename).name} in {f.name}" for f in reversed(frames[-_FRAMES:])]
    return said[:_LONGEST] + (f" ({', from '.join(places)})" if places else "")
