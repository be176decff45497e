import threading

from axnb.widgets.worker import Worker


def test_jobs_run_one_at_a_time_in_another_thread():
    worker, seen, done = Worker("test"), [], threading.Event()
    running = threading.Lock()

    def job(number):
        assert running.acquire(blocking=False)
        seen.append((number, threading.current_thread().name))
        running.release()
        if number == 19:
            done.set()

    for number in range(20):
        worker.soon(lambda number=number: job(number), delay=number * 1e-4)
    assert done.wait(10)
    assert seen == [(number, "test") for number in range(20)]


def test_a_job_that_waits_is_not_queued_twice():
    worker, runs, gate, done = Worker("test"), [], threading.Event(), threading.Event()
    worker.soon(gate.wait)
    job = runs.append

    def once():
        job(1)

    for _ in range(100):
        worker.soon(once)
    worker.soon(done.set, delay=0.01)
    gate.set()
    assert done.wait(10)
    assert runs == [1]


def test_asking_again_never_puts_a_job_off():
    worker, done = Worker("test"), threading.Event()
    worker.soon(done.set)
    worker.soon(done.set, delay=3600)
    assert done.wait(10)


def test_asking_again_sooner_brings_a_job_forward():
    worker, done = Worker("test"), threading.Event()
    worker.soon(done.set, delay=3600)
    worker.soon(done.set)
    assert done.wait(10)


def test_a_job_that_fails_does_not_end_the_thread(caplog):
    worker, done = Worker("test"), threading.Event()
    worker.soon(lambda: 1 / 0)
    worker.soon(done.set, delay=0.01)
    assert done.wait(10)
    assert "ZeroDivisionError" in caplog.text


def test_a_dropped_job_does_not_run():
    worker, runs, gate, done = Worker("test"), [], threading.Event(), threading.Event()
    worker.soon(gate.wait)

    def dropped():
        runs.append(1)

    worker.soon(dropped)
    worker.drop(dropped)
    worker.soon(done.set, delay=0.01)
    gate.set()
    assert done.wait(10)
    assert runs == []


def test_an_idle_thread_ends_and_starts_again(monkeypatch):
    monkeypatch.setattr("axnb.widgets.worker._IDLE", 0.05)
    worker = Worker("idler")
    for _ in range(3):
        done = threading.Event()
        worker.soon(done.set)
        assert done.wait(10)
        (thread,) = [t for t in threading.enumerate() if t.name == "idler"]
        thread.join(10)
        assert not thread.is_alive()
