"""Requests and answers: every message is answered, whatever is in it, on whatever thread it comes."""

import threading

import pytest

from axnb.errors import TrialMutationError, UserInputError
from axnb.widgets.rpc import FormError, Rpc, integer, mapping, text


class Wire:
    """Collects answers and lets a test wait for them."""

    def __init__(self):
        self.answers = []
        self.threads = []
        self._arrived = threading.Semaphore(0)

    def send(self, answer):
        self.answers.append(answer)
        self.threads.append(threading.current_thread().name)
        self._arrived.release()

    def wait(self, count=1):
        for _ in range(count):
            assert self._arrived.acquire(timeout=10)
        return self.answers


def ask(rpc, method, params=None, request_id="r1"):
    rpc(None, {"id": request_id, "method": method, "params": params or {}}, [])


def test_a_value_is_answered():
    wire = Wire()
    ask(Rpc(wire.send, {"echo": lambda params: params["x"]}), "echo", {"x": [1, None]})
    assert wire.answers == [{"re": "r1", "ok": True, "value": [1, None]}]


def test_our_errors_keep_their_words():
    def refuse(params):
        raise TrialMutationError("Trial 7 is already completed.")

    wire = Wire()
    ask(Rpc(wire.send, {"refuse": refuse}), "refuse")
    assert wire.answers == [
        {"re": "r1", "ok": False, "kind": "TrialMutationError", "error": "Trial 7 is already completed.", "fields": {}}
    ]


def test_field_errors_travel_by_field():
    def refuse(params):
        raise FormError({"accuracy": "Enter a number."})

    wire = Wire()
    ask(Rpc(wire.send, {"refuse": refuse}), "refuse")
    assert wire.answers[0]["fields"] == {"accuracy": "Enter a number."}


@pytest.mark.parametrize("error", [KeyError("x"), ZeroDivisionError(), RuntimeError("no")])
def test_foreign_errors_are_answered_and_named(error):
    def refuse(params):
        raise error

    wire = Wire()
    ask(Rpc(wire.send, {"refuse": refuse}), "refuse")
    assert wire.answers[0]["error"].startswith(f"{type(error).__name__}: ")
    assert wire.answers[0]["ok"] is False


@pytest.mark.parametrize("background", [(), ("refuse",)])
def test_errors_in_the_background_are_answered_too(background):
    def refuse(params):
        raise UserInputError("no")

    wire = Wire()
    ask(Rpc(wire.send, {"refuse": refuse}, background), "refuse")
    assert wire.wait()[0]["error"] == "no"


def test_background_work_leaves_the_thread_free_and_goes_one_at_a_time():
    running = []
    most = []
    go = threading.Event()

    def slow(params):
        running.append(1)
        most.append(len(running))
        go.wait(10)
        running.pop()
        return params["n"]

    wire = Wire()
    rpc = Rpc(wire.send, {"slow": slow, "quick": lambda params: "quick"}, ["slow"])
    for n in range(3):
        ask(rpc, "slow", {"n": n}, n)
    ask(rpc, "quick", request_id="q")
    assert wire.wait()[0] == {"re": "q", "ok": True, "value": "quick"}
    go.set()
    answers = wire.wait(3)
    assert sorted(answer["value"] for answer in answers[1:]) == [0, 1, 2]
    assert most == [1, 1, 1]
    assert set(wire.threads[1:]) == {"axnb-slow"}


def test_calls_from_many_threads_are_answered_once_each():
    wire = Wire()
    rpc = Rpc(wire.send, {"echo": lambda params: params["n"]})
    threads = [threading.Thread(target=ask, args=(rpc, "echo", {"n": n}, n)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((answer["re"], answer["value"]) for answer in wire.answers) == [(n, n) for n in range(40)]


@pytest.mark.parametrize(
    "content",
    [
        None,
        "hello",
        3,
        [],
        {},
        {"id": None, "method": "echo"},
        {"id": True, "method": "echo"},
        {"id": [1], "method": "echo"},
    ],
)
def test_what_is_no_request_is_refused_without_harm(content):
    wire = Wire()
    Rpc(wire.send, {"echo": lambda params: 1})(None, content, [])
    (answer,) = wire.answers
    assert answer["ok"] is False
    assert answer["re"] is None


@pytest.mark.parametrize("method", [None, 3, "ecko", ["echo"]])
def test_an_unknown_method_is_named(method):
    wire = Wire()
    Rpc(wire.send, {"echo": lambda params: 1})(None, {"id": "r", "method": method, "params": {}}, [])
    assert wire.answers[0]["re"] == "r"
    assert "'echo'" in wire.answers[0]["error"]


def test_a_near_name_is_offered():
    wire = Wire()
    ask(Rpc(wire.send, {"complete": lambda params: 1}), "compleet")
    assert "Did you mean 'complete'?" in wire.answers[0]["error"]


@pytest.mark.parametrize("params", [None, 3, "x", []])
def test_params_that_are_no_table_count_as_none(params):
    wire = Wire()
    Rpc(wire.send, {"need": lambda given: text(given, "name")})(
        None, {"id": "r", "method": "need", "params": params}, []
    )
    assert wire.answers[0]["error"] == "The request's 'name' must be a string, but it is missing."


@pytest.mark.parametrize(
    ("read", "value", "what"),
    [
        (text, 3, "a string"),
        (text, None, "a string"),
        (integer, "3", "a whole number"),
        (integer, True, "a whole number"),
        (integer, 3.0, "a whole number"),
        (mapping, [1], "a table"),
        (mapping, {1: 2}, "a table"),
    ],
)
def test_parameters_of_a_wrong_type_are_refused(read, value, what):
    with pytest.raises(UserInputError, match=f"must be {what}.*but it is"):
        read({"name": value}, "name")


def test_no_answer_has_the_key_id():
    wire = Wire()
    rpc = Rpc(wire.send, {"echo": lambda params: 1})
    ask(rpc, "echo")
    ask(rpc, "nothing")
    rpc(None, None, [])
    assert all("id" not in answer for answer in wire.answers)


def test_a_nudge_is_not_answered():
    wire = Wire()
    Rpc(wire.send, {})(None, {"nudge": "r1"}, [])
    assert wire.answers == []
