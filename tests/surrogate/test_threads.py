"""The thread guard."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from axnb.surrogate import gp, threads
from axnb.surrogate.surrogate import MetricData, fit


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_one_thread_inside_and_as_before_outside():
    with threadpool_limits(limits=2):
        before = blas_threads()
        with threads.single_thread():
            assert blas_threads() == {1}
            with threads.single_thread():
                assert blas_threads() == {1}
            assert blas_threads() == {1}
        assert blas_threads() == before == {2}


def test_torch_is_held_to_one_thread_and_restored():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(64)
    try:
        with threads.single_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 64
    finally:
        torch.set_num_threads(before)


def test_the_limit_holds_until_the_last_thread_leaves():
    entered, leave = threading.Event(), threading.Event()

    def other():
        with threads.single_thread():
            entered.set()
            leave.wait(10)

    with threadpool_limits(limits=2):
        worker = threading.Thread(target=other)
        with threads.single_thread():
            worker.start()
            entered.wait(10)
        assert blas_threads() == {1}
        leave.set()
        worker.join()
        assert blas_threads() == {2}


def test_the_guard_works_outside_the_main_thread():
    seen = []

    def work():
        with threads.single_thread():
            seen.append(blas_threads())

    with threadpool_limits(limits=2):
        worker = threading.Thread(target=work)
        worker.start()
        worker.join()
        assert seen == [{1}]
        assert blas_threads() == {2}


def test_a_fit_sees_one_thread(monkeypatch):
    seen = []
    original = gp.factorize

    def spy(K, scale):
        seen.append(blas_threads())
        return original(K, scale)

    monkeypatch.setattr(gp, "factorize", spy)
    X = np.random.default_rng(0).random((8, 2))
    with threadpool_limits(limits=2):
        fit([MetricData(name="y", X=X, y=X[:, 0], sem=np.full(8, np.nan))])
    assert seen
    assert all(s == {1} for s in seen)
