"""What the drawn figures say: axes, ticks, categories, marks, colours."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from axnb.analyses.drawing import style
from axnb.analyses.drawing.style import new_figure
from axnb.analyses.static.svg import render_svg
from axnb.analyses.static.svg.colour import Scale
from axnb.analyses.static.svg.fields import png
from axnb.analyses.static.svg.ticks import format_tick
from axnb.errors import UnsupportedError
from tests.analyses.conftest import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"
SQUARE = np.arange(12.0).reshape(3, 4)


def drawn(figure, **size):
    return ET.fromstring(render_svg(figure, **size))


def texts(root):
    """Return what each text says, with its place."""
    return {"".join(e.itertext()): (float(e.get("x")), float(e.get("y"))) for e in root.iter(f"{SVG}text")}


def said(figure, **size):
    return list(texts(drawn(figure, **size)))


def circles(root):
    return [(float(e.get("cx")), float(e.get("cy"))) for e in root.iter(f"{SVG}circle")]


def paths(root, **wanted):
    return [
        e.get("d") for e in root.iter(f"{SVG}path") if all(e.get(k.replace("_", "-")) == v for k, v in wanted.items())
    ]


def bars(root, color=style.BLUE):
    found = [e for e in root.iter(f"{SVG}rect") if e.get("fill") == color]
    return [tuple(float(e.get(k)) for k in ("x", "y", "width", "height")) for e in found]


def scatter(**layout):
    return new_figure(go.Scatter(x=[0, 1, 2], y=[1.0, 4.0, 2.0], mode="markers")).update_layout(**layout)


# --- the document


def test_size_and_words_for_those_who_cannot_see():
    root = drawn(new_figure(go.Scatter(x=[1], y=[2]), x="trial", y="a & b"))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("640", "400", "0 0 640 400")
    assert root.get("role") == "img"
    assert root.get("aria-label") == "a & b against trial"
    assert drawn(scatter(width=900, height=300)).get("width") == "900"
    assert drawn(scatter(width=900), width=500).get("width") == "500"


def test_the_same_figure_gives_the_same_document_and_ids_of_its_own():
    first, other = render_svg(scatter()), render_svg(new_figure(go.Scatter(x=[1, 2], y=[2, 5])))
    assert first == render_svg(scatter())
    ids = [set(re.findall(r'id="(\w+)"', svg)) for svg in (first, other)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_a_figure_is_not_changed_by_being_drawn():
    figure = new_figure(go.Contour(z=SQUARE), go.Scatter(x=[1], y=[1]))
    before = figure.to_json()
    render_svg(figure)
    assert figure.to_json() == before


def test_traces_that_only_a_browser_can_draw_are_refused():
    with pytest.raises(UnsupportedError, match="A 'pie' trace cannot be drawn without a browser"):
        render_svg(go.Figure(go.Pie(values=[1])))


def test_an_unseen_fault_is_said_to_need_a_browser(monkeypatch):
    monkeypatch.setattr("axnb.analyses.static.svg.drawing.scene_of", lambda plain: 1 / 0)
    with pytest.raises(UnsupportedError, match=r"cannot be drawn without a browser \(ZeroDivisionError"):
        render_svg(scatter())


def test_hidden_traces_are_left_out():
    figure = scatter()
    figure.add_scatter(x=[0], y=[100], visible=False, name="hidden")
    figure.add_scatter(x=[0], y=[100], visible="legendonly", name="folded")
    assert said(figure) == said(scatter())


@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text(name):
    figure = new_figure(
        go.Scatter(x=[name, "b"], y=[1, 2], name=style.plain(name)),
        go.Bar(x=[name], y=[1], name=name),
        x=name,
        y=style.plain(name),
    )
    figure.update_layout(title=name)
    figure.add_annotation(text=name, x=0, y=1)
    root = drawn(figure)
    tags = {element.tag for element in root.iter()}
    assert tags <= {
        SVG + t for t in ("svg", "title", "rect", "g", "defs", "clipPath", "path", "circle", "text", "tspan")
    }
    start = name[:7].replace("<i>", "")
    assert any(start in text for text in texts(root))


def test_text_runs_keep_their_manner():
    svg = render_svg(scatter(title="fit of <b>y</b>: R<sup>2</sup> &lt; 1"))
    assert '<tspan font-weight="600">y</tspan>' in svg
    assert 'baseline-shift="super"' in svg
    assert "fit of y: R2 < 1" in texts(ET.fromstring(svg))


# --- axes


def test_axes_say_their_names_and_round_numbers():
    figure = scatter()
    figure.update_layout(xaxis_title="trial", yaxis_title="loss (minimise)")
    words = said(figure)
    assert {"trial", "loss (minimise)", "0", "1", "2", "4"} <= set(words)
    assert not any("e" in w and w[0].isdigit() for w in words)


def test_whole_numbers_have_no_ticks_between_them():
    words = said(new_figure(go.Scatter(x=[0, 1, 2], y=[10.0, 20.5, 30.0])))
    assert {"0", "1", "2"} <= set(words)
    assert "0.5" not in words


def test_larger_is_up_and_right():
    points = circles(drawn(scatter()))
    assert points[0][0] < points[1][0] < points[2][0]
    assert points[1][1] < points[2][1] < points[0][1]


def test_reversed_axes_turn_round():
    figure = scatter()
    figure.update_yaxes(autorange="reversed")
    points = circles(drawn(figure))
    assert points[1][1] > points[2][1] > points[0][1]
    figure.update_xaxes(range=[2, 0])
    assert circles(drawn(figure))[0][0] > circles(drawn(figure))[2][0]


def test_log_axes_have_their_decades_evenly_apart():
    figure = new_figure(go.Scatter(x=[1, 2, 3, 4], y=[0.001, 0.1, 10, 1000], mode="markers"))
    figure.update_yaxes(type="log")
    root = drawn(figure)
    places = texts(root)
    heights = [places[word][1] for word in ("0.001", "0.01", "0.1", "1", "10", "100", "1000")]
    assert np.diff(heights) == pytest.approx(np.full(6, heights[1] - heights[0]), abs=0.3)
    gaps = np.diff([y for _, y in circles(root)])
    assert gaps == pytest.approx(np.full(3, gaps[0]), abs=0.3)


def test_far_decades_are_powers_of_ten():
    figure = new_figure(go.Scatter(x=[1e-7, 1e-2], y=[1, 2]))
    figure.update_xaxes(type="log")
    assert {"10⁻⁷", "10⁻⁵", "10⁻³"} <= set(said(figure))


def test_a_log_axis_of_less_than_a_decade_has_numbers():
    figure = new_figure(go.Scatter(x=[20, 40], y=[1, 2]))
    figure.update_xaxes(type="log")
    assert {"20", "30", "40"} <= set(said(figure))


def test_a_log_axis_leaves_out_what_has_no_place_on_it():
    figure = new_figure(go.Scatter(x=[-1, 0, 1, 10], y=[1, 2, 3, 4], mode="markers"))
    figure.update_xaxes(type="log")
    assert len(circles(drawn(figure))) == 2


def test_categories_keep_their_order():
    figure = new_figure(go.Bar(x=["b", "a", "c"], y=[1, 2, 3]))
    places = texts(drawn(figure))
    assert places["b"][0] < places["a"][0] < places["c"][0]
    figure.update_xaxes(categoryorder="array", categoryarray=["c", "b", "a"])
    places = texts(drawn(figure))
    assert places["c"][0] < places["b"][0] < places["a"][0]
    figure.update_xaxes(categoryorder="total descending", categoryarray=None)
    places = texts(drawn(figure))
    assert places["c"][0] < places["a"][0] < places["b"][0]
    figure.update_xaxes(categoryorder="category ascending")
    places = texts(drawn(figure))
    assert places["a"][0] < places["b"][0] < places["c"][0]


def test_crowded_categories_are_tilted_and_thinned():
    few = render_svg(new_figure(go.Scatter(x=[f"category {i}" for i in range(12)], y=list(range(12)))))
    assert "rotate(-35" in few
    many = said(new_figure(go.Scatter(x=[f"category {i}" for i in range(300)], y=list(range(300)))))
    assert len([w for w in many if w.startswith("category")]) < 60


def test_dates_have_their_days_and_months():
    days = np.datetime64("2026-01-30") + np.arange(6)
    words = said(new_figure(go.Scatter(x=days, y=np.arange(6.0))))
    assert any(w.startswith("30 Jan") for w in words)
    assert any("2026" in w for w in words)
    months = said(new_figure(go.Scatter(x=["2025-01-01", "2026-06-01"], y=[1, 2])))
    assert {"Jul"} <= {w[:3] for w in months}


def test_given_ticks_and_formats_are_kept():
    figure = scatter()
    figure.update_xaxes(tickvals=[0, 2], ticktext=["low", "high"])
    figure.update_yaxes(tickformat=".0%", tickprefix="~")
    words = said(figure)
    assert {"low", "high", "~100%", "~400%"} <= set(words)
    assert "1" not in words


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        (0.5, ".0%", "50%"),
        (1234.5, ",.1f", "1,234.5"),
        (3, "d", "3"),
        (2e6, ".2s", "2M"),
        (0.25, "~g", "0.25"),
        (1, "%Y", None),
    ],
)
def test_number_formats(value, code, expected):
    assert format_tick(value, code) == expected


def test_long_labels_are_cut_and_stay_in_the_picture():
    figure = new_figure(go.Bar(y=["x" * 200, "b"], x=[1, 2], orientation="h"), x="y" * 300)
    words = said(figure)
    assert any(re.fullmatch("x+…", w) for w in words)
    assert any(re.fullmatch("y+…", w) for w in words)
    assert all(0 <= x <= 640 and 0 <= y <= 400 for x, y in texts(drawn(figure)).values())


def test_subplots_stand_side_by_side():
    figure = make_subplots(rows=1, cols=2, subplot_titles=["left", "right"])
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="markers", row=1, col=1)
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="markers", row=1, col=2)
    root = drawn(figure)
    points = circles(root)
    assert max(p[0] for p in points[:2]) < min(p[0] for p in points[2:])
    assert texts(root)["left"][0] < 320 < texts(root)["right"][0]


def test_matched_axes_share_their_range():
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True)
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="markers", row=1, col=1)
    figure.add_scatter(x=[0, 1], y=[0, 100], mode="markers", row=1, col=2)
    points = circles(drawn(figure))
    assert points[0][1] == points[2][1]
    assert abs(points[0][1] - points[1][1]) < 6


def test_an_axis_on_the_right_has_its_labels_there():
    figure = scatter()
    figure.add_scatter(x=[0, 1], y=[7000, 9000], yaxis="y2")
    figure.update_layout(yaxis2={"overlaying": "y", "side": "right", "title": "cost"})
    places = texts(drawn(figure))
    assert places["cost"][0] > 600
    assert places["8000"][0] > places["2"][0] + 400


# --- marks


def test_lines_break_where_a_value_is_missing():
    figure = new_figure(go.Scatter(x=[0, 1, 2, 3, 4], y=[1, 2, np.nan, 3, 4], mode="lines"))
    [data] = paths(drawn(figure), stroke=style.BLUE)
    assert data.count("M") == 2
    figure.update_traces(connectgaps=True)
    [data] = paths(drawn(figure), stroke=style.BLUE)
    assert data.count("M") == 1


def test_steps_go_across_and_then_up():
    figure = new_figure(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"shape": "hv"}))
    [data] = paths(drawn(figure), stroke=style.BLUE)
    corners = np.array(data[1:].split(), dtype=float).reshape(-1, 2)
    assert len(corners) == 3
    assert corners[1].tolist() == [corners[2][0], corners[0][1]]


def test_a_band_lies_between_two_lines():
    low = go.Scatter(x=[0, 1, 2], y=[0, 1, 0], mode="lines", line={"width": 0})
    high = go.Scatter(x=[0, 1, 2], y=[2, 3, 2], mode="lines", line={"width": 0}, fill="tonexty", fillcolor="#abcdef")
    [data] = paths(drawn(new_figure(low, high)), fill="#abcdef")
    corners = np.array(data[1:-1].split(), dtype=float).reshape(-1, 2)
    assert len(corners) == 6
    assert (corners[:3, 1] < corners[::-1][:3, 1]).all()


def test_error_bars_reach_as_far_as_they_say():
    figure = new_figure(
        go.Scatter(
            x=[0, 1], y=[10.0, 20.0], mode="markers", error_y={"array": [1, 5], "arrayminus": [2, 0], "width": 0}
        )
    )
    root = drawn(figure)
    places = circles(root)
    per_unit = (places[0][1] - places[1][1]) / 10
    ends = re.findall(r"M([\d.]+) ([\d.]+)V([\d.]+)", paths(root, stroke=style.BLUE, fill="none")[0])
    assert len(ends) == 2
    for (_, y), (_, a, b), (minus, plus) in zip(places, ends, ((2, 1), (0, 5)), strict=True):
        assert float(a) == pytest.approx(y + minus * per_unit, abs=0.3)
        assert float(b) == pytest.approx(y - plus * per_unit, abs=0.3)


def test_markers_have_their_symbols_sizes_and_colours():
    figure = new_figure(
        go.Scatter(
            x=[0, 1, 2],
            y=[0, 1, 2],
            mode="markers",
            marker={
                "symbol": ["circle", "x-thin", "square-open"],
                "size": [10, 20, 6],
                "color": ["#111111", "#222222", "#333333"],
            },
        )
    )
    root = drawn(figure)
    [circle] = list(root.iter(f"{SVG}circle"))
    assert (circle.get("r"), circle.get("fill")) == ("5", "#111111")
    assert paths(root, stroke="#222222", fill="none")
    assert paths(root, stroke="#333333", fill="none")


def test_numbers_become_colours_with_a_bar():
    marker = {
        "color": [0, 5, 10],
        "colorscale": [[0, "#000000"], [1, "#ffffff"]],
        "showscale": True,
        "colorbar": {"title": "age"},
    }
    root = drawn(new_figure(go.Scatter(x=[0, 1, 2], y=[0, 1, 2], mode="markers", marker=marker)))
    fills = [c.get("fill") for c in root.iter(f"{SVG}circle")]
    assert fills == ["#000000", "#808080", "#ffffff"]
    assert {"age", "0", "10"} <= set(texts(root))
    assert list(root.iter(f"{SVG}linearGradient"))


def test_words_stand_at_their_points():
    figure = new_figure(
        go.Scatter(x=[0, 1], y=[0, 1], mode="markers+text", text=["first", "last"], textposition="top center")
    )
    root = drawn(figure)
    for word, (x, y) in zip(("first", "last"), circles(root), strict=True):
        assert texts(root)[word][0] == pytest.approx(x)
        assert texts(root)[word][1] < y


def test_grouped_bars_stand_beside_each_other_and_stacked_ones_on_each_other():
    two = [go.Bar(x=["a", "b"], y=[1, 2]), go.Bar(x=["a", "b"], y=[3, 1])]
    root = drawn(new_figure(*two))
    first, second = bars(root)[:2], bars(root, style.ORANGE)[:2]
    assert first[0][0] + first[0][2] == pytest.approx(second[0][0], abs=0.2)
    assert first[0][1] + first[0][3] == pytest.approx(second[0][1] + second[0][3], abs=0.2)
    root = drawn(new_figure(*two).update_layout(barmode="stack"))
    first, second = bars(root)[:2], bars(root, style.ORANGE)[:2]
    assert first[0][0] == second[0][0]
    assert first[0][1] == pytest.approx(second[0][1] + second[0][3], abs=0.2)
    assert second[0][3] == pytest.approx(3 * first[0][3], abs=0.5)


def test_bars_begin_at_zero_and_may_hang_or_lie():
    root = drawn(new_figure(go.Bar(x=["a", "b"], y=[2, -1])))
    up, down = bars(root)
    assert up[1] + up[3] == pytest.approx(down[1], abs=0.2)
    root = drawn(new_figure(go.Bar(y=["a", "b"], x=[2, 1], orientation="h", text=["two", "one"])))
    long, short = bars(root)
    assert long[0] == short[0]
    assert long[2] == pytest.approx(2 * short[2], abs=0.3)
    assert {"two", "one"} <= set(texts(root))


def test_a_box_shows_quartiles_and_outliers():
    values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 40]
    root = drawn(new_figure(go.Box(y=values, name="BO")))
    assert "BO" in texts(root)
    assert len(circles(root)) == 1
    root = drawn(new_figure(go.Box(y=values, boxpoints="all")))
    assert len(circles(root)) == 10
    box = drawn(new_figure(go.Box(q1=[2], median=[3], q3=[5], lowerfence=[1], upperfence=[6], x=["m"])))
    assert "m" in texts(box)
    assert {"1", "6"} <= set(texts(box))


def test_heat_maps_have_a_cell_for_each_value():
    figure = new_figure(go.Heatmap(z=SQUARE, x=list("abcd"), y=list("pqr"), texttemplate="%{z}", showscale=False))
    root = drawn(figure)
    scale = Scale(style.colorscale(style.SEQUENTIAL), 0, 11)
    cells = [e for e in root.iter(f"{SVG}rect") if e.get("fill") in set(scale.colours(SQUARE))]
    assert len(cells) == 12
    places = texts(root)
    assert places["a"][0] == pytest.approx(places["0"][0])
    assert places["8"][1] < places["4"][1] < places["0"][1]


def test_heat_maps_leave_gaps_where_there_is_no_value():
    z = SQUARE.copy()
    z[1, 2] = np.nan
    figure = new_figure(go.Heatmap(z=z, showscale=False))
    assert (
        len(list(drawn(figure).iter(f"{SVG}rect")))
        == len(list(drawn(new_figure(go.Heatmap(z=SQUARE, showscale=False))).iter(f"{SVG}rect"))) - 1
    )


def test_large_heat_maps_are_one_picture():
    big = np.add.outer(np.arange(60.0), np.arange(80.0))
    root = drawn(new_figure(go.Heatmap(z=big)))
    [image] = list(root.iter(f"{SVG}image"))
    assert image.get("href").startswith("data:image/png;base64,iVBOR")


def test_png_has_a_colour_for_each_value_and_none_where_there_is_none():
    import base64
    import struct
    import zlib

    scale = Scale([[0, "#000000"], [1, "#ffffff"]], 0, 1)
    data = base64.b64decode(png(np.array([[0.0, 1.0, np.nan]]), scale))
    assert struct.unpack(">II", data[16:24]) == (3, 1)
    start = data.index(b"IDAT") + 4
    length = struct.unpack(">I", data[start - 8 : start - 4])[0]
    assert zlib.decompress(data[start : start + length]) == b"\x00\x01\xff\x00"


def test_contours_are_bands_with_a_bar_of_the_same_colours():
    x = np.linspace(0, 1, 20)
    figure = new_figure(go.Contour(x=x, y=x, z=np.add.outer(x, x), contours={"start": 0.5, "end": 1.5, "size": 0.5}))
    root = drawn(figure)
    bands = [e.get("fill") for e in root.iter(f"{SVG}path") if e.get("fill-rule") == "evenodd"]
    assert len(set(bands)) == 4
    legend = [e.get("fill") for e in root.iter(f"{SVG}rect")]
    assert set(bands) <= set(legend)
    assert {"0.5", "1.0", "1.5"} <= set(texts(root))


def test_contours_on_a_log_axis_bend_with_it():
    y = np.logspace(-4, 0, 30)
    figure = new_figure(
        go.Contour(
            x=[0, 1], y=y, z=np.repeat(np.log10(y)[:, None], 2, axis=1), contours={"start": -2, "end": -2, "size": 1}
        )
    )
    figure.update_yaxes(type="log")
    root = drawn(figure)
    height = texts(root)["10⁻²"][1]
    [line] = [d for d in paths(root, fill="none") if d.count("M") == 1 and "V" not in d and "H" not in d]
    assert np.array(line[1:].split(), dtype=float)[1::2] == pytest.approx(height - 4, abs=1.5)


def test_a_constraint_shades_what_breaks_it():
    x = np.linspace(0, 1, 20)
    broken = go.Contour(
        x=x,
        y=x,
        z=np.repeat(x[None, :], 20, axis=0),
        contours={"type": "constraint", "operation": "<=", "value": 0.5},
        fillcolor="#123456",
    )
    [region] = paths(drawn(new_figure(broken)), fill="#123456")
    corners = np.array(re.findall(r"-?[\d.]+", region), dtype=float)[::2]
    assert corners.min() > 300
    figure = new_figure(broken).update_traces(contours_operation=">=")
    [region] = paths(drawn(figure), fill="#123456")
    assert np.array(re.findall(r"-?[\d.]+", region), dtype=float)[::2].max() < 400


def test_points_on_a_field_need_no_room_around_them():
    x = np.linspace(0, 1, 5)
    figure = new_figure(go.Contour(x=x, y=x, z=np.add.outer(x, x)), go.Scatter(x=[0, 1], y=[0, 1], mode="markers"))
    left, right = sorted(p[0] for p in circles(drawn(figure)))
    places = texts(drawn(figure))
    assert places["0.5"][0] == pytest.approx((left + right) / 2, abs=0.5) or left < 100
    assert left < 60
    figure.add_scatter(x=[2], y=[0.5], mode="markers")
    assert min(p[0] for p in circles(drawn(figure))) > left


def test_parallel_coordinates_have_an_axis_for_each_dimension():
    dimensions = [
        {"label": "layers", "values": [1, 2, 3]},
        {"label": "optimizer", "values": [0, 1, 1], "tickvals": [0, 1], "ticktext": ["adam", "sgd"]},
        {"label": "loss", "values": [0.3, 0.1, np.nan]},
        {"label": "hidden", "values": [1, 2, 3], "visible": False},
    ]
    root = drawn(new_figure(go.Parcoords(dimensions=dimensions, line={"color": [1, 2, 3], "showscale": True})))
    places = texts(root)
    assert {"layers", "optimizer", "loss", "adam", "sgd", "2"} <= set(places)
    assert "hidden" not in places
    assert "1.5" not in places
    assert places["layers"][0] < places["optimizer"][0] < places["loss"][0]
    lines = [
        e.get("d")
        for e in root.iter(f"{SVG}path")
        if e.get("d", "").count("L") >= 1 and e.get("stroke", "").startswith("#")
    ]
    assert sorted(d.count("L") for d in lines) == [1, 2, 2]


# --- around the marks


def test_legends_name_the_traces_when_there_are_several():
    one = new_figure(go.Scatter(x=[1], y=[1], name="only"))
    assert "only" not in said(one)
    two = new_figure(go.Scatter(x=[1], y=[1], name="first"), go.Bar(x=[1], y=[1], name="second"))
    assert {"first", "second"} <= set(said(two))
    assert "first" not in said(two.update_layout(showlegend=False))
    assert "only" in said(one.update_layout(showlegend=True))


def test_a_legend_with_many_names_takes_several_rows():
    figure = new_figure(*[go.Scatter(x=[0, 1], y=[0, i], name=f"a rather long name {i}") for i in range(9)])
    places = texts(drawn(figure))
    rows = {places[f"a rather long name {i}"][1] for i in range(9)}
    assert len(rows) > 1
    assert all(places[f"a rather long name {i}"][0] < 530 for i in range(9))


def test_shapes_and_annotations_stand_where_they_say():
    figure = scatter()
    figure.add_hline(y=3, line={"color": "#ff0000"}, annotation_text="limit")
    figure.add_vrect(x0=0.5, x1=1.5, fillcolor="#00ff00", line_width=0)
    figure.add_annotation(x=1, y=4, text="best", showarrow=True, arrowcolor="#0000ff")
    root = drawn(figure)
    points = circles(root)
    [line] = paths(root, stroke="#ff0000")
    heights = {float(h) for h in re.findall(r" ([\d.]+)", line)}
    expected = points[0][1] + (points[1][1] - points[0][1]) * 2 / 3
    assert sorted(heights) == pytest.approx([expected], abs=0.2)
    [band] = [e for e in root.iter(f"{SVG}rect") if e.get("fill") == "#00ff00"]
    assert float(band.get("x")) == pytest.approx((points[0][0] + points[1][0]) / 2, abs=0.2)
    assert {"limit", "best"} <= set(texts(root))
    assert paths(root, stroke="#0000ff")


def test_a_shape_on_a_log_axis_is_given_in_values():
    figure = new_figure(go.Scatter(x=[1, 100], y=[1, 2], mode="markers")).update_xaxes(type="log")
    figure.add_shape(type="line", x0=10, x1=10, y0=1, y1=2, line={"color": "#ff0000"})
    root = drawn(figure)
    [line] = paths(root, stroke="#ff0000")
    middle = sum(x for x, _ in circles(root)) / 2
    assert float(line[1:].split()[0]) == pytest.approx(middle, abs=0.2)


def test_shared_colour_axes_have_one_bar_and_one_range():
    figure = make_subplots(rows=1, cols=2)
    figure.add_heatmap(z=[[0, 1]], coloraxis="coloraxis", row=1, col=1)
    figure.add_heatmap(z=[[9, 10]], coloraxis="coloraxis", row=1, col=2)
    figure.update_layout(coloraxis={"colorscale": [[0, "#000000"], [1, "#ffffff"]], "colorbar": {"title": "z"}})
    root = drawn(figure)
    fills = [e.get("fill") for e in root.iter(f"{SVG}rect")]
    assert {"#000000", "#ffffff", "#1a1a1a", "#e6e6e6"} <= set(fills)
    assert len(list(root.iter(f"{SVG}linearGradient"))) == 1


def test_a_dark_template_gives_a_dark_picture():
    figure = scatter(template=style.template(style.DARK))
    svg = render_svg(figure)
    assert f'fill="{style.DARK.paper}"' in svg
    assert f'fill="{style.DARK.ink}"' in svg
    assert style.LIGHT.ink not in svg
