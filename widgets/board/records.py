"""What the board gives away of an experiment as text: its rows for a spreadsheet, and what happened. Pure functions."""

from collections.abc import Sequence

from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.frames import history_frame, wide_frame

Json = dict[str, object]

_MOST_ACTIONS = 200


def write_rows(view: ExperimentView, trials: Sequence[int], separator: str) -> str:
    """Return trials as a table with a line of names: every parameter, and each metric's mean and standard error.

    Args:
        view: The experiment.
        trials: The trials to write, in that order.
        separator: What stands between cells: a comma, or a tab for spreadsheets.
    """
    frame = wide_frame(view)
    place = {index: at for at, index in enumerate(trials)}
    kept = frame[frame["trial_index"].isin(place)]
    kept = kept.iloc[kept["trial_index"].map(place).argsort(kind="stable")]
    return str(kept.to_csv(sep=separator, index=False, lineterminator="\n"))


def describe_history(experiment: Experiment) -> list[Json]:
    """Return what happened, the newest first: when, who, what, and whether it is undone.

    Args:
        experiment: The experiment.
    """
    rows = history_frame(experiment).tail(_MOST_ACTIONS).iloc[::-1].to_dict("records")
    return [
        {
            "time": row["time"].isoformat(timespec="seconds"),
            "actor": f"{row['actor']} (a program)" if row["automatic"] else row["actor"],
            "what": row["what"],
            "undone": bool(row["undone"]),
        }
        for row in rows
    ]
