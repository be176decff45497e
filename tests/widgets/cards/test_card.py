import gc
import json
import threading
import time
import weakref
from dataclasses import dataclass

import anywidget
import ipywidgets
import pandas as pd
import plotly.graph_objects as go
import pytest

from axnb.analyses.card import AnalysisCard, AnalysisCardGroup, Link, NotApplicableStateAnalysisCard, Outline
from axnb.analyses.compute import compute_card, group_of
from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import Control
from axnb.analyses.drawing import style
from axnb.errors import DataRequiredError, UserInputError
from axnb.record.events import MetricsTracked
from axnb.record.experiment import Experiment
from axnb.widgets.cards.audience import Audience
from axnb.widgets.cards.card import LiveCard
from axnb.widgets.cards.script import card_name
from axnb.widgets.cards.view import LiveGroup, LiveView

EVIL = "<img src=x onerror=alert(1)>"
WIDGET = "application/vnd.jupyter.widget-view+json"


class FakeSession:
    def __init__(self):
        self.experiment = Experiment()

    def analysis_context(self):
        return AnalysisContext(self.experiment.view())

    def change(self):
        version = self.experiment.view().version
        self.experiment.record([MetricsTracked(names=(f"metric {version}",))])


@dataclass(frozen=True)
class Slice:
    metric: str = "loss"
    at: tuple[tuple[str, float], ...] = (("dose", 1.0),)
    resolution: int = 40
    fails_before: int = 0

    def compute(self, context):
        version = context.view.version
        if version < self.fails_before:
            raise ValueError(f"only {version} of {self.fails_before}")
        dose = dict(self.at)["dose"]
        figure = style.new_figure(go.Scatter(y=[dose * k for k in range(self.resolution)]), x="k", y=self.metric)
        return AnalysisCard(
            title=f"{self.metric} {EVIL}",
            subtitle=f"dose {dose:g} at version {version}.",
            df=pd.DataFrame({"k": range(60), "name": EVIL}),
            figure=figure,
            controls=(
                Control(field="metric", label="Metric", options=("loss", "time"), value=self.metric),
                Control(field="at", key="dose", label="dose", kind="slider", minimum=0, maximum=9, value=dose),
            ),
        )


class Page:
    """The browser's half of one card: what it is sent, and what it says."""

    def __init__(self, monkeypatch):
        self.sent = []
        self.arrived = threading.Condition()
        monkeypatch.setattr(LiveCard, "send", lambda _, content, buffers=None: self.receive(content, buffers))

    def receive(self, content, buffers):
        with self.arrived:
            self.sent.append((content, buffers))
            self.arrived.notify_all()

    def say(self, card, method, **params):
        card._handle_custom_msg({"id": "q", "method": method, "params": {"view": "v", **params}}, [])
        return next(content for content, _ in reversed(self.sent) if content.get("re") == "q")

    def news(self, name):
        return [(content, buffers) for content, buffers in self.sent if content.get("news") == name]

    def wait(self, name, count):
        """Wait for the kernel to have sent so many news of a name and return the last."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.news(name)) >= count, timeout=20), self.sent
        return self.news(name)[-1]


@pytest.fixture
def page(monkeypatch):
    return Page(monkeypatch)


@pytest.fixture
def session():
    return FakeSession()


def live(session, analysis=None):
    card = compute_card(analysis or Slice(), session.analysis_context(), view=LiveView(session))
    return card.view.widget(card)


def figure_of(buffers):
    return json.loads(bytes(buffers[0]))


def test_the_bundle_is_a_widget_view_and_one_card_has_one_widget(session):
    view = LiveView(session)
    card = compute_card(Slice(), session.analysis_context(), view=view)
    first = view.bundle(card)
    assert list(first) == [WIDGET]
    assert view.bundle(card) == first
    assert first[WIDGET]["model_id"] == view.widget(card).model_id


def test_an_empty_group_has_no_live_view(session):
    assert LiveView(session).bundle(AnalysisCardGroup(title="None")) == {}


def test_a_group_is_a_widget_of_widgets(session):
    view = LiveView(session)
    cards = [compute_card(Slice(metric), session.analysis_context(), view=view) for metric in ("loss", "time")]
    inner = AnalysisCardGroup(title="inner", children=cards[1:])
    group = view.widget(AnalysisCardGroup(title=EVIL, subtitle="Two.", children=[cards[0], inner]))
    assert isinstance(group, LiveGroup)
    card, nested = group.members
    assert isinstance(card, LiveCard)
    assert isinstance(nested, LiveGroup)
    state = group.get_state()
    assert state["members"] == [f"anywidget:{member.model_id}" for member in group.members]
    assert state["face"] == {"title": EVIL, "subtitle": "Two.", "titles": [card.face["title"], "inner"], "tabbed": True}
    assert not nested.face["tabbed"]


def test_an_empty_group_is_no_member(session):
    view = LiveView(session)
    children = [compute_card(Slice(), session.analysis_context(), view=view), AnalysisCardGroup(title="None")]
    assert len(view.widget(AnalysisCardGroup(title="All", children=children)).members) == 1


@dataclass(frozen=True)
class Doses:
    """A slice a version of the experiment, from the second version on."""

    at_most: int = 3

    def compute(self, context):
        return group_of(self, context)

    def outline(self, context):
        version = context.view.version
        if version < 2:
            raise DataRequiredError(f"This needs {2 - version} more.")
        doses = range(max(0, version - self.at_most), version)
        slices = tuple(Slice(at=(("dose", float(dose)),)) for dose in doses)
        return Outline(title="Doses", subtitle=f"Version {version}.", analyses=slices)


def grouped(session, page, analysis=None):
    """Return the widget of a group, with its first card on show."""
    card = compute_card(analysis or Doses(), session.analysis_context(), view=LiveView(session))
    group = card.view.widget(card)
    look_at(group, page)
    return group


def look_at(group, page):
    member = group.members[0]
    page.say(member, "show", have=-1) if isinstance(member, LiveCard) else look_at(member, page)


def wait_until(said):
    deadline = time.monotonic() + 20
    while not said() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert said()


def changed(session, times=1):
    for _ in range(times):
        session.change()


def test_cards_come_and_go_with_the_experiment_and_those_that_stay_are_kept(session, page):
    changed(session, 2)
    group = grouped(session, page)
    first, second = group.members
    changed(session, 2)
    wait_until(lambda: group.face["subtitle"] == "Version 4.")
    assert len(group.members) == 3
    assert group.members[0] is second
    assert first.comm is None  # closed
    assert group.face["titles"] == [f"loss {EVIL}"] * 3
    assert group.members[2].face["subtitle"] == "dose 3 at version 4."


def test_a_group_that_has_to_wait_becomes_one(session, page):
    group = grouped(session, page)
    assert isinstance(group, LiveGroup)
    assert (group.face["title"], group.title) == ("", "Doses is not available yet")
    assert group.members[0].face["subtitle"] == "This needs 2 more."
    changed(session)
    wait_until(lambda: group.members[0].face["subtitle"] == "This needs 1 more.")
    look_at(group, page)
    changed(session)
    wait_until(lambda: group.title == "Doses")
    assert len(group.members) == 2
    assert all(isinstance(member, LiveCard) for member in group.members)


def test_a_group_waits_again_when_what_it_needs_is_gone(session, page):
    changed(session, 2)
    group = grouped(session, page)
    group._session().experiment = Experiment()
    group._arrange()
    assert group.title == "Doses is not available yet"


def test_a_single_card_that_had_to_wait_follows_by_itself(session, page):
    @dataclass(frozen=True)
    class Late:
        def compute(self, context):
            if not context.view.version:
                raise DataRequiredError("later.")
            return Slice().compute(context)

    group = grouped(session, page, Late())
    changed(session)
    wait_until(lambda: group.title == f"loss {EVIL}")
    (card,) = group.members
    page.say(card, "show", have=-1)
    changed(session)
    wait_until(lambda: card.face["subtitle"] == "dose 1 at version 2.")
    assert group.members == [card]


def test_a_group_in_a_group_gets_its_title_when_it_has_one(session, page):
    @dataclass(frozen=True)
    class All:
        def compute(self, context):
            return group_of(self, context)

        def outline(self, context):
            return Outline(title="All", subtitle="", analyses=(Slice(), Doses()))

    group = grouped(session, page, All())
    assert group.face["titles"][1] == "Doses is not available yet"
    assert not group.face["tabbed"]
    changed(session, 2)
    wait_until(lambda: group.face["titles"][1] == "Doses")
    assert group.face["tabbed"]


def test_a_group_of_cards_made_by_hand_follows_its_analysis(session, page):
    @dataclass(frozen=True)
    class Group:
        def compute(self, context):
            version = context.view.version
            cards = [AnalysisCard(title=f"Hand {i}") for i in range(version + 1)]
            return AnalysisCardGroup(title="All", subtitle=f"Computed at {version}.", children=cards)

    group = grouped(session, page, Group())
    changed(session)
    wait_until(lambda: group.face["subtitle"] == "Computed at 1.")
    assert group.face["titles"] == ["Hand 0", "Hand 1"]


def test_a_group_that_nobody_sees_rests_until_it_is_shown(session, page):
    changed(session, 2)
    card = compute_card(Doses(), session.analysis_context(), view=LiveView(session))
    group = card.view.widget(card)
    changed(session)
    time.sleep(0.4)
    assert group.face["subtitle"] == "Version 2."
    look_at(group, page)
    wait_until(lambda: group.face["subtitle"] == "Version 3.")


def test_a_closed_group_follows_no_more(session, page):
    changed(session, 2)
    group = grouped(session, page)
    changed(session)
    group.close()
    time.sleep(0.4)
    assert group.face["subtitle"] == "Version 2."


def test_the_state_is_small_and_holds_no_figure(session):
    state = live(session).get_state()
    assert len(json.dumps(state["face"])) < 6_000
    assert len(state["_esm"]) < 8_000
    assert "bdata" not in json.dumps(state)
    assert state["code"] == card_name()
    assert state["face"]["title"] == f"loss {EVIL}"
    assert state["face"]["table"]["extent"] == "50 of 60 rows"
    assert len(state["face"]["table"]["rows"]) == 50


def test_showing_a_card_sends_its_picture_once(session, page):
    card = live(session)
    page.say(card, "show", have=-1)
    content, buffers = page.wait("drawn", 1)
    assert content["face"]["subtitle"] == "dose 1 at version 0."
    assert "table" not in content["face"]
    assert len(figure_of(buffers)["data"][0]["y"]) == 40
    page.say(card, "show", have=content["serial"])
    assert len(page.news("drawn")) == 1


def test_a_move_draws_with_the_new_setting(session, page):
    card = live(session)
    page.say(card, "show")
    reply = page.say(card, "move", draft=False, changes=[{"field": "at", "key": "dose", "value": 4}])
    content, buffers = page.wait("drawn", 2)
    assert content["ticket"] == reply["value"]
    assert content["face"]["subtitle"] == "dose 4 at version 0."
    assert figure_of(buffers)["data"][0]["y"][1] == 4
    assert card.face["controls"][1]["value"] == 4


def test_a_draft_is_coarse_and_leaves_no_trace_in_the_state(session, page):
    card = live(session)
    page.say(card, "show")
    page.say(card, "move", draft=True, changes=[{"field": "at", "key": "dose", "value": 4}])
    content, buffers = page.wait("drawn", 2)
    assert content["draft"]
    assert len(figure_of(buffers)["data"][0]["y"]) == 20
    assert card.face["subtitle"] == "dose 1 at version 0."


def test_reset_goes_back_to_the_first_settings(session, page):
    card = live(session)
    page.say(card, "show")
    page.say(card, "move", changes=[{"field": "metric", "key": None, "value": "time"}])
    page.wait("drawn", 2)
    page.say(card, "move", changes=[], reset=True)
    assert page.wait("drawn", 3)[0]["face"]["title"] == f"loss {EVIL}"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ([{"field": "metric", "key": None, "value": "cost"}], "cost"),
        ([{"field": "at", "key": "dose", "value": 99}], "99"),
        ([{"field": "at", "key": "dose", "value": float("nan")}], "nan"),
        ([{"field": "resolution", "key": None, "value": 10_000}], "resolution"),
        (["nonsense"], "nonsense"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_bad_move_is_refused_with_a_reason_and_changes_nothing(session, page, changes, word):
    card = live(session)
    page.say(card, "show")
    good = {"field": "at", "key": "dose", "value": 2}
    both = [good, *changes] if isinstance(changes, list) else changes
    reply = page.say(card, "move", changes=both)
    assert not reply["ok"]
    assert word in reply["error"]
    page.say(card, "move", changes=[])
    assert page.wait("drawn", 2)[0]["face"]["subtitle"] == "dose 1 at version 0."


@dataclass(frozen=True)
class Listed:
    top: int = 3

    def compute(self, context):
        links = tuple(Link(label=f"{k}", analysis=Slice(at=(("dose", float(k)),))) for k in range(self.top))
        control = Control(field="top", label="Top", kind="slider", minimum=1, maximum=5, step=1, value=self.top)
        return AnalysisCard(title="Listed", subtitle=f"{self.top} doses.", controls=(control,), links=links)


def test_a_link_opens_another_analysis_in_place_and_there_is_a_way_back(session, page):
    card = live(session, Listed())
    page.say(card, "show")
    page.say(card, "move", changes=[{"field": "top", "key": None, "value": 4}])
    face = page.wait("drawn", 2)[0]["face"]
    assert [link["label"] for link in face["links"]] == ["0", "1", "2", "3"]
    assert face["back"] == ""
    reply = page.say(card, "open", mark=face["links"][3]["mark"])
    content, buffers = page.wait("drawn", 3)
    assert content["ticket"] == reply["value"]
    assert (content["face"]["subtitle"], content["face"]["back"]) == ("dose 3 at version 0.", "Listed")
    assert figure_of(buffers)["data"][0]["y"][1] == 3
    page.say(card, "move", changes=[{"field": "at", "key": "dose", "value": 7}])
    assert page.wait("drawn", 4)[0]["face"]["subtitle"] == "dose 7 at version 0."
    page.say(card, "move", changes=[], reset=True)
    assert page.wait("drawn", 5)[0]["face"]["subtitle"] == "dose 3 at version 0."
    page.say(card, "open", mark="")
    face = page.wait("drawn", 6)[0]["face"]
    assert (face["subtitle"], face["back"]) == ("4 doses.", "")
    page.say(card, "move", changes=[], reset=True)
    assert page.wait("drawn", 7)[0]["face"]["subtitle"] == "3 doses."


def test_a_link_that_is_no_longer_there_is_refused(session, page):
    card = live(session, Listed())
    page.say(card, "show")
    reply = page.say(card, "open", mark="nonsense")
    assert not reply["ok"]
    assert "choose again" in reply["error"]
    page.say(card, "open", mark="")
    assert page.wait("drawn", 2)[0]["face"]["subtitle"] == "3 doses."


def test_a_card_on_show_follows_the_experiment(session, page):
    card = live(session)
    page.say(card, "show")
    session.change()
    assert page.wait("drawn", 2)[0]["face"]["subtitle"] == "dose 1 at version 1."
    assert threading.current_thread().name != "axnb-cards"


def test_a_card_not_on_show_does_nothing_until_it_is_shown(session, page, monkeypatch):
    computed = []
    monkeypatch.setattr(
        "axnb.widgets.cards.source.compute_card", lambda *given: computed.append(1) or compute_card(*given)
    )
    hidden, shown = live(session), live(session)
    page.say(hidden, "show")
    page.say(hidden, "hide")
    page.say(shown, "show")
    session.change()
    page.wait("drawn", 3)
    count = len(computed)
    assert hidden.face["subtitle"] == "dose 1 at version 0."
    page.say(hidden, "show", have=0)
    assert page.wait("drawn", 4)[0]["face"]["subtitle"] == "dose 1 at version 1."
    assert len(computed) > count


def test_a_card_that_is_hidden_before_its_turn_is_not_drawn(session, page):
    card = live(session)
    page.say(card, "show")
    session.change()
    page.say(card, "hide")
    time.sleep(0.4)
    assert len(page.news("drawn")) == 1


def test_a_slow_card_follows_changes_at_a_distance_but_moves_at_once(session, page, monkeypatch):
    asked = []

    class Diary:
        def soon(self, job, delay=0.0):
            asked.append((job.__name__, delay))

        def drop(self, job):
            pass

    card = live(session)
    monkeypatch.setattr("axnb.widgets.cards.card.WORKER", Diary())
    page.say(card, "show")
    session.change()
    card._source.seconds = 0.5
    session.change()
    page.say(card, "move", changes=[])
    assert asked == [("_redraw", 0.15), ("_redraw", 2.0), ("_redraw", 0.0)]


def test_many_changes_are_taken_together(session, page):
    card = live(session)
    page.say(card, "show")
    for _ in range(200):
        session.change()
    deadline = time.monotonic() + 20
    while page.news("drawn")[-1][0]["face"]["subtitle"] != "dose 1 at version 200." and time.monotonic() < deadline:
        time.sleep(0.01)
    assert page.news("drawn")[-1][0]["face"]["subtitle"] == "dose 1 at version 200."
    assert len(page.news("drawn")) < 50


def test_a_failing_card_says_why_and_recovers(session, page):
    card = live(session, Slice(fails_before=2))
    page.say(card, "show")
    first = page.wait("drawn", 1)[0]["face"]
    assert (first["kind"], first["subtitle"]) == ("error", "ValueError: only 0 of 2")
    session.change()
    assert page.wait("drawn", 2)[0]["face"]["subtitle"] == "ValueError: only 1 of 2"
    session.change()
    content, buffers = page.wait("drawn", 3)
    assert content["face"]["kind"] == "card"
    assert buffers


def test_a_session_that_fails_is_answered_and_the_card_recovers(session, page):
    card = live(session)
    page.say(card, "show")
    find = session.analysis_context
    session.analysis_context = lambda: (_ for _ in ()).throw(UserInputError("the disk is full."))
    page.say(card, "move", changes=[])
    assert page.wait("failed", 1)[0]["error"] == "the disk is full."
    session.analysis_context = find
    page.say(card, "move", changes=[])
    page.wait("drawn", 2)


def test_a_waiting_card_says_what_is_missing(session):
    card = NotApplicableStateAnalysisCard(title="Soon", subtitle="Two more trials are needed.")
    assert LiveView(session).widget(card).face["kind"] == "waiting"


def test_the_user_s_layout_outlives_a_redraw(session, page):
    view = LiveView(session)
    card = compute_card(Slice(), session.analysis_context(), view=view)
    card.figure.update_layout(height=250, yaxis_type="log")
    card.figure.update_xaxes(title="step")
    card.figure.add_hline(y=3)
    widget = view.widget(card)
    page.say(widget, "show")
    page.say(widget, "move", changes=[{"field": "metric", "key": None, "value": "time"}])
    content, buffers = page.wait("drawn", 2)
    layout = figure_of(buffers)["layout"]
    assert content["face"]["height"] == 250
    assert (layout["height"], layout["yaxis"]["type"], len(layout["shapes"])) == (250, "log", 1)
    assert layout["xaxis"]["title"]["text"] == "step"
    assert layout["yaxis"]["title"]["text"] == "time"


def test_a_user_s_template_is_sent_and_ours_is_not(session, page):
    view = LiveView(session)
    card = compute_card(Slice(), session.analysis_context(), view=view)
    page.say(view.widget(card), "show")
    assert "template" not in figure_of(page.wait("drawn", 1)[1])["layout"]
    card = compute_card(Slice(), session.analysis_context(), view=view)
    card.figure.layout.template = "plotly"
    page.say(view.widget(card), "show")
    assert "template" not in figure_of(page.wait("drawn", 2)[1])["layout"]
    card = compute_card(Slice(), session.analysis_context(), view=view)
    card.figure.update_layout(template={"layout": {"paper_bgcolor": "#abcdef"}})
    page.say(view.widget(card), "show")
    assert figure_of(page.wait("drawn", 3)[1])["layout"]["template"]["layout"]["paper_bgcolor"] == "#abcdef"


def test_the_page_gets_code_from_the_kernel(session, page):
    card = live(session)
    page.say(card, "module", name=card.code)
    content, buffers = page.wait("module", 1)
    assert content["name"] == card.code
    assert bytes(buffers[0])[:2] == b"\x1f\x8b"
    reply = page.say(card, "module", name="../../etc/passwd")
    assert "There is no module" in reply["error"]


def test_messages_to_the_browser_have_no_id(session, page):
    card = live(session)
    for method, params in [("show", {}), ("move", {"changes": []}), ("module", {"name": card.code}), ("nonsense", {})]:
        page.say(card, method, **params)
    page.wait("drawn", 2)
    assert not [content for content, _ in page.sent if "id" in content]


def test_a_closed_card_is_quiet(session, page):
    card = live(session)
    page.say(card, "show")
    card.close()
    session.change()
    time.sleep(0.4)
    assert len(page.news("drawn")) == 1


def test_a_card_outlives_its_session(page):
    session = FakeSession()
    card = live(session)
    page.say(card, "show")
    session.change()
    page.wait("drawn", 2)
    gone = weakref.ref(session), weakref.ref(session.experiment)
    del session
    deadline = time.monotonic() + 10
    while any(ref() is not None for ref in gone) and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    assert [ref() for ref in gone] == [None, None]
    reply = page.say(card, "move", changes=[])
    assert reply["ok"]
    assert "run its cell again" in page.wait("failed", 1)[0]["error"]


def test_a_live_card_is_a_widget_like_any_other(session):
    card = live(session)
    box = ipywidgets.VBox([card, ipywidgets.IntSlider()])
    assert isinstance(card, anywidget.AnyWidget)
    assert box.children[0] is card
    assert repr(card) == f"LiveCard('loss {EVIL}')"


def test_a_view_that_never_answers_is_taken_to_be_gone():
    views = Audience(patience=0.05)
    views.heard("a")
    views.told()
    assert views.present
    time.sleep(0.1)
    assert (views.present, views.asleep) == (False, True)
    views.heard("a")
    assert views.present


def test_a_sleeping_view_is_told_that_it_may_ask(session, page, monkeypatch):
    card = live(session)
    page.say(card, "show")
    monkeypatch.setattr(card._views, "_patience", 0.0)
    session.change()
    page.wait("stale", 1)
    assert len(page.news("drawn")) == 1
