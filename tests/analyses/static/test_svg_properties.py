"""Whatever a figure holds, its drawing is a well-formed document of bounded size, of nothing but shapes and text."""

import datetime as dt
import xml.etree.ElementTree as ET

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from axnb.analyses.drawing.style import plain, template_spec
from axnb.analyses.static.svg import MOST_BYTES
from axnb.analyses.static.svg.drawing import draw_figure
from axnb.analyses.static.svg.text import flat, legal

ELEMENTS = set(
    "svg title rect g defs clipPath linearGradient stop path circle ellipse image text tspan".split()  # noqa: SIM905
)
settings.register_profile("svg", deadline=None, max_examples=100)

numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(10**400), 10**400),
    st.floats(-100, 100),
    st.none(),
)
names = st.text(max_size=12) | st.sampled_from(["<b>", "</svg>", "&lt;", "$x$", "]]>", "a\x00b", "\ud800", "w" * 300])
dates = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))  # noqa: DTZ001
columns = st.one_of(
    st.lists(numbers, max_size=25),
    st.lists(names, max_size=25),
    st.lists(dates, max_size=25),
    st.lists(st.one_of(numbers, names, st.booleans()), max_size=25),
)
modes = st.sampled_from(["lines", "markers", "lines+markers", "text", "lines+markers+text", None])
colours = st.one_of(
    st.none(), st.sampled_from(["red", "#0af", "rgba(1,2,3,0.4)"]), st.lists(numbers, min_size=1, max_size=25)
)


@st.composite
def scatters(draw):
    x, y = draw(columns), draw(columns)
    errors = draw(st.none() | st.lists(st.floats(0, 10) | st.just(float("nan")), max_size=25))
    return dict(
        type="scatter",
        x=x,
        y=y,
        mode=draw(modes),
        name=draw(names),
        text=[str(v) for v in y],
        error_y={"array": errors} if errors is not None else None,
        fill=draw(st.sampled_from([None, "tozeroy", "tozerox", "tonexty", "toself"])),
        line={"shape": draw(st.sampled_from(["linear", "hv", "vh", "hvh", "vhv"]))},
        marker={
            "color": draw(colours),
            "symbol": draw(st.sampled_from(["circle", "x", "star-open", "x-thin", 3, 104])),
        },
    )


@st.composite
def bars(draw):
    orientation = draw(st.sampled_from(["h", "v"]))
    where, how = draw(columns), draw(st.lists(numbers, max_size=25))
    x, y = (how, where) if orientation == "h" else (where, how)
    return dict(
        type="bar",
        x=x,
        y=y,
        orientation=orientation,
        name=draw(names),
        text=draw(st.none() | st.lists(names, max_size=5)),
    )


@st.composite
def boxes(draw):
    values = draw(st.lists(numbers, max_size=40))
    points = draw(st.sampled_from(["all", "outliers", False]))
    if draw(st.booleans()):
        return dict(type="box", y=values, name=draw(names), boxpoints=points, boxmean=draw(st.booleans()))
    return dict(type="box", x=values, y=draw(st.none() | columns), orientation="h", boxpoints=points)


@st.composite
def fields(draw):
    rows, wide = draw(st.integers(0, 8)), draw(st.integers(0, 8))
    z = draw(st.lists(st.lists(numbers, min_size=wide, max_size=wide), min_size=rows, max_size=rows))
    x = draw(st.none() | columns)
    if draw(st.booleans()):
        return dict(
            type="heatmap", z=z, x=x, zmid=draw(st.none() | st.just(0)), texttemplate=draw(st.none() | st.just("%{z}"))
        )
    kind = draw(st.sampled_from(["levels", "constraint"]))
    contours = {"type": kind, "coloring": draw(st.sampled_from(["fill", "lines", "heatmap", "none"]))}
    contours |= (
        {"operation": draw(st.sampled_from(["<", ">", "[]", "]["])), "value": [0, 1]} if kind == "constraint" else {}
    )
    contours |= {} if kind == "constraint" else {"showlabels": draw(st.booleans())}
    if kind == "constraint" and contours["operation"] in "<>":
        contours["value"] = 0
    return dict(
        type="contour",
        z=z,
        x=x,
        y=draw(st.none() | columns),
        contours=contours,
        ncontours=draw(st.none() | st.integers(1, 99)),
    )


@st.composite
def parallels(draw):
    dimension = st.fixed_dictionaries({"values": st.lists(numbers, max_size=20), "label": names})
    line = draw(st.none() | st.lists(numbers, max_size=20))
    return dict(
        type="parcoords", dimensions=draw(st.lists(dimension, max_size=5)), line={"color": line} if line else None
    )


traces = st.one_of(scatters(), bars(), boxes(), fields(), parallels())
kinds = st.sampled_from([None, "linear", "log", "category", "date"])


class Raw:
    """A figure that plotly has not checked: what a user's own JSON may hold."""

    def __init__(self, data, layout):
        self.json = {"data": data, "layout": layout}

    def __repr__(self):
        return repr(self.json["data"]) + repr({k: v for k, v in self.json["layout"].items() if k != "template"})

    def to_plotly_json(self):
        return self.json


@st.composite
def figures(draw):
    ends = draw(st.none() | st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2))
    layout = {
        "template": draw(st.sampled_from([None, template_spec()])),
        "barmode": draw(st.sampled_from(["group", "stack", "relative", "overlay"])),
        "title": {"text": draw(names)},
        "xaxis": {
            "title": {"text": draw(names)},
            "type": draw(kinds),
            "autorange": draw(st.sampled_from([None, "reversed"])),
            "dtick": draw(st.none() | numbers),
        },
        "yaxis": {
            "title": {"text": plain(draw(names))},
            "type": draw(kinds),
            "range": ends,
            "nticks": draw(st.none() | st.integers(0, 50)),
        },
        "shapes": [{"type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": draw(numbers), "y1": draw(numbers)}],
        "annotations": [{"text": draw(names), "x": draw(numbers), "y": draw(numbers)}],
    }
    return Raw(draw(st.lists(traces, max_size=4)), layout)


@given(figures(), st.sampled_from([(640, 400), (120, 120), (2000, 90)]))
@settings(settings.get_profile("svg"))
def test_every_figure_gives_a_document_of_shapes_and_text(figure, size):
    svg = draw_figure(figure, *size)
    root = ET.fromstring(svg.encode("utf-8"))
    assert {element.tag.partition("}")[2] for element in root.iter()} <= ELEMENTS
    assert len(svg) <= MOST_BYTES
    for element in root.iter():
        for name, value in element.items():
            assert not name.lower().startswith("on")
            assert "nan" not in value.split() or name == "aria-label"
            assert name != "href" or value.startswith("data:image/png;base64,")


@given(st.text(max_size=80))
def test_a_plain_name_is_shown_as_it_is(name):
    shown = " ".join(name.split())
    wanted = shown if len(shown) <= 60 else shown[:59].rstrip() + "…"
    assert flat(plain(name)) == legal(wanted)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(12, 60))
def test_thinned_lines_keep_their_extremes(values, most):
    from axnb.analyses.static.svg.marks import thin_line

    y = np.array(values)
    kept = thin_line(np.arange(float(len(y))), y, most)
    assert y[kept].min() == y.min()
    assert y[kept].max() == y.max()
    assert {0, len(y) - 1} <= set(kept.tolist())
