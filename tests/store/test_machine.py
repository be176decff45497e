"""Random valid and invalid actions on memory and on SQLite, side by side: equal states, before and after reload."""

import contextlib
import shutil
import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from axnb import Client, RangeParameterConfig
from axnb.errors import AxnbError

indices = st.integers(-1, 6)
values = st.one_of(
    st.floats(-1e6, 1e6), st.sampled_from([float("nan"), float("inf"), "3", None, (1.0, 0.5), (1.0, -1)])
)


class TwoClients(RuleBasedStateMachine):
    """Every action is done to a client in memory and to one in a database; both must agree on what happened."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.url = f"sqlite:///{self.folder}/runs.db"
        self.clients = [Client(random_seed=1), Client(random_seed=1, storage=self.url)]
        for client in self.clients:
            client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")], name="e")
            client.configure_optimization("-y", ["w <= 3"])

    def teardown(self):
        self.clients.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def both(self, action):
        told = []
        for client in self.clients:
            try:
                told.append(("done", action(client)))
            except AxnbError as error:
                told.append((type(error), str(error)))
        assert told[0] == told[1]

    @rule(x=st.one_of(st.floats(0, 1), st.sampled_from([2.0, "a", None])))
    def attach(self, x):
        self.both(lambda c: c.attach_trial({"x": x}))

    @rule(count=st.integers(0, 2))
    def suggest(self, count):
        self.both(lambda c: dict(c.get_next_trials(count)))

    @rule(index=indices, metric=st.sampled_from(["y", "w", "z"]), value=values, step=st.sampled_from([None, 1, 2]))
    def data(self, index, metric, value, step):
        self.both(lambda c: c.attach_data(index, {metric: value}, progression=step))

    @rule(index=indices, value=values)
    def complete(self, index, value):
        self.both(lambda c: c.complete_trial(index, {"y": value, "w": 1.0}))

    @rule(index=indices, value=values)
    def amend(self, index, value):
        self.both(lambda c: c.amend_data(index, {"y": value}))

    @rule(index=indices, action=st.sampled_from(["mark_trial_failed", "mark_trial_abandoned", "delete_trial"]))
    def end(self, index, action):
        self.both(lambda c: getattr(c, action)(index))

    @rule(index=indices, note=st.one_of(st.none(), st.text(max_size=5), st.integers()))
    def note(self, index, note):
        self.both(lambda c: c.note_trial(index, note))

    @rule(upper=st.sampled_from([0.5, 1.0, 2.0, -1.0]))
    def widen(self, upper):
        with contextlib.suppress(AxnbError):
            config = RangeParameterConfig("x", (0.0, upper), "float")
            self.both(lambda c: c.edit_search_space(update=[config]))

    @rule(objective=st.sampled_from(["-y", "y", "y**2", "x", "w"]))
    def goal(self, objective):
        self.both(lambda c: c.configure_optimization(objective))

    @rule(back=st.booleans())
    def turn(self, back):
        self.both(lambda c: c.undo() if back else c.redo())

    @precondition(lambda self: len(self.clients[0].experiment.journal) % 5 == 0)
    @rule()
    def reload(self):
        self.clients[1] = Client.load_from_database("e", storage=self.url)

    @invariant()
    def they_are_alike(self):
        one, two = (c.experiment.view() for c in self.clients)
        for name in (
            "search_space",
            "optimization",
            "metrics",
            "next_index",
            "next_position",
            "undo_label",
            "redo_label",
        ):
            assert getattr(one, name) == getattr(two, name)
        assert list(one.trials) == list(two.trials)
        for a, b in zip(one.trials.values(), two.trials.values(), strict=True):
            assert (a.parameters, a.status, a.data, a.note) == (b.parameters, b.status, b.data, b.note)


TwoClients.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None, derandomize=True)
test_two_clients_agree = TwoClients.TestCase
