"""A user's function on any executor of PEP 3148: threads, processes, a cluster."""

import importlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from axnb.errors import UserInputError, listing, near_miss, shown
from axnb.problem.space import Parameterization
from axnb.record.trial import TrialStatus
from axnb.run.leases import this_process
from axnb.run.protocols import JobReport
from axnb.run.worker import claim, find_cloudpickle, run_job, tell_error

_RENEWABLE = ("ThreadPoolExecutor", "ProcessPoolExecutor")  # the standard library's, and loky's
_LOST = "it was lost with the process that ran it"
_LOST_BESIDE = "it was lost as a process of its pool died, its own or that of another trial"
_LOADING = 60.0  # seconds that loading a function may take in a worker, besides the limit
_LOOK = 0.2  # seconds between two looks at what functions report, and at how long they run


class Pool(Protocol):
    """What is asked of an executor of PEP 3148."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        """Start a call and return its future."""
        ...


@dataclass(slots=True)
class FutureJob:
    """A job that this process has begun.

    Args:
        point: The parameterization.
        file: Where the job tells of itself.
        future: Its future; `None` while it waits for a pool that works.
        began: When a worker took it up, by the clock; `None` before.
        called: When the function was called, after it was loaded there.
        worker: Host and process that call it.
        read: Bytes of the file that have been read.
        report: How it has ended.
    """

    point: dict[str, Any]
    file: Path
    future: Any = None
    began: float | None = None
    called: float | None = None
    worker: tuple[str, int] | None = None
    read: int = 0
    report: JobReport | None = None
    progress: list[tuple[float, Mapping[str, Any]]] = field(default_factory=list)

    def begin_anew(self) -> None:
        """Forget the call that was lost, and what it may still write."""
        self.file = self.file.with_name(f"again-{self.file.name}")
        self.future = self.began = self.called = self.worker = None
        self.read, self.progress = 0, []

    def look(self) -> None:
        """Read what the job has told since the last look."""
        if not self.file.exists():
            return
        with self.file.open("rb") as stream:
            stream.seek(self.read)
            for line in stream:
                if not line.endswith(b"\n"):
                    break  # it is being written
                self.read += len(line)
                told = json.loads(line)
                if "pid" in told:
                    self.began, self.worker = told["began"], (told["host"], told["pid"])
                elif "called" in told:
                    self.called = told["called"]
                else:
                    self.progress.append((told["step"], told["metrics"]))


class FutureExecutor:
    """Runs trials by calling a function of a user's on a pool.

    A function of a notebook cell, or a lambda, reaches other processes by value. When a worker dies, its pool fails all
    calls: a new pool then tries those that ran one by one, so that only the one that kills its worker fails. A call
    that runs too long fails, and its process is killed.

    Args:
        function: Takes a parameterization, and, if it has such a parameter, `report`; returns the value of the only
            metric, a pair of mean and standard error, or a dict of these by metric.
        pool: An executor of PEP 3148, or a function that makes one.
        metrics: The metrics of the goal.
        time_limit: Seconds that one call may take.
        jobs: Jobs that an earlier loop of this process has left running.

    Raises:
        UserInputError: If the function cannot be called, or cannot be sent to another process.

    Example:
        >>> executor = FutureExecutor(lambda point: point["x"] ** 2, lambda: ThreadPoolExecutor(1), ["loss"])
        >>> jobs = {0: executor.submit(0, {"x": 3.0})}
        >>> executor.wait(jobs, 10)
        >>> executor.poll(jobs)[0].outcomes
        {'loss': 9.0}
        >>> executor.close()
    """

    def __init__(
        self,
        function: Callable[..., Any],
        pool: Pool | Callable[[], Pool],
        metrics: Sequence[str],
        *,
        time_limit: float | None = None,
        jobs: dict[int, FutureJob] | None = None,
    ) -> None:
        if not callable(function):
            raise UserInputError(f"expected a function of a parameterization, got {shown(function)}.")
        self._ours = self._renewable = not _is_pool(pool)
        self._renewable |= type(pool).__name__ in _RENEWABLE
        self._make: Callable[[], Pool] = _maker(pool)
        self._pool: Pool = pool if _is_pool(pool) else self._make()  # type: ignore[assignment]
        self._metrics, self._limit = list(metrics), time_limit
        self._call = function if isinstance(self._pool, ThreadPoolExecutor) else _pickled(function)
        self._jobs = {} if jobs is None else jobs
        self._suspects: list[int] = []
        self._suspected: set[int] = set()  # until they are begun again
        self._queue = [i for i, job in self._jobs.items() if job.future is None and job.report is None]
        self._folder = Path(tempfile.mkdtemp(prefix="axnb-jobs-"))
        self._wake = threading.Event()

    def submit(self, trial_index: int, parameterization: Parameterization, attempt: int = 1) -> Mapping[str, Any]:
        """Take a trial on, and say which process will know of it: it begins at the next poll or wait.

        So what is said is in the journal before the function is called, also where this process is killed.
        """
        file = self._folder / f"{trial_index}-{time.monotonic_ns()}.jsonl"
        self._jobs[trial_index] = FutureJob(point=dict(parameterization), file=file)
        (self._suspects if trial_index in self._suspected else self._queue).append(trial_index)
        self._suspected.discard(trial_index)
        return {"process": this_process()}

    def poll(self, jobs: Mapping[int, Mapping[str, Any]]) -> Mapping[int, JobReport]:
        """Return how each trial stands."""
        known = {i: job for i, job in self._jobs.items() if i in jobs}
        for job in known.values():
            job.look()
        self._collect(known)
        self._end_overdue(known)
        self._fill()
        return {i: self._report(known[i]) if i in known else JobReport(lost=_LOST) for i in jobs}

    def stop(self, trial_index: int, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """Let the function know that it should stop; what has not begun does not begin.

        Raises:
            NotImplementedError: If it runs in another process.
        """
        job = self._jobs.pop(trial_index, None)
        if job is None:
            raise NotImplementedError("it runs in a process that this one does not know.")
        for line in (self._queue, self._suspects):
            if trial_index in line:
                line.remove(trial_index)
        if job.future is None or not job.future.cancel():
            job.file.with_suffix(".stop").touch()
        return {}

    def wait(self, jobs: Mapping[int, Mapping[str, Any]], seconds: float) -> None:
        """Wait until one of the jobs has ended, some seconds at most, or until there is something to look at."""
        self._fill()
        open_ = [self._jobs[i] for i in jobs if i in self._jobs and self._jobs[i].report is None]
        if not any(job.future is not None and job.future.done() for job in open_):
            self._wake.wait(min(seconds, _LOOK))
        self._wake.clear()

    def close(self) -> None:
        """Let go of the pool, if it is not the user's; what runs in it is not waited for."""
        running = any(job.report is None for job in self._jobs.values())
        if self._ours:
            _shut(self._pool)
        if not running:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _report(self, job: FutureJob) -> JobReport:
        progress, job.progress = tuple(job.progress), []
        if job.report is None:
            return JobReport(progress=progress)
        return replace(job.report, progress=progress)

    def _fill(self) -> None:
        """Give the pool what waits for it; suspects one by one, with nothing beside them."""
        if self._suspects:
            busy = [i for i, job in self._jobs.items() if job.future is not None and job.report is None]
            self._begin(self._suspects.pop(0)) if not busy else None
            return
        while self._queue:
            self._begin(self._queue.pop(0))

    def _begin(self, index: int) -> None:
        job = self._jobs[index]
        for attempt in (0, 1):
            try:
                job.future = self._pool.submit(run_job, self._call, job.point, str(job.file), os.getpid())
                break
            except BrokenExecutor:  # it broke while nobody looked
                if attempt:
                    raise
                self._pool = self._make()
        job.future.add_done_callback(lambda _: self._wake.set())

    def _collect(self, jobs: Mapping[int, FutureJob]) -> None:
        """Take what futures have brought."""
        broken: list[int] = []
        for index, job in jobs.items():
            if job.report is not None or job.future is None or not job.future.done():
                continue
            job.look()
            try:
                job.report = self._judge(*job.future.result())
                if self._renewable:  # other engines may call again what they lose: the file tells them not to
                    job.file.unlink(missing_ok=True)
            except BrokenExecutor:
                broken.append(index)
            except (Exception, CancelledError) as error:  # what cannot be sent, or came from the engine
                job.report = JobReport(status=TrialStatus.FAILED, reason=tell_error(error))
        for job in jobs.values():
            if job.report is not None:
                job.future = None  # or an engine would go on keeping, and making anew, what it brought
        if broken:
            self._renew(broken)

    def _renew(self, broken: list[int], culprit: int | None = None) -> None:
        """Begin anew with what a broken pool has lost, apart from what broke it."""
        if self._renewable:
            _shut(self._pool)
            self._pool, self._ours = self._make(), True
        for index in broken:
            self._jobs[index].look()
        began = [i for i in broken if not claim(self._jobs[i].file)]  # what has not begun does not begin there any more
        if culprit is None and len(began) == 1:
            self._jobs[began[0]].report = JobReport(
                status=TrialStatus.FAILED, reason="the process that ran it died (killed, out of memory, or a crash)"
            )
            culprit = began[0]
        for index in broken:
            if index == culprit:
                continue
            if index in began:  # the loop begins it again, once the journal says so
                self._jobs[index].report = JobReport(lost=_LOST_BESIDE, excused=True)
                self._suspected |= {index} if culprit is None else set()
            else:
                self._jobs[index].begin_anew()
                self._queue.insert(0, index)

    def _end_overdue(self, jobs: Mapping[int, FutureJob]) -> None:
        """Fail what runs for too long; its process is killed, a thread is left behind."""
        now = time.time()
        for index, job in jobs.items():
            if self._limit is None or job.report is not None or job.began is None:
                continue
            if now - (job.began + _LOADING if job.called is None else job.called) < self._limit:
                continue
            job.report = JobReport(
                status=TrialStatus.FAILED, reason=f"it ran longer than the limit of {self._limit:g} s"
            )
            job.file.with_suffix(".stop").touch()
            others = [i for i, j in self._jobs.items() if j.report is None and j.future is not None]
            if isinstance(self._pool, ThreadPoolExecutor):
                self._renew([i for i in others if self._jobs[i].future.cancel()], culprit=index)
            elif (
                self._renewable
                and job.worker is not None
                and job.worker[0] == socket.gethostname()
                and job.worker[1] != os.getpid()
            ):
                os.kill(job.worker[1], signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
                self._renew([i for i in others if not _ended_well(self._jobs[i].future)], culprit=index)

    def _judge(self, kind: str, value: Any) -> JobReport:
        """Return what a call came to."""
        if kind == "lost":
            return JobReport(lost=value)
        if kind == "error":
            return JobReport(status=TrialStatus.FAILED, reason=value)
        if isinstance(value, Mapping):
            missing = [n for n in self._metrics if n not in value]
            if missing:
                hint = near_miss(missing[0], value)
                said = f"the function returned {listing(value)}, and not {listing(missing)}.{hint}"
                return JobReport(status=TrialStatus.FAILED, reason=said)
            return JobReport(status=TrialStatus.COMPLETED, outcomes=dict(value))
        if len(self._metrics) == 1:
            return JobReport(status=TrialStatus.COMPLETED, outcomes={self._metrics[0]: value})
        said = f"the function must return a dict with {listing(self._metrics)}, got {shown(value)}."
        return JobReport(status=TrialStatus.FAILED, reason=said)


def process_pool(workers: int) -> Pool:
    """Return a pool of processes that takes functions of notebook cells: loky's, which scikit-learn brings too.

    Args:
        workers: How many processes.
    """
    try:
        loky = importlib.import_module("loky")
    except ImportError:
        loky = importlib.import_module("joblib.externals.loky")
    return loky.ProcessPoolExecutor(max_workers=workers)  # type: ignore[no-any-return]


def _ended_well(future: "Future[Any]") -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _pickled(function: Callable[..., Any]) -> bytes:
    """Return a function as bytes.

    Raises:
        UserInputError: If it holds what cannot be sent to another process.
    """
    try:
        return bytes(find_cloudpickle().dumps(function))
    except Exception as error:  # whatever the function holds decides what is raised
        raise UserInputError(
            f"the function cannot be sent to another process ({type(error).__name__}: {error}): make what it needs "
            "inside of it, or give a ThreadPoolExecutor as executor."
        ) from error


def _is_pool(pool: object) -> bool:
    return not isinstance(pool, type) and callable(getattr(pool, "submit", None))


def _maker(pool: Any) -> Callable[[], Pool]:
    """Return what makes such a pool anew.

    Raises:
        UserInputError: If it is neither a pool nor a function.
    """
    if _is_pool(pool) and type(pool).__name__ in _RENEWABLE:
        kind, workers = type(pool), getattr(pool, "_max_workers", None)
        return lambda: kind(workers)
    if _is_pool(pool):
        return lambda: pool
    if not callable(pool):
        raise UserInputError(
            f"executor must be an executor of PEP 3148, such as ThreadPoolExecutor(8), or a function that makes one, "
            f"got {shown(pool)}."
        )
    return pool  # type: ignore[no-any-return]


def _shut(pool: Any) -> None:
    if callable(getattr(pool, "shutdown", None)):
        pool.shutdown(wait=False)
