"""What a closed loop came to: a report at its end, and a bar while it runs."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from axnb.record.experiment import ExperimentView
from axnb.record.trial import TrialStatus

_REASONS = 3  # that are told, the most frequent first
_LONGEST = 160  # characters of a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopReport:
    """What a closed loop came to.

    Args:
        completed: The trials that were completed.
        stopped_early: The trials that were stopped early; their results count.
        failed: Pairs of trial and reason, of those that failed or were abandoned.
        running: The trials that still run.
        seconds: How long the loop ran.
        ended_because: Why it ended before all trials were run; `None` where all were.

    Example:
        >>> LoopReport(completed=(0, 1, 3), failed=((2, "too hot"),), seconds=1.5)
        4 trials in 1.5 s: 3 completed, 1 failed. Why they failed: too hot (trial 2).
    """

    completed: tuple[int, ...] = ()
    stopped_early: tuple[int, ...] = ()
    failed: tuple[tuple[int, str], ...] = ()
    running: tuple[int, ...] = ()
    seconds: float = 0.0
    ended_because: str | None = None

    @property
    def trials(self) -> int:
        """How many trials were run."""
        return len(self.completed) + len(self.stopped_early) + len(self.failed) + len(self.running)

    @property
    def why_failed(self) -> str:
        """A sentence with the most frequent reasons for failures; empty where there are none."""
        if not self.failed:
            return ""
        counts = Counter(reason for _, reason in self.failed)
        told = []
        for reason, count in counts.most_common(_REASONS):
            first = next(i for i, r in self.failed if r == reason)
            where = f"trial {first}" if count == 1 else f"{count} trials, first {first}"
            told.append(f"{reason if len(reason) <= _LONGEST else reason[:_LONGEST] + ' ...'} ({where})")
        more = f"; and {len(counts) - _REASONS} other reasons" if len(counts) > _REASONS else ""
        return f"Why they failed: {'; '.join(told)}{more}."

    def __repr__(self) -> str:
        parts = [
            (len(self.completed), "completed"),
            (len(self.stopped_early), "stopped early"),
            (len(self.failed), "failed"),
            (len(self.running), "still running"),
        ]
        counts = ", ".join(f"{n} {what}" for n, what in parts if n) or "none was run"
        noun = "trial" if self.trials == 1 else "trials"
        sentences = [f"{self.trials} {noun} in {self.seconds:.3g} s: {counts}.", self.why_failed]
        sentences += [f"Ended early: {self.ended_because.rstrip('.')}."] if self.ended_because else []
        return " ".join(s for s in sentences if s)


def build_report(view: ExperimentView, trials: Iterable[int], seconds: float, why: str | None) -> LoopReport:
    """Return the report on some trials of an experiment."""
    held = [view.trials[i] for i in sorted(trials) if i in view.trials]
    return LoopReport(
        completed=tuple(t.index for t in held if t.status is TrialStatus.COMPLETED),
        stopped_early=tuple(t.index for t in held if t.status is TrialStatus.EARLY_STOPPED),
        failed=tuple((t.index, t.status_reason or "no reason was given") for t in held if t.status.is_lost),
        running=tuple(t.index for t in held if t.status is TrialStatus.RUNNING),
        seconds=seconds,
        ended_because=why,
    )


@contextmanager
def progress_bar(total: int, *, shown: bool) -> Iterator[Callable[[int], object]]:
    """Show a bar in the terminal, if asked; yield what advances it by some trials."""
    if not shown:
        yield lambda _: None
        return
    from tqdm import tqdm

    with tqdm(total=total, unit="trial") as bar:
        yield bar.update
