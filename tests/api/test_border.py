"""Whatever is given to a public method of the Client, what comes out is a result or one of our errors."""

import inspect
import math
import sys
import threading
import types

import numpy as np
import pandas as pd
import pytest

from axnb import Client, RangeParameterConfig
from axnb.api.border import Border, guard
from axnb.api.warm import in_notebook
from axnb.errors import AxnbError, AxnbWarning, FailureRateExceededError, InternalError, UserInputError, shown


class Hostile:
    """Raises at whatever is asked of it."""

    def _refuse(self, *_):
        raise ZeroDivisionError("hostile")

    __repr__ = __str__ = __eq__ = __bool__ = __len__ = __iter__ = __float__ = __index__ = __hash__ = _refuse
    __lt__ = __gt__ = __call__ = __getitem__ = __fspath__ = _refuse


def nested(depth=3000):
    value = []
    for _ in range(depth):
        value = [value]
    return value


LOOP = {}
LOOP["x"] = LOOP
HOSTILE = {
    "negative": -1,
    "huge": 10**400,
    "too long to write": 10**5000,
    "long and negative": -(10**5000),
    "nan": math.nan,
    "infinite": math.inf,
    "complex": 1j,
    "surrogate": "\ud800",
    "zero byte": "a\0b",
    "empty": "",
    "long": "x" * 100_000,
    "here": ".",
    "bytes": b"\xff",
    "array": np.arange(3.0),
    "table": pd.DataFrame({"x": [0.5], "loss": [1.0]}),
    "missing": pd.NA,
    "deep": nested(),
    "loop": LOOP,
    "hostile": Hostile(),
    "hostile in a list": [Hostile()],
    "hostile in a dict": {"x": Hostile()},
    "class": Hostile,
    "function": lambda: 1 / 0,
    "hostile generator": (1 / 0 for _ in range(1)),
}
GOOD = {
    "trial_index": 0,
    "raw_data": {"loss": 1.0},
    "parameters": {"x": 0.25},
    "parameterizations": [{"x": 0.25}],
    "max_trials": 1,
    "count": 1,
    "objective": "-loss",
    "metric_names": ["time"],
    "points": [{"x": 0.5}],
    "note": "a",
    "constraints": [],
    "analyses": [],
    "experiment_name": "a",
}
CALLS = [
    (name, argument)
    for name, method in vars(Client).items()
    if inspect.isroutine(method) and not name.startswith("_")
    for argument in inspect.signature(getattr(Client, name)).parameters
    if argument not in ("self", "cls")
]


@pytest.fixture
def client():
    made = Client(random_seed=0)
    made.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    made.configure_optimization("-loss")
    for index, value in enumerate([0.1, 0.5, 0.9]):
        made.attach_trial({"x": value})
        if index:
            made.complete_trial(index, {"loss": value})
    return made


def raised_by(call, arguments):
    """Return our error that a call raises, `None` if it raises none; any other error goes on."""
    try:
        call(**arguments)
    except AxnbError as error:
        return error
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "argument"), CALLS)
def test_every_argument_of_every_method_is_guarded(client, name, argument, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wanted = inspect.signature(getattr(client, name)).parameters.values()
    needed = {p.name: GOOD.get(p.name, 1) for p in wanted if p.default is p.empty}
    for kind, value in HOSTILE.items():
        before = client.experiment.view()
        error = raised_by(getattr(client, name), {**needed, argument: value})
        assert "hostile" in kind or not isinstance(error, InternalError), kind
        ran = isinstance(error, FailureRateExceededError)  # trials of a function that fails are kept, with the reason
        assert error is None or (str(error) and (ran or client.experiment.view() is before)), kind


@pytest.mark.parametrize("argument", ["storage_config", "random_seed", "storage"])
def test_making_a_client_is_guarded(argument, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind, value in HOSTILE.items():
        error = raised_by(Client, {argument: value})
        assert "hostile" in kind or not isinstance(error, InternalError), kind
        assert error is None or str(error), kind


def test_the_cause_of_what_nobody_expected_is_chained_and_interrupts_pass():
    @guard
    class Service:
        def divide(self, by):
            """Divide."""
            return 1 / by

        @classmethod
        def broken(cls):
            raise KeyError("a")

        @staticmethod
        def allocate():
            raise MemoryError

        @staticmethod
        def interrupted():
            raise KeyboardInterrupt

        def refuse(self):
            raise UserInputError("no")

        def warn(self):
            raise AxnbWarning("hm")

    service = Service()
    assert service.divide(4) == 0.25
    assert service.divide.__doc__ == "Divide."
    with pytest.raises(InternalError, match="divide failed with ZeroDivisionError: division by zero") as raised:
        service.divide(0)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    with pytest.raises(InternalError, match="broken failed with KeyError"):
        Service.broken()
    with pytest.raises(MemoryError):
        Service.allocate()
    with pytest.raises(KeyboardInterrupt):
        Service.interrupted()
    with pytest.raises(UserInputError, match="no"):
        service.refuse()
    with pytest.raises(AxnbWarning):
        service.warn()
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        service.divide()  # Python's own sentence about the call
    with pytest.raises(InternalError), Border("it"):
        raise ValueError("\ud800" * 5000)


def test_a_half_imported_ipython_is_no_notebook(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    assert not in_notebook()
    assert Client(random_seed=0).experiment is not None


def test_values_are_shown_whatever_they_are():
    for value in HOSTILE.values():
        assert len(shown(value)) < 300


def test_many_threads_pass_the_border_at_once(client):
    errors = []

    def work():
        try:
            client.predict(3)
        except Exception as error:
            errors.append(type(error))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [UserInputError] * 8
