"""What the board gives away of an experiment: its rows for a spreadsheet, what happened, and a file that keeps it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from axnb.errors import StorageError, UnsupportedError, UserInputError
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.frames import history_frame, wide_frame
from axnb.store.journal_file import JournalFile
from axnb.widgets.rpc import FormError, Method, Params, indices, text

if TYPE_CHECKING:
    from axnb.widgets.board.feed import Feed
    from axnb.widgets.session import Session

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


class RecordRequests:
    """What a page asks for of an experiment as a whole."""

    def __init__(self, session: "Session", feed: "Feed") -> None:
        """Take whose experiment it is, and who knows which rows are shown."""
        self._session = session
        self._feed = feed

    def methods(self) -> Mapping[str, Method]:
        """Return what the browser may ask for, by name."""
        return {"table": self._write_rows, "history": self._tell_history, "save": self._save}

    def _tell_history(self, params: Params) -> Json:
        return {"rows": describe_history(self._session.experiment)}

    def _write_rows(self, params: Params) -> Json:
        trials = self._feed.shown if params.get("trials") is None else indices(params, "trials")
        separator = "\t" if text(params, "format", "csv") == "tsv" else ","
        return {"table": write_rows(self._session.experiment.view(), trials, separator), "count": len(trials)}

    def _save(self, params: Params) -> Json:
        name = text(params, "file").strip()
        if not name:
            raise FormError({"file": "Enter the name of a new file, such as run.jsonl."})
        try:
            self._session.experiment.keep_in(JournalFile(name))
        except (UnsupportedError, UserInputError, StorageError) as error:
            raise FormError({"file": str(error)}) from error
        self._feed.flush(anyway=True)
        return {"text": f"Saved in {name}; every change is kept there from now on."}
