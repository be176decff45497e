"""The board without a kernel: a still table."""

from xml.etree import ElementTree as ET

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig
from axnb.widgets.board.fallback import html, summary

NASTY = '<img src=x onerror="alert(1)">&'


def texts(markup):
    return [cell.text or "" for cell in ET.fromstring(markup).iter() if cell.tag in ("td", "th", "div")]


def test_it_holds_the_goal_the_best_and_every_row(client, point):
    client.attach_trial(point)
    client.complete_trial(0, {"strength": (41.2, 0.5), "weight": 9.5})
    client.attach_trial({**point, "walls": 4})
    client.mark_trial_failed(1, "too hot")
    found = texts(html(client.experiment.view()))
    assert "Maximise strength, with weight ≤ 10" in found
    assert "Best so far: trial 0 with strength 41.20 ± 0.50, weight 9.5" in found
    rows = found[found.index("weight") + 1 :]
    assert rows == [
        *["1", "Failed: too hot", "Manual", "217.35", "4", "grid", "", ""],
        *["★ 0", "Completed", "Manual", "217.35", "3", "grid", "41.20 ± 0.50", "9.5"],
    ]


def test_names_are_text():
    client = Client(random_seed=0)
    client.configure_experiment(
        [
            RangeParameterConfig(NASTY, (-1.0, 1.0), "float"),
            ChoiceParameterConfig("c", [NASTY, "b"], "str", is_ordered=False),
        ],
        name=NASTY,
    )
    client.attach_trial({NASTY: -0.5, "c": NASTY})
    client.mark_trial_failed(0, NASTY)
    markup = html(client.experiment.view())
    assert "<img" not in markup
    assert texts(markup).count(NASTY) == 3
    assert "-0.500" in texts(markup)


def test_a_long_table_is_cut_and_says_so(client, point):
    for number in range(6):
        client.attach_trial({**point, "temperature": 180.0 + number})
    found = texts(html(client.experiment.view(), cap=4))
    assert "6 trials: 6 running; the newest 4 are shown" in found
    assert [text for text in found if text.isdigit() and len(text) == 1 and text != "3"] == ["5", "4", "2"]
    assert summary(client.experiment.view()) == "6 trials: 6 running"


def test_it_adds_little_to_a_notebook(client, point):
    for number in range(60):
        client.attach_trial({**point, "temperature": 180.0 + number})
    assert len(html(client.experiment.view())) < 30_000
