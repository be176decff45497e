"""A board on a real client, and everything that it sends."""

import json
import threading

import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.widgets.board import Board


class Wire:
    """What a board sent to the browser, as strict JSON would carry it."""

    def __init__(self):
        self.messages = []
        self._arrived = threading.Condition()

    def send(self, content):
        carried = json.loads(json.dumps(content, allow_nan=False))
        assert "id" not in carried
        with self._arrived:
            self.messages.append(carried)
            self._arrived.notify_all()

    def wait(self, wanted):
        """Return the first message that is wanted, as soon as it is there."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: any(wanted(m) for m in self.messages), timeout=30)
            return next(m for m in self.messages if wanted(m))

    @property
    def news(self):
        return [m for m in self.messages if "news" in m]


class Browser:
    """A browser that shows a board."""

    def __init__(self, board, wire):
        self.board = board
        self.wire = wire
        self._count = 0

    def post(self, method, params=None):
        self._count += 1
        request_id = f"{id(self)}-{self._count}"
        self.board._handle_custom_msg({"id": request_id, "method": method, "params": params or {}}, [])
        return request_id

    def ask(self, method, **params):
        """Send a request, wait for the answer and return its value."""
        answer = self.answer(method, **params)
        assert answer["ok"], answer
        return answer["value"]

    def answer(self, method, **params):
        request_id = self.post(method, params)
        return self.wire.wait(lambda m: m.get("re") == request_id)

    def results(self, **metrics):
        """Return the fields of the form that completes a trial."""
        return {name: {"mean": mean, "sem": ""} for name, mean in metrics.items()}


@pytest.fixture
def client():
    client = Client(random_seed=1)
    client.configure_experiment(
        name="Print",
        parameters=[
            RangeParameterConfig("temperature", (180.0, 260.0), "float"),
            RangeParameterConfig("walls", (1, 6), "int"),
            ChoiceParameterConfig("infill", ["grid", "gyroid"], "str", is_ordered=False),
        ],
    )
    client.configure_optimization(objective="strength", outcome_constraints=["weight <= 10"])
    return client


@pytest.fixture
def wire(monkeypatch):
    wire = Wire()
    monkeypatch.setattr(Board, "send", lambda self, content, buffers=None: wire.send(content))
    return wire


@pytest.fixture
def board(client, wire):
    board = Board(client)
    yield board
    board.close()


@pytest.fixture
def browser(board, wire):
    return Browser(board, wire)


@pytest.fixture
def point():
    return {"temperature": 217.345678, "walls": 3, "infill": "grid"}
