"""The contour."""

import dataclasses

import numpy as np
import pytest

from axnb.analyses.context import AnalysisContext
from axnb.analyses.controls import set_field
from axnb.analyses.drawing import style
from axnb.analyses.insights.contour import ContourPlot
from axnb.errors import (
    DataRequiredError,
    NotConfiguredError,
    ObjectNotFoundError,
    UnknownNameError,
    UnsupportedError,
    UserInputError,
)
from axnb.record.experiment import Experiment
from tests.analyses.conftest import make, number


def field(card):
    return card.figure.data[0]


def controls(card):
    return {(c.field, c.key): c for c in card.controls}


def test_the_surface_is_what_the_model_predicts(mixed):
    context = mixed.analysis_context()
    at = {"kernel": "poly"}
    card = ContourPlot("C", "degree", "time", at=at, resolution=7).compute(context)
    points = [{"C": c, "degree": d, "kernel": "poly"} for d in (1, 2, 3, 4) for c in np.logspace(-2, 3, 7)]
    expected = context.model.predict(points)
    assert card.df.columns.tolist() == ["C", "degree", "time_mean", "time_sem", "p_feasible"]
    assert card.df["time_mean"].to_numpy() == pytest.approx([p["time"][0] for p in expected], abs=1e-6)
    assert card.df["time_sem"].to_numpy() == pytest.approx([p["time"][1] for p in expected], abs=1e-6)
    assert card.df["degree"].tolist() == [d for d in (1, 2, 3, 4) for _ in range(7)]
    assert field(card).z.shape == (4, 7)


def test_the_most_important_parameters_are_the_default_axes(context):
    card = ContourPlot().compute(context)
    assert (card.figure.layout.xaxis.title.text, card.figure.layout.yaxis.title.text) == ("a", "b")
    card = ContourPlot(x_parameter_name="b").compute(context)
    assert (card.figure.layout.xaxis.title.text, card.figure.layout.yaxis.title.text) == ("b", "a")
    card = ContourPlot(y_parameter_name="a").compute(context)
    assert (card.figure.layout.xaxis.title.text, card.figure.layout.yaxis.title.text) == ("b", "a")


def test_two_equal_axes_give_way(context):
    card = ContourPlot("a", "a").compute(context)
    assert controls(card)["x_parameter_name", None].value == "a"
    assert controls(card)["y_parameter_name", None].value == "b"


def test_numbers_give_contours_on_their_own_scale(mixed):
    card = ContourPlot("C", "degree").compute(mixed.analysis_context())
    assert card.figure.layout.xaxis.type == "log"
    assert card.figure.layout.xaxis.range == pytest.approx((-2, 3))
    assert card.figure.layout.xaxis.dtick == 1


def test_two_ranges_give_filled_contours(context):
    card = ContourPlot(resolution=9).compute(context)
    assert field(card).type == "contour"
    assert field(card).z.shape == (9, 9)
    assert card.figure.layout.xaxis.range == (0, 1)


def test_choices_and_few_levels_give_cells_in_order(mixed):
    card = ContourPlot("kernel", "degree").compute(mixed.analysis_context())
    assert field(card).type == "heatmap"
    assert card.figure.layout.xaxis.type == card.figure.layout.yaxis.type == "category"
    assert card.figure.layout.xaxis.categoryarray == ("rbf", "poly", "linear")
    assert card.figure.layout.yaxis.categoryarray == ("1", "2", "3", "4")


def test_trials_are_marked_and_name_themselves(mixed):
    mixed.attach_trial({"C": 1.0, "kernel": "rbf", "degree": 1})
    context = mixed.analysis_context()
    card = ContourPlot("C", "degree").compute(context)
    marks = {t.name: t for t in card.figure.data[1:]}
    assert set(marks) == {"constraints break", "trials", "infeasible", "no result yet", "best trial"}
    best = context.best()
    assert marks["best trial"].x == (best.parameters["C"],)
    assert marks["best trial"].hovertext[0].startswith(f"Trial {best.trial_index} · acc ")
    assert marks["no result yet"].hovertext[0].startswith("Trial 14 · running")
    assert len(marks["trials"].x) + len(marks["infeasible"].x) == 13
    broken = [r for r in context.results if r.outcomes and r.outcomes["time"][0] > 3]
    assert list(marks["infeasible"].x) == [r.parameters["C"] for r in broken]
    bare = ContourPlot("C", "degree", display_sampled=False).compute(context)
    assert [t.name for t in bare.figure.data] == ["", "constraints break"]


def test_failed_trials_are_marked_as_such(plain):
    plain.mark_trial_failed(plain.attach_trial({"a": 0.5, "b": 0.75}))
    marks = {t.name: t for t in ContourPlot("a", "b").compute(plain.analysis_context()).figure.data[1:]}
    assert set(marks) == {"trials", "failed", "best trial"}
    assert (marks["failed"].x, marks["failed"].y) == ((0.5,), (0.75,))
    assert marks["failed"].hovertext[0].startswith("Trial 12 · failed")


def test_where_constraints_probably_break_is_shaded_with_its_boundary(plain):
    client = make([number("a"), number("b")], "u", lambda p: {"u": p["b"], "v": p["a"]}, 12, ("v <= 0.5",))
    card = ContourPlot("a", "b", "u", resolution=21).compute(client.analysis_context())
    (shade,) = [t for t in card.figure.data if t.name == "constraints break"]
    assert (shade.type, shade.contours.type, shade.contours.operation, shade.contours.value) == (
        "contour",
        "constraint",
        ">",
        0.5,
    )
    edge = card.df[(card.df["p_feasible"] - 0.5).abs() < 0.45]["a"]
    assert edge.between(0.4, 0.6).all()
    assert card.subtitle.endswith("Shaded: the constraints probably break.")
    assert "constraints break" not in {t.name for t in ContourPlot().compute(plain.analysis_context()).figure.data}


def test_expected_improvement_and_feasibility_can_be_shown(mixed):
    context = mixed.analysis_context()
    gain = ContourPlot("C", "degree", display="acquisition").compute(context)
    assert field(gain).z.max() == pytest.approx(1.0)
    assert gain.df["acquisition"].between(0, 1).all()
    assert gain.subtitle.startswith("On this slice a trial promises most at C = ")
    chance = ContourPlot("C", "degree", display="feasibility").compute(context)
    assert np.allclose(field(chance).z.ravel(), chance.df["p_feasible"])
    assert field(chance).colorbar.tickformat == ".0%"
    top = chance.df.groupby("degree")["p_feasible"].mean()
    assert top[1] > 0.9 > top[4]


def test_changes_against_the_baseline(plain):
    index = plain.attach_baseline({"a": 0.5, "b": 0.5})
    plain.complete_trial(index, {"loss": 0.0875})
    context = plain.analysis_context()
    base = context.model.predict([{"a": 0.5, "b": 0.5}])[0]["loss"][0]
    own = ContourPlot("a", "b", resolution=5).compute(context)
    changed = ContourPlot("a", "b", resolution=5, relativize=True).compute(context)
    assert changed.df["loss_mean"].to_numpy() == pytest.approx(100 * (own.df["loss_mean"] - base) / abs(base))
    assert field(changed).colorbar.title.text == "loss, change in %"


def test_dark_is_better_and_the_colour_bar_names_the_metric(context, mixed):
    lowest = field(ContourPlot().compute(context))
    highest = field(ContourPlot("C", "degree").compute(mixed.analysis_context()))
    assert lowest.colorscale[0][1] == highest.colorscale[-1][1] == style.SEQUENTIAL[-1]
    assert lowest.colorbar.title.text == "loss"


def test_other_parameters_are_held_at_the_best_trial(mixed):
    context = mixed.analysis_context()
    best = context.best()
    card = ContourPlot("C", "degree").compute(context)
    assert controls(card)["at", "kernel"].value == best.parameters["kernel"]
    assert (
        f"with kernel = {best.parameters['kernel']} (as in trial {best.trial_index}, the best so far)" in card.subtitle
    )
    assert card.analysis == ContourPlot("C", "degree")  # follows the best


def test_other_parameters_can_be_held_elsewhere(mixed):
    context = mixed.analysis_context()
    assert "degree = 3 (at the centre)" in ContourPlot("C", "kernel", at="center").compute(context).subtitle
    card = ContourPlot("C", "degree", at=2).compute(context)
    held = context.results[2].parameters["kernel"]
    assert f"kernel = {held} (as in trial 2)" in card.subtitle
    assert controls(card)["at", None].value == 2
    slice_ = ContourPlot("C", "kernel", at=2)  # a control moves one value and leaves the rest
    after = set_field(slice_, "at", 1, key="degree").compute(context)
    assert "degree = 1 (as set)" in after.subtitle
    assert controls(after)["at", None].value == "as set"
    back = set_field(after.analysis, "at", controls(after)["at", None].read("center")).compute(context)
    assert "degree = 3 (at the centre)" in back.subtitle
    assert "kernel = linear (as set)" in ContourPlot("C", "degree", at={"kernel": "linear"}).compute(context).subtitle


def test_before_there_is_a_best_trial_the_centre_holds():
    client = make([number("a"), number("b"), number("c")], "u", lambda p: {"u": p["a"], "v": 5.0}, 5, ("v <= 1",))
    assert "c = 0.5 (at the centre)" in ContourPlot("a", "b").compute(client.analysis_context()).subtitle


def test_every_control_moves_the_picture(mixed):
    context = mixed.analysis_context()
    analysis = ContourPlot("C", "degree", resolution=5)
    before = analysis.compute(context)
    found = controls(before)
    held = context.best().parameters["kernel"]
    elsewhere = next(r.trial_index for r in context.results if r.parameters["kernel"] not in (held, "linear"))
    assert set(found) == {
        ("x_parameter_name", None),
        ("y_parameter_name", None),
        ("metric_name", None),
        ("display", None),
        ("at", None),
        ("at", "kernel"),
    }
    for (name, key), value in {
        ("x_parameter_name", None): "kernel",
        ("metric_name", None): "time",
        ("display", None): "sd",
        ("at", None): elsewhere,
        ("at", "kernel"): "linear",
    }.items():
        control = found[name, key]
        after = set_field(analysis, name, control.read(value), key).compute(context)
        assert not np.array_equal(field(after).z, field(before).z)
        assert controls(after).get((name, key)).value == value


def test_sliders_live_on_the_parameters_own_scale(mixed):
    control = controls(ContourPlot("kernel", "degree").compute(mixed.analysis_context()))["at", "C"]
    assert (control.kind, control.scale, control.minimum, control.maximum) == ("slider", "log", 0.01, 1000.0)
    control = controls(ContourPlot("C", "kernel").compute(mixed.analysis_context()))["at", "degree"]
    assert (control.kind, control.scale, control.step) == ("slider", "linear", 1)
    control = controls(ContourPlot("C", "degree").compute(mixed.analysis_context()))["at", "kernel"]
    assert (control.kind, control.options) == ("dropdown", ("rbf", "poly", "linear"))


def test_the_standard_deviation_has_its_own_colours_and_words(context):
    card = ContourPlot(display="sem").compute(context)
    assert card.analysis.display == "sd"
    assert np.array_equal(field(card).z, card.df["loss_sem"].to_numpy().reshape(50, 50))
    assert field(card).colorbar.title.text == "sd of loss"
    assert card.subtitle.startswith("The model is least sure of loss at ")


def test_the_sentence_names_the_predicted_optimum(context):
    card = ContourPlot(resolution=41).compute(context)
    best = card.df.loc[card.df["loss_mean"].idxmin()]
    assert card.subtitle.startswith(f"Predicted loss is lowest at a = {best['a']:.3g} and b = {best['b']:.3g} (")
    assert best["a"] == pytest.approx(0.25, abs=0.1)


def test_points_outside_parameter_constraints_are_blank():
    client = make([number("a"), number("b")], "u", lambda p: {"u": p["a"]}, 8, parameter_constraints=("a + b <= 1",))
    card = ContourPlot("a", "b", resolution=11).compute(client.analysis_context())
    outside = card.df["a"] + card.df["b"] > 1 + 1e-6
    assert card.df["u_mean"].isna().tolist() == outside.tolist()
    assert "Blank: outside the parameter constraints." in card.subtitle
    assert card.to_svg()


def test_spaces_of_choices_only_work(mixed):
    from axnb.api.configs import ChoiceParameterConfig

    parameters = [
        ChoiceParameterConfig("k", ["x", "y", "z"], "str"),
        ChoiceParameterConfig("flag", [True, False], "bool"),
        ChoiceParameterConfig("n", [1.5, 2.5, 10.0], "float", is_ordered=True),
    ]
    client = make(parameters, "u", lambda p: {"u": p["n"] + p["flag"]}, 9)
    card = ContourPlot("flag", "n").compute(client.analysis_context())
    assert card.figure.layout.xaxis.categoryarray == ("True", "False")
    assert card.figure.layout.yaxis.categoryarray == ("1.5", "2.5", "10")
    assert card.to_svg()


def test_it_says_what_it_needs():
    with pytest.raises(DataRequiredError, match="needs 1 more completed trial with"):
        ContourPlot().compute(make([number("a"), number("b")], "u", lambda p: {"u": 1.0}, 2).analysis_context())
    with pytest.raises(UnsupportedError, match="two parameters"):
        ContourPlot().compute(make([number("a")], "u", lambda p: {"u": 1.0}, 5).analysis_context())
    with pytest.raises(NotConfiguredError):
        ContourPlot().compute(AnalysisContext(Experiment().view()))


def test_bad_settings_are_refused_in_a_sentence(context):
    for settings, message in (
        ({"display": "men"}, "Did you mean 'mean'"),
        ({"resolution": 1}, "from 2 to 500"),
        ({"resolution": True}, "from 2 to 500"),
        ({"at": "centre"}, "Did you mean 'center'"),
        ({"at": 1.5}, "trial index, the name of an arm or a dict"),
    ):
        with pytest.raises(UserInputError, match=message):
            ContourPlot(**settings)
    for settings, error in (
        ({"x_parameter_name": "aa"}, UnknownNameError),
        ({"metric_name": "los"}, UnknownNameError),
        ({"at": 99}, ObjectNotFoundError),
        ({"at": {"zz": 1.0}}, UnknownNameError),
        ({"at": {"a": 7.0}}, UserInputError),
    ):
        with pytest.raises(error):
            ContourPlot(**settings).compute(context)


def test_a_fixed_parameter_is_no_axis():
    client = make([number("a"), number("b")], "u", lambda p: {"u": p["a"]}, 5)
    space = client.experiment.view().search_space
    from axnb.problem.parameters import FixedParameter

    fixed = dataclasses.replace(space, parameters=(*space.parameters, FixedParameter(name="f", value=1.0)))
    view = dataclasses.replace(client.experiment.view(), search_space=fixed)
    with pytest.raises(UnsupportedError, match="'f' is fixed"):
        ContourPlot("a", "f").compute(AnalysisContext(view))


def test_hostile_names_do_no_harm(hostile):
    card = ContourPlot(at="center").compute(hostile.analysis_context())
    text = card.figure.to_json()
    assert "<img" not in text
    assert "\\u003cimg" not in text
    assert "$x^2$" not in text
    assert (
        len(
            set(
                ContourPlot(x_parameter_name="<i>c</i>")
                .compute(hostile.analysis_context())
                .figure.layout.xaxis.categoryarray
            )
        )
        == 4
    )
    svg = card.to_svg()
    assert "<img" not in svg


def test_constant_results_give_a_flat_picture():
    client = make([number("a"), number("b")], "u", lambda p: {"u": 3.0}, 5)
    card = ContourPlot().compute(client.analysis_context())
    assert field(card).z == pytest.approx(3.0)
    assert card.to_svg()
