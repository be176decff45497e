"""What a reader does to trials on the board: each action asked of the session, and answered in a sentence."""

import warnings
from collections.abc import Callable, Mapping, Sequence

from axnb.errors import AxnbError, AxnbWarning, UserInputError
from axnb.record.trial import Trial
from axnb.widgets.board import entry, state
from axnb.widgets.rpc import Method, Params, indices, integer, mapping, text
from axnb.widgets.session import Session

Json = dict[str, object]


class TrialActions:
    """The actions on trials. Those that take several trials do all or, where one is refused, tell how far they came."""

    def __init__(self, session: Session, done: Callable[[str], Json]) -> None:
        """Take who is asked to act, and who answers with a sentence after the news of it."""
        self._session = session
        self._done = done

    def methods(self) -> Mapping[str, Method]:
        """Return what the browser may ask for, by name."""
        return {
            "complete": self._complete,
            "amend": self._amend,
            "fail": self._fail,
            "abandon": self._abandon,
            "stop": self._stop,
            "note": self._note,
            "delete": self._delete,
            "repeat": self._repeat,
        }

    def _complete(self, params: Params) -> Json:
        view = self._session.experiment.view()
        trial, typed = view.trial(integer(params, "trial")), mapping(params, "values")
        read = entry.read_batch_results(view, trial, typed) if trial.is_batch else entry.read_results(view, typed)
        if read.open:
            self._session.attach_data(trial.index, raw_data=read.values)
            missing = _list_words(read.open)
            return self._done(f"Results of trial {trial.index} kept; it runs on until {missing} is there, or n.d.")
        with warnings.catch_warnings():  # which results are there is answered
            warnings.simplefilter("ignore", AxnbWarning)
            self._session.complete_trial(trial.index, raw_data=read.values)
        trial = self._session.experiment.view().trial(trial.index)
        return self._done(state.completion_sentence(trial))

    def _amend(self, params: Params) -> Json:
        view = self._session.experiment.view()
        trial, metric = view.trial(integer(params, "trial")), text(params, "metric")
        value = entry.read_amendment(view, metric, text(params, "text"))
        held = trial.outcomes.get(metric)
        if value is None and held is None:
            return self._done(f"Trial {trial.index} has no {metric}.")
        self._session.amend_data(trial.index, {metric: value})
        was = f", which was {state.result_sentence('', *held).strip()}" if held is not None else ""
        outcomes = self._session.experiment.view().trial(trial.index).outcomes
        now = state.result_sentence(metric, *outcomes[metric]) if metric in outcomes else f"{metric} removed"
        return self._done(f"Trial {trial.index}: {now}{was}.")

    def _fail(self, params: Params) -> Json:
        index, reason = integer(params, "trial"), text(params, "reason", "").strip()
        self._session.mark_trial_failed(index, failed_reason=reason or None)
        return self._done(f"Trial {index} failed{f': {reason}' if reason else ''}.")

    def _abandon(self, params: Params) -> Json:
        index, reason = integer(params, "trial"), text(params, "reason", "").strip()
        self._session.mark_trial_abandoned(index, reason=reason or None)
        return self._done(f"Trial {index} abandoned{f': {reason}' if reason else ''}.")

    def _stop(self, params: Params) -> Json:
        return self._each(params, "stopped early", lambda t: self._session.mark_trial_early_stopped(t.index))

    def _note(self, params: Params) -> Json:
        note = text(params, "note").strip() or None
        done = "noted" if note else "without a note now"
        return self._each(params, done, lambda trial: self._session.note_trial(trial.index, note))

    def _delete(self, params: Params) -> Json:
        return self._each(params, "deleted", lambda trial: self._session.delete_trial(trial.index))

    def _repeat(self, params: Params) -> Json:
        """Add a trial with the same point for each: results of both count as readings of one arm."""
        made: list[int] = []
        for trial in self._asked(params):
            if trial.is_batch:
                raise UserInputError(f"Trial {trial.index} has several arms; repeat it with client.attach_batch.")
            made.append(self._session.attach_trial(trial.parameters))
        return {**self._done(f"{list_trials(made, starts=True)} added, at the same point."), "trials": made}

    def _each(self, params: Params, done: str, act: Callable[[Trial], object]) -> Json:
        acted: list[int] = []
        try:
            for trial in self._asked(params):
                act(trial)
                acted.append(trial.index)
        except AxnbError as error:
            if not acted:
                raise
            raise UserInputError(f"{list_trials(acted, starts=True)} {done}; then: {error}") from error
        return self._done(f"{list_trials(acted, starts=True)} {done}.")

    def _asked(self, params: Params) -> list[Trial]:
        """Return the trials that a request names, each once; all must be there."""
        view = self._session.experiment.view()
        asked = dict.fromkeys(indices(params, "trials"))
        if not asked:
            raise UserInputError("Select a trial first.")
        return [view.trial(index) for index in asked]


def list_trials(trials: Sequence[int], *, starts: bool = False) -> str:
    """Return trials in words.

    Args:
        trials: Their indices.
        starts: Whether a sentence starts with it.

    Example:
        >>> list_trials([3, 5, 8]), list_trials([3], starts=True), list_trials([])
        ('trials 3, 5 and 8', 'Trial 3', 'no trials')
    """
    if not trials:
        return "No trials" if starts else "no trials"
    shown = _list_words(list(map(str, trials))) if len(trials) <= _MOST_LISTED else f"({len(trials)})"
    words = f"{'trial' if len(trials) == 1 else 'trials'} {shown}"
    return words.capitalize() if starts else words


_MOST_LISTED = 12


def _list_words(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
