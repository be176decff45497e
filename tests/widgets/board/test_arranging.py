"""What a page is told when rows are ordered, filtered and laid out otherwise, and what is kept of it."""

from axnb import Client, RangeParameterConfig
from axnb.widgets.board import Board
from tests.widgets.conftest import Browser

PLAIN = {"sort": "", "descending": False, "statuses": [], "text": "", "ranges": {}, "among": None}


def fill(client, point, count):
    for number in range(count):
        index = client.attach_trial({**point, "temperature": 180.0 + (number * 37 % 80)})
        client.complete_trial(index, {"strength": float(number * 53 % 101), "weight": 1.0})


def applied(order, moves):
    kept = [trial for trial in order if trial not in set(moves["out"])]
    for place, trial in moves["put"]:
        kept.insert(place, trial)
    return kept


def expand(spans):
    return [t for a, b in spans for t in (range(a, b + 1) if a <= b else range(a, b - 1, -1))]


def test_another_order_is_told_with_the_rows_that_come_first(browser, client, point):
    fill(client, point, 8)
    browser.ask("state")
    browser.ask("arrange", **{**PLAIN, "sort": "m:strength", "descending": True})
    news = browser.wire.news[-1]
    strengths = [number * 53 % 101 for number in range(8)]
    best_first = sorted(range(8), key=strengths.__getitem__, reverse=True)
    assert expand(news["spans"]) == best_first
    assert [row["trial"] for row in news["rows"]] == best_first
    assert news["arrangement"]["sort"] == "m:strength"
    assert browser.ask("state")["arrangement"] == news["arrangement"]


def test_of_a_long_order_a_change_tells_only_what_moved(browser, client, point):
    fill(client, point, 120)
    browser.ask("arrange", **{**PLAIN, "sort": "m:strength"})
    order = expand(browser.wire.news[-1]["spans"])
    client.amend_data(7, {"strength": 50.5})
    browser.board._feed.flush()
    news = browser.wire.news[-1]
    assert "spans" not in news
    assert news["moves"]["out"] == [7]
    assert applied(order, news["moves"]) == browser.board._feed.shown


def test_a_change_elsewhere_says_nothing_of_the_order(browser, client, point):
    fill(client, point, 10)
    browser.ask("state")
    client.note_trial(3, "hm")
    browser.board._feed.flush()
    news = browser.wire.news[-1]
    assert "spans" not in news
    assert "moves" not in news
    assert news["histograms"] == {}


def test_a_filter_follows_changes(browser, client, point):
    fill(client, point, 5)
    browser.ask("arrange", **{**PLAIN, "ranges": {"m:strength": [50, 60]}})
    assert expand(browser.wire.news[-1]["spans"]) == [3, 1]
    client.amend_data(4, {"strength": 55.0})
    browser.board._feed.flush()
    assert browser.board._feed.shown == [4, 3, 1]
    assert browser.wire.news[-1]["total"] == 5


def test_a_layout_reaches_every_page_and_is_kept_with_the_experiment(wire, tmp_path):
    file = tmp_path / "run.jsonl"
    layout = {"hidden": ["p:x"], "shown": ["note"], "order": [], "widths": {"m:y": 120}, "panel": ""}
    client = Client(storage=file)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    first, second = Board(client), Board(client)
    pages = [Browser(board, wire) for board in (first, second)]
    pages[0].ask("lay_out", layout=layout)
    assert wire.news[-1]["layout"] == layout
    assert pages[1].ask("state")["layout"] == layout
    later = Client(storage=file)
    third = Board(later)
    pages.append(Browser(third, wire))
    assert pages[2].ask("state")["layout"] == layout
    assert later.saved_cards() == []
    for board in (first, second, third):
        board.close()
