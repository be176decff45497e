import pytest

from axnb.analyses import ContourPlot, SlicePlot


@pytest.mark.parametrize(
    ("name", "label"),
    [("plain", "expected improvement"), ("several", "expected hypervolume improvement")],
)
def test_what_is_drawn_is_called_what_it_is(name, label, request):
    context = request.getfixturevalue(name).analysis_context()
    along = SlicePlot("a", display="acquisition").compute(context)
    assert along.figure.layout.yaxis.title.text == f"{label}, share of top"
    over = ContourPlot("a", "b", display="acquisition").compute(context)
    assert over.figure.data[0].colorbar.title.text == f"{label}, share of top"


def test_an_acquisition_of_the_users_has_its_own_name(plain):
    plain.configure_generation_strategy(acquisition="ucb")
    card = SlicePlot("a", display="acquisition").compute(plain.analysis_context())
    assert card.figure.layout.yaxis.title.text == "ucb, share of top"
