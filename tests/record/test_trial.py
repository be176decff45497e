"""What a trial holds: its status and what that means, its arms and their outcomes."""

import pytest

from axnb.record.trial import TrialStatus

SUCCESSFUL = {"COMPLETED", "EARLY_STOPPED"}
FAILURES = {"FAILED", "ABANDONED"}
LOST = {*FAILURES, "STALE"}


@pytest.mark.parametrize(
    ("asked", "statuses"),
    [
        ("is_terminal", SUCCESSFUL | LOST),
        ("is_successful", SUCCESSFUL),
        ("is_failure", FAILURES),
        ("is_lost", LOST),
        ("expecting_data", SUCCESSFUL | {"RUNNING"}),
        ("is_deployed", {"STAGED", "RUNNING"}),
        *[(f"is_{s}", {s.upper()}) for s in ("candidate", "running", "completed", "early_stopped", "failed")],
        ("is_abandoned", {"ABANDONED"}),
    ],
)
def test_what_each_status_means(asked, statuses):
    assert {s.name for s in TrialStatus if getattr(s, asked)} == statuses
