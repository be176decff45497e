"""Tables of the Client come back as they were; odd ones are read as meant, or refused."""

import pandas as pd
import pytest

from axnb import ChoiceParameterConfig, Client, RangeParameterConfig, TrialStatus
from axnb.errors import AxnbWarning, UserInputError
from axnb.record.events import TrialCreated


def test_names_that_clash_with_the_table_come_back(tmp_path):
    def make():
        made = Client(random_seed=0)
        kinds = ChoiceParameterConfig("note", ["1", "None", "x"], "str")
        made.configure_experiment([RangeParameterConfig("trial_index", (0.0, 1.0), "float"), kinds])
        made.configure_optimization("loss, loss_sem", ["arm_name <= 3"])
        return made

    client = make()
    for k, kind in enumerate(["1", "None", "x"]):
        index = client.attach_trial({"trial_index": k / 4, "note": kind})
        client.complete_trial(index, {"loss": (k, 0.5), "loss_sem": (k, 0.25), "arm_name": (k, 0.125)})
    table = client.to_dataframe()
    table.to_csv(tmp_path / "a.csv", index=False)
    for source in (table, tmp_path / "a.csv"):
        other = make()
        other.attach_dataframe(source)
        trials, again = client.experiment.view().trials, other.experiment.view().trials
        assert [t.parameters for t in again.values()] == [t.parameters for t in trials.values()]
        assert [t.outcomes for t in again.values()] == [t.outcomes for t in trials.values()]


def test_notes_and_statuses_come_back_from_a_table(client, tmp_path):
    client.note_trial(2, 'a "<b>" note, with\ncommas')
    client.mark_trial_failed(client.attach_trial({"x": 0.1, "y": 0.1}))
    client.attach_trial({"x": 0.1, "y": 0.2})
    client.to_dataframe().to_csv(tmp_path / "a.csv", index=False)
    other = Client(random_seed=0)
    other.configure_experiment(
        [RangeParameterConfig("x", (0.0, 1.0), "float"), RangeParameterConfig("y", (0.0, 1.0), "float")]
    )
    other.configure_optimization("-loss")
    other.attach_dataframe(tmp_path / "a.csv")
    told = [[(t.status, t.note) for t in c.experiment.view().trials.values()] for c in (client, other)]
    assert told[0] == told[1]


@pytest.mark.parametrize("written", ["failed", " Failed ", "FAILED"])
def test_a_status_in_a_table_is_read_in_any_case(client, written):
    (index,) = client.attach_dataframe(
        pd.DataFrame({"x": [0.1], "y": [0.2], "loss": [None], "trial_status": [written]})
    )
    assert client.experiment.view().trials[index].status is TrialStatus.FAILED


@pytest.mark.parametrize(
    ("written", "reason"), [("done", "no trial status 'done'"), ("early stopped", "needs a result")]
)
def test_a_status_in_a_table_that_cannot_be_is_refused(client, written, reason):
    view = client.experiment.view()
    with pytest.raises(UserInputError, match=f"row 0 of the table: .*{reason}"):
        client.attach_dataframe(pd.DataFrame({"x": [0.1], "y": [0.2], "loss": [None], "trial_status": [written]}))
    assert client.experiment.view() is view


def test_a_file_with_two_columns_of_a_name_is_refused(client, tmp_path):
    (tmp_path / "a.csv").write_text("x,y, x,loss\n0.1,0.2,0.3,1\n")
    with pytest.raises(UserInputError, match="columns of the same name: 'x'"):
        client.attach_dataframe(tmp_path / "a.csv")


def test_a_repeated_point_in_a_table_keeps_its_name(client):
    (known,) = [t.arm_name for t in client.experiment.view().trials.values() if t.index == 3]
    point = client.experiment.view().trials[3].parameters
    rows = [point, {"x": 0.1, "y": 0.2}, {"x": 0.1, "y": 0.2}]
    made = client.attach_dataframe(pd.DataFrame(rows).assign(loss=1.0))
    assert [client.experiment.view().trials[i].arm_name for i in made] == [known, f"{made[1]}_0", f"{made[1]}_0"]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (pd.DataFrame({("x", "a"): [1.0], ("y", "a"): [1.0]}), "columns of several levels"),
        (
            pd.DataFrame({"x": [0.1], "y": [0.2], "loss": [1.0]}).set_index("x"),
            r"in the index: give frame\.reset_index",
        ),
    ],
)
def test_odd_tables_are_refused_with_the_remedy(client, frame, reason):
    with pytest.raises(UserInputError, match=reason):
        client.attach_dataframe(frame)


def test_a_row_with_too_many_cells_is_said(client, tmp_path):
    (tmp_path / "a.csv").write_text("x,y,loss\n0.1,0.2,1,2\n")
    with pytest.raises(UserInputError, match="a row has more cells than the first one"):
        client.attach_dataframe(tmp_path / "a.csv")


def test_a_table_becomes_an_experiment_by_one_reckoning_a_row(monkeypatch, tmp_path):
    seen = []
    changes = TrialCreated.changes
    monkeypatch.setattr(TrialCreated, "changes", lambda *given: seen.append(1) or changes(*given))
    frame = pd.DataFrame({"x": [0.1, 0.2, 0.9], "loss": [1.0, 2.0, 3.0]})
    with pytest.warns(AxnbWarning, match="taken from the table"):
        client = Client.from_dataframe(frame, ["x"], "-loss", storage=tmp_path / "run.jsonl")
    assert len(seen) == 3
    client.attach_trial({"x": 0.5})
    monkeypatch.undo()
    assert Client(storage=tmp_path / "run.jsonl").experiment.journal == client.experiment.journal
