"""Trials whose results a person gives one after another, while the next suggestions are made in the background."""

import threading
from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import Any, TypeAlias

from axnb.api.arguments import instance
from axnb.api.types import TParameterization
from axnb.core.types import TEvaluationOutcome
from axnb.errors import DataRequiredError, OptimizationComplete, UserInputError, shown
from axnb.problem.parameters import whole
from axnb.service.ax_client import AxClient

Candidate: TypeAlias = tuple[TParameterization, int]
Generate: TypeAlias = Callable[[], Any]
Attach: TypeAlias = Callable[[Any, Any], None]
Elicit: TypeAlias = Callable[[Any], Any]

_PAUSE = 0.05  # seconds: a person does not see it, and a waiting thread costs nothing


def interactive_optimize(
    num_trials: int,
    candidate_queue_maxsize: int,
    candidate_generator_function: Generate,
    data_attacher_function: Attach,
    elicitation_function: Elicit,
) -> bool:
    """Ask a person for results, and make the next candidates meanwhile.

    Args:
        num_trials: How many results are asked for.
        candidate_queue_maxsize: How many candidates are made ahead: more of them need less waiting, and have learnt
            from fewer results.
        candidate_generator_function: Returns a candidate; called on a thread of its own. A `DataRequiredError` says
            that it needs a result first, an `OptimizationComplete` that there are no more.
        data_attacher_function: Takes a candidate and its result.
        elicitation_function: Takes a candidate and returns its result, or `None` to end.

    Returns:
        Whether all results were given.

    Raises:
        UserInputError: If a number is below 1, or something is no function.

    Example:
        >>> results = {}
        >>> numbers = iter(range(100))
        >>> interactive_optimize(3, 1, lambda: next(numbers), results.__setitem__, lambda n: n**2)
        True
        >>> results
        {0: 0, 1: 1, 2: 4}
    """
    total = whole("num_trials", num_trials, 1)
    queue: Queue[Any] = Queue(whole("candidate_queue_maxsize", candidate_queue_maxsize, 1))
    for one in (candidate_generator_function, data_attacher_function, elicitation_function):
        if not callable(one):
            raise UserInputError(f"expected a function, got {shown(one)}.")
    ended, told = threading.Event(), threading.Event()
    trouble: list[BaseException] = []

    def generate() -> None:
        try:
            _fill(queue, total, candidate_generator_function, told, ended)
        except BaseException as error:  # whatever it is, it is raised where the user is
            trouble.append(error)

    thread = threading.Thread(target=generate, name="axnb-candidates", daemon=True)
    thread.start()
    try:
        for _ in range(total):
            candidate = _take(queue, thread)
            if candidate is None:
                break
            result = elicitation_function(candidate[0])
            if result is None:
                return False
            data_attacher_function(candidate[0], result)
            told.set()
        else:
            return True
    finally:
        ended.set()
        told.set()
        thread.join()
    if trouble:
        raise trouble[0]
    return False


def _fill(queue: "Queue[Any]", total: int, generate: Generate, told: threading.Event, ended: threading.Event) -> None:
    """Put candidates into a queue until there are enough, there are no more, or they are not wanted any longer."""
    for _ in range(total):
        candidate: Any = None
        while candidate is None and not ended.is_set():
            told.clear()
            try:
                candidate = (generate(),)
            except DataRequiredError:
                while not told.wait(_PAUSE) and not ended.is_set():
                    pass
            except OptimizationComplete:
                return
        while not ended.is_set():
            try:
                queue.put(candidate, timeout=_PAUSE)
                break
            except Full:
                continue


def _take(queue: "Queue[Any]", thread: threading.Thread) -> tuple[Any] | None:
    """Return the next candidate in a tuple; `None` where there will be none."""
    while True:
        alive = thread.is_alive()
        try:
            found: tuple[Any] = queue.get(timeout=_PAUSE)
        except Empty:
            if not alive:
                return None
        else:
            return found


def interactive_optimize_with_client(
    ax_client: AxClient,
    num_trials: int,
    candidate_queue_maxsize: int,
    elicitation_function: Callable[[Candidate], TEvaluationOutcome | None],
) -> bool:
    """Ask a person for the results of a client's trials; trials that were made ahead in vain are abandoned.

    Args:
        ax_client: The client, with its experiment.
        num_trials: How many results are asked for.
        candidate_queue_maxsize: How many trials are made ahead.
        elicitation_function: Takes parameters and index of a trial and returns what `complete_trial` takes, or `None`
            to end.

    Returns:
        Whether all results were given.

    Raises:
        NotConfiguredError: If the client has no experiment yet.
        UserInputError: If a number is below 1, or a result cannot be used.
        StorageError: If a change cannot be kept.
    """
    view = instance(ax_client, AxClient).experiment.view()
    running = {t.index for t in view.trials.values() if t.status.is_running}

    def attach(candidate: Candidate, result: TEvaluationOutcome) -> None:
        ax_client.complete_trial(candidate[1], result)

    try:
        return interactive_optimize(
            num_trials, candidate_queue_maxsize, ax_client.get_next_trial, attach, elicitation_function
        )
    finally:
        for trial in ax_client.experiment.view().trials.values():
            if trial.index >= view.next_index and trial.index not in running and trial.status.is_running:
                ax_client.abandon_trial(trial.index, reason="made ahead and not asked for")
