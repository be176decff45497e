"""The cards beside the board's rows."""

import pytest

from axnb.errors import NotConfiguredError
from axnb.widgets.board.panel import PanelAnalysis, make_panel
from axnb.widgets.cards.view import LiveGroup


def names(client):
    return [type(a).__name__ for a in PanelAnalysis().outline(client.analysis_context()).analyses]


def fill(client, point, count):
    for number in range(count):
        index = client.attach_trial({**point, "temperature": 190.0 + 10.0 * number, "walls": 1 + number})
        client.complete_trial(index, {"strength": float(number), "weight": 1.0 + number})


def test_cards_come_as_results_do(client, point):
    assert names(client) == ["UtilityProgressionAnalysis"]
    fill(client, point, 1)
    assert names(client) == ["UtilityProgressionAnalysis", "ScatterPlot", "ParallelCoordinatesPlot"]
    fill(client, point, 3)
    assert names(client)[3:] == ["ContourPlot", "WhatIf"]


def test_the_panel_is_tabs_however_few_and_its_titles_are_no_class_names(client, point):
    fill(client, point, 4)
    panel = make_panel(client)
    assert panel.face["tabbed"]
    assert len(panel.members) == 5
    assert all(title and "Plot" not in title and "Analysis" not in title for title in panel.face["titles"])
    panel.close()


def test_the_board_makes_its_panel_once_and_closes_it(browser, board, client, point):
    fill(client, point, 4)
    assert board.panel == ""
    browser.ask("panel")
    reference = board.panel
    assert reference.startswith("anywidget:")
    browser.ask("panel")
    assert board.panel == reference
    assert isinstance(board._cards, LiveGroup)


def test_without_a_goal_there_is_nothing_to_draw():
    from axnb import Client, RangeParameterConfig

    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    with pytest.raises(NotConfiguredError):
        make_panel(client)
