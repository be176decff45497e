"""What was asked, as tables; graphs of the strategy and of the search space."""

import dataclasses

import pytest

from axnb.analyses import GenerationStrategyGraph, HierarchicalSearchSpaceGraph, MetricSummary, SearchSpaceSummary
from axnb.analyses.context import AnalysisContext
from axnb.analyses.setup.hierarchy import tabulate_hierarchy
from axnb.errors import DataRequiredError, UnsupportedError
from axnb.problem.parameters import ChoiceParameter, RangeParameter
from axnb.record.experiment import Experiment
from tests.analyses.conftest import make, number


def test_metrics_with_what_is_wanted_of_them(several):
    frame = MetricSummary().compute(several.analysis_context()).df.set_index("name")
    assert frame["type"].to_dict() == {"strength": "objective", "weight": "objective", "cost": "constraint"}
    assert frame["goal"].to_dict() == {"strength": "maximize", "weight": "minimize", "cost": ""}
    assert frame["bound"].to_dict() == {"strength": "", "weight": "≤ 8", "cost": "≤ 0.9"}
    assert frame["lower_is_better"].to_dict() == {"strength": False, "weight": True, "cost": None}
    assert frame["results"].tolist() == [12, 12, 12]
    with pytest.raises(DataRequiredError):
        MetricSummary().compute(AnalysisContext(Experiment().view()))


def test_the_search_space_in_words(mixed):
    card = SearchSpaceSummary().compute(mixed.analysis_context())
    frame = card.df.set_index("name")
    assert frame["type"].to_dict() == {"C": "range", "kernel": "choice", "degree": "range"}
    assert frame.loc["C", "flags"] == "log"
    assert frame.loc["kernel", "flags"] == "unordered"
    assert frame.loc["degree", "datatype"] == "int"
    assert card.subtitle == "2 ranges and 1 choice."


def test_constraints_between_parameters_are_told():
    client = make([number("a"), number("b")], "u", trials=1, parameter_constraints=("a + b <= 1",))
    assert SearchSpaceSummary().compute(client.analysis_context()).subtitle == "2 ranges; a + b ≤ 1."


@pytest.mark.parametrize(
    ("trials", "done", "current"), [(0, False, "Center"), (2, True, "Sobol"), (6, True, "BO"), (6, False, "Sobol")]
)
def test_the_strategy_knows_where_it_stands(trials, done, current):
    client = make([number("a")], "u", (lambda p: {"u": p["a"]}) if done else None, trials)
    card = GenerationStrategyGraph().compute(client.analysis_context())
    assert card.df["node"][card.df["current"]].tolist() == [current]
    assert card.df["moves_on"].tolist() == ["after 1 trial", "after 5 trials, 2 with results", ""]
    if current == "BO":
        (point,) = client.get_next_trials(1)
        assert client.experiment.view().trials[point].provenance.generator == "BO"
    (marked,) = [t for t in card.figure.data if t.name == "makes the next trial"]
    assert len(marked.x) == 1


def test_random_search_never_ends():
    client = make([number("a")], "u", trials=0)
    client.configure_generation_strategy(method="random_search", initialize_with_center=False)
    frame = GenerationStrategyGraph().compute(client.analysis_context()).df
    assert frame["node"].tolist() == ["Sobol"]
    assert frame["moves_on"].tolist() == [""]


def test_a_flat_space_has_no_tree(context):
    with pytest.raises(UnsupportedError, match="always in use"):
        HierarchicalSearchSpaceGraph().compute(context)


def test_a_tree_of_parameters(plain):
    model = ChoiceParameter(
        name="model", values=("tree", "net"), dependents=(("tree", ("depth",)), ("net", ("layers", "lr")))
    )
    others = [RangeParameter(name=n, lower=1.0, upper=2.0) for n in ("depth", "layers", "lr")]
    frame = tabulate_hierarchy([*others, model])
    assert frame["parameter_name"].tolist()[0] == "model"
    assert frame.set_index("parameter_name")["parent"].to_dict() == dict.fromkeys(
        ["depth", "layers", "lr"], "model"
    ) | {"model": ""}
    assert frame.set_index("parameter_name")["depth"].to_dict() == {"model": 0, "depth": 1, "layers": 1, "lr": 1}
    space = dataclasses.replace(plain.experiment.view().search_space, parameters=(model, *others))
    view = dataclasses.replace(plain.experiment.view(), search_space=space)
    card = HierarchicalSearchSpaceGraph().compute(AnalysisContext(view))
    assert [a.text for a in card.figure.layout.annotations] == ["= tree", "= net", "= net"]
    assert card.subtitle == "3 of 4 parameters are in use only with certain values of another."
    assert (
        "tree: depth; net: layers, lr" in SearchSpaceSummary().compute(AnalysisContext(view)).df["dependents"].tolist()
    )
