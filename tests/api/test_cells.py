"""Tables as they come from spreadsheets and instruments."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig, TrialStatus
from axnb.errors import AxnbWarning, UserInputError
from axnb.record.cells import read_number


def bench(*, step=None, constraints=()):
    client = Client(random_seed=0)
    client.configure_experiment(
        [
            RangeParameterConfig("T", (20.0, 100.0), "float", step_size=step),
            ChoiceParameterConfig("ligand", ["NA", "None", "L1"], "str"),
        ],
        parameter_constraints=constraints,
    )
    client.configure_optimization("yield")
    return client


def told(client, source, **options):
    """Attach a table; return the trials made and what was said of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AxnbWarning)
        made = client.attach_dataframe(source, **options)
    trials = client.experiment.view().trials
    return [trials[i] for i in made], " ".join(str(w.message) for w in caught)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,030", 1030),
        ("1,5", 1.5),
        ("1.030,5", 1030.5),
        ("1'030.5", 1030.5),
        ("12 %", 12),
        ("30C", 30),
        ("-3 mg/L", -3),
        ("1e-5", 1e-5),
        ("2.5 h^-1", 2.5),
        ("n.d.", None),
        ("-", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value):
    assert read_number(text).value == value


@pytest.mark.parametrize("text", ["blue", "<0.1", "12.5.2024", "12:30", "1 2", "3-4", "--3", "1,2,3"])
def test_what_is_no_number_is_none(text):
    assert read_number(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_writes_is_read_exactly(value):
    found = read_number(repr(value))
    assert found.value == value
    assert not found.told


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_encoding_and_separator_is_read(tmp_path, encoding, separator):
    rows = [["T", "ligand", "yield", "Größe °C"], ["40", "NA", "50", "1"], ["60", "None", "70", "2"], ["", "", "", ""]]
    (tmp_path / "a.csv").write_bytes("\n".join(separator.join(r) for r in rows).encode(encoding))
    trials, said = told(bench(), tmp_path / "a.csv")
    assert [t.parameters for t in trials] == [{"T": 40.0, "ligand": "NA"}, {"T": 60.0, "ligand": "None"}]
    assert [t.outcomes["yield"][0] for t in trials] == [50.0, 70.0]
    assert not said


def test_a_german_spreadsheet_has_decimal_commas(tmp_path):
    (tmp_path / "a.csv").write_text("T;ligand;yield\n40,5;L1;1.030,5\n60;L1;1,030\n")
    trials, said = told(bench(), tmp_path / "a.csv")
    assert [t.outcomes["yield"][0] for t in trials] == [1030.5, 1.03]
    assert trials[0].parameters["T"] == 40.5
    assert "'40,5' is 40.5" in said


def test_units_blanks_and_words_are_read_and_told(tmp_path):
    (tmp_path / "a.csv").write_text('T,ligand,yield\n30 C,L1,"1,030 mg"\n40 C,L1,n.d.\n50 C,L1,12 mg\n,,\n,,\n')
    trials, said = told(bench(), tmp_path / "a.csv")
    assert [t.parameters["T"] for t in trials] == [30.0, 40.0, 50.0]
    assert [t.status for t in trials] == [TrialStatus.COMPLETED, TrialStatus.RUNNING, TrialStatus.COMPLETED]
    assert trials[0].outcomes["yield"][0] == 1030
    assert "'30 C' is 30 (and 2 more so)" in said
    assert "'n.d.' is no value" in said


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("<0.1", "line 4 of .*a.csv': column 'yield' has '<0.1', which only bounds a number"),
        ("blue", "line 4 of .*a.csv': column 'yield' has 'blue', which is no"),
        ("3 g", "line 4 of .*a.csv': column 'yield' has '3 g' where line 3 of .* has the unit 'mg'"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_line(tmp_path, cell, reason):
    (tmp_path / "a.csv").write_text(f'T,ligand,yield\n30,"L1",1 mg\n40,L1,2 mg\n50,L1,{cell}\n')
    client = bench()
    view = client.experiment.view()
    with pytest.raises(UserInputError, match=reason):
        client.attach_dataframe(tmp_path / "a.csv")
    assert client.experiment.view() is view


def test_a_late_word_does_not_blame_the_first_row():
    frame = pd.DataFrame({"T": [30, 40], "ligand": ["L1", "L1"], "yield": ["5", "n.d."]})
    trials, _ = told(bench(), frame)
    assert [dict(t.outcomes) for t in trials] == [{"yield": (5.0, None)}, {}]
    with pytest.raises(UserInputError, match="row 1 of the table: the parameter 'ligand' has no value"):
        bench().attach_dataframe(pd.DataFrame({"T": [30, 40], "ligand": ["L1", None], "yield": [1.0, 2.0]}))


def test_what_follows_a_plus_minus_is_the_standard_error(tmp_path):
    (tmp_path / "a.csv").write_text("T,ligand,yield\n30,L1,3 ± 0.2\n40,L1,4\n", encoding="utf-8")
    trials, _ = told(bench(), tmp_path / "a.csv")
    assert [t.outcomes["yield"] for t in trials] == [(3.0, 0.2), (4.0, None)]


def test_an_objective_named_like_a_column_is_that_column():
    frame = pd.DataFrame({"x": [0.1, 0.5, 0.9], "yield (a/b, %)": [1.0, 3.0, 2.0], "cost-1": [1.0, 2.0, 3.0]})
    with pytest.warns(AxnbWarning, match="taken from the table"):
        client = Client.from_dataframe(frame, ["x"], "-yield (a/b, %)", ["cost-1 <= 4"])
    (objective,) = client.experiment.view().optimization.objectives
    assert objective.minimize
    assert client.get_best_parameterization(use_model_predictions=False)[1]["yield (a/b, %)"][0] == 1.0


def test_measured_settings_are_kept_as_they_were_and_suggestions_stay_on_the_grid():
    client = bench(step=5.0)
    frame = pd.DataFrame({"T": [79.6, 40.0, 60.3, 20.0, 101.0], "ligand": "L1", "yield": [9.0, 4.0, 7.0, 1.0, 5.0]})
    trials, said = told(client, frame)
    assert [t.parameters["T"] for t in trials] == [79.6, 40.0, 60.3, 20.0, 101.0]
    assert "row 0 of the table: 'T' is 79.6, not in steps of 5.0 from 20.0" in said
    assert "row 4 of the table: 'T' is 101.0, outside [20.0, 100.0]" in said
    assert client.predict([{"T": 80.0, "ligand": "L1"}])[0]["yield"][0] == pytest.approx(9.0, abs=1.0)
    for point in client.get_next_trials(max_trials=3).values():
        assert (point["T"] - 20.0) % 5.0 == 0.0
        assert 20.0 <= point["T"] <= 100.0
    assert client.get_best_parameterization(use_model_predictions=False).parameters["T"] == 79.6


def test_a_measured_mixture_need_not_sum_to_one_exactly(tmp_path):
    client = Client(random_seed=0)
    client.configure_experiment(
        [RangeParameterConfig(n, (0.0, 100.0), "float") for n in "abc"], parameter_constraints=["a + b + c == 100"]
    )
    client.configure_optimization("y")
    g = np.random.default_rng(0)
    rows = g.dirichlet([1, 1, 1], 12) * 100
    rows[:, 2] += g.uniform(-0.1, 0.1, 12)
    frame = pd.DataFrame(rows, columns=list("abc")).assign(y=rows[:, 0])
    trials, said = told(client, frame, tolerance=0.01)
    assert not said
    assert [t.parameters["c"] for t in trials] == rows[:, 2].tolist()
    _, said = told(client, frame, tolerance=1e-6)
    assert "'a + b + c == 100' is missed by" in said
    assert "more." in said
    for point in client.get_next_trials(max_trials=3).values():
        assert sum(point.values()) == pytest.approx(100.0)
    client.save_to_json_file(tmp_path / "a.json")
    again = Client.load_from_json_file(tmp_path / "a.json").experiment.view().trials
    assert again == client.experiment.view().trials


def test_a_setting_far_outside_is_taken_for_a_slip():
    with pytest.raises(UserInputError, match="row 0 of the table: parameter 'T' takes"):
        bench().attach_dataframe(pd.DataFrame({"T": [400.0], "ligand": ["L1"], "yield": [1.0]}))
