"""What takes long can be given up, from the keyboard or from another thread, and breaks nothing."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from axnb import Client, RangeParameterConfig
from axnb.api.trials import AskQueue
from axnb.errors import CancelledError, UserInputError
from axnb.interrupts import Cancellation, check_cancelled, import_whole


def new_client():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig(n, (0.0, 1.0), "float") for n in "xy"])
    client.configure_optimization("-loss")
    return client


def in_thread(call):
    """Call in a thread; return the thread and what was raised there, in a list."""
    raised = []

    def work():
        try:
            call()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, raised


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_counts_have_a_stated_limit():
    client = new_client()
    for count in (10_001, 2**31, 10**5000):
        for call in (client.get_next_trials, client.suggest):
            with pytest.raises(UserInputError, match=r"whole number .*10000"):
                call(count)
    for arguments in ((2**31,), (10**5000,), (1, 2**31)):
        with pytest.raises(UserInputError, match="whole number"):
            client.run_trials(*arguments)
    assert not client.experiment.view().trials


@pytest.mark.parametrize("done", [0, 6])
def test_an_ask_that_takes_long_is_cancelled_and_records_nothing(done):
    client = new_client()
    for _ in range(done):
        for index, point in client.get_next_trials(1).items():
            client.complete_trial(index, {"loss": point["x"]})
    began, finish = threading.Event(), threading.Event()

    def slow(_):
        began.set()
        assert finish.wait(30)
        return True

    client.configure_nonlinear_constraints([slow])
    first, first_raised = in_thread(lambda: client.get_next_trials(10_000))
    assert began.wait(30)
    second, second_raised = in_thread(lambda: client.get_next_trials(1))
    until(lambda: len(client._asks._asks) == 2)
    assert client.cancel_suggestions() == 2
    second.join(30)  # who waits need not wait for who computes
    assert not second.is_alive()
    finish.set()
    first.join(60)
    assert [type(e) for e in [*first_raised, *second_raised]] == [CancelledError] * 2
    assert len(client.experiment.view().trials) == done
    assert client.cancel_suggestions() == 0
    client.configure_nonlinear_constraints([])
    assert len(client.get_next_trials(1)) == 1


def test_a_fit_is_given_up():
    client = new_client()
    for _ in range(6):
        for index, point in client.get_next_trials(1).items():
            client.complete_trial(index, {"loss": point["x"]})
    cancellation = Cancellation()
    cancellation.cancel()
    from axnb.surrogate.gp import fit_gp

    with cancellation.applied(), pytest.raises(CancelledError):
        fit_gp(np.array([[0.1], [0.5], [0.9]]), np.array([1.0, 2.0, 1.5]))
    with cancellation.applied(), pytest.raises(CancelledError):
        client.suggest()
    assert len(client.suggest()) == 1


def test_a_suggestion_says_what_it_is_at():
    client, stages = new_client(), []
    for _ in range(6):
        for index, point in client.get_next_trials(1).items():
            client.complete_trial(index, {"loss": point["x"] + 0.3125})  # which no other test has modelled yet
    with Cancellation(stages.append).applied():
        client.get_next_trials(max_trials=2)
    assert stages[-2:] == ["searching for trial 1 of 2", "searching for trial 2 of 2"]
    assert stages[0].startswith("modelling ")
    assert stages[0].endswith(" results")


def test_only_the_thread_of_a_cancellation_is_given_up():
    cancellation = Cancellation()
    with cancellation.applied():
        cancellation.cancel()
        thread, raised = in_thread(check_cancelled)
        thread.join()
        assert raised == []
    check_cancelled()
    assert cancellation.is_cancelled


def test_an_ask_that_fails_lets_the_next_one_in():
    queue = AskQueue()
    for error in (ValueError, KeyboardInterrupt):

        def fail(error=error):
            raise error

        with pytest.raises(error):
            queue.answer(fail)
        assert queue.answer(lambda: 3) == 3
    assert queue.cancel() == 0


QUEUE = """
import random, signal, time
from axnb.api.trials import AskQueue
queue, rng, heard = AskQueue(), random.Random(0), 0
signal.signal(signal.SIGALRM, signal.default_int_handler)
for _ in range(500):
    try:
        signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.00002, 0.001))
        for _ in range(10**6):
            queue.answer(lambda: sum(range(5)))
    except KeyboardInterrupt:
        heard += 1
    assert queue.answer(lambda: 3) == 3
    assert queue.cancel() == 0
assert heard == 500
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs timers that send signals")
def test_interrupts_at_random_times_leave_the_queue_free():
    done = subprocess.run([sys.executable, "-c", QUEUE], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_what_cannot_be_imported_is_said_where_it_is_wanted():
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        import_whole(["no_such_module"])


CHILD = """
import os, signal, sys, time
from axnb import Client, RangeParameterConfig
client = Client(random_seed=0)
client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
client.configure_optimization("-loss")
for index in range(6):
    client.complete_trial(client.attach_trial({"x": index / 10}), {"loss": index})

class Interrupter:  # sends SIGINT the moment a module is looked for
    def __init__(self, name):
        self.name, self.met = name, False

    def find_spec(self, name, path=None, target=None):
        if name == self.name and not self.met:
            self.met = True
            os.kill(os.getpid(), signal.SIGINT)

for name in sys.argv[1:]:
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == 0, name
        continue
    interrupter = Interrupter(name)
    sys.meta_path.insert(0, interrupter)
    interrupted = False
    try:
        client.get_next_trials(1)
        client.to_dataframe()
        time.sleep(20)
    except KeyboardInterrupt:
        interrupted = True
    assert interrupter.met and interrupted, f"{name} is not imported here: name another module"
    client.get_next_trials(1)
    client.to_dataframe()
    os._exit(0)
"""

# Each is in the middle of a package that an interrupt in the main thread leaves broken for the rest of the process.
FRAGILE = ("numpy._core._methods", "numpy.lib._polynomial_impl", "pandas._libs.tslibs.vectorized")


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_an_interrupt_during_the_first_imports_breaks_no_later_ask():
    done = subprocess.run([sys.executable, "-c", CHILD, *FRAGILE], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


SETUP = """
from axnb import Client, RangeParameterConfig
client = Client(random_seed=0, storage={storage!r})
client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float"), RangeParameterConfig("y", (0.0, 1.0), "float")], name="e")
client.configure_optimization("-loss")
_ = [client.complete_trial(client.attach_trial({{"x": i / 30, "y": i * 7 % 30 / 30}}), {{"loss": i % 7}}) for i in range(30)]
print("rea" + "dy")
"""  # noqa: E501 - a cell a line


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals that reach a process")
def test_interrupts_in_ipython_leave_the_next_cell_working(tmp_path):
    command = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor", "--quick"]
    environment = os.environ | {"IPYTHONDIR": str(tmp_path / "ipython")}
    url = f"sqlite:///{tmp_path}/runs.db"
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as shell:
        told = []

        def run(cells, until):
            shell.stdin.write(cells)
            shell.stdin.flush()
            for line in shell.stdout:
                told.append(line)
                if until in line:
                    return
            pytest.fail("".join(told))

        run(SETUP.format(storage=url).lstrip(), "ready")
        for delay in (0.0, 0.01, 0.05, 0.2, 0.5, 1.0):
            run('print("ask" + "ing", flush=True); [client.get_next_trials(5) for _ in range(30)]\n', "asking")
            time.sleep(delay)
            shell.send_signal(signal.SIGINT)
            run('(index,) = client.get_next_trials(1); print("fr" + "ee", index, flush=True)\n', "free")
            run('client.mark_trial_abandoned(index); print("wr" + "itten", flush=True)\n', "written")
        shell.stdin.close()
    assert "".join(told).count("KeyboardInterrupt") >= 4  # Python drops one that falls into a destructor
    kept = Client.load_from_database("e", storage=url).experiment.view().trials
    assert sum(t.status.is_abandoned for t in kept.values()) == 6
