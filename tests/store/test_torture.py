"""Disks fill up, bits flip, people interrupt, processes are killed and race: each done over thirty times."""

import pytest

from tests.store import torture


@pytest.mark.parametrize("kind", torture.KINDS)
def test_a_flipped_bit_is_refused(kind):
    told = torture.flip_bits(kind, 200)
    assert told["refused"] > 0
    if kind != "sqlite":  # in a database most bytes are empty, or tables beside the journal
        assert told == {"refused": 200}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["journal", "snapshot"])
def test_a_flipped_bit_in_any_byte_is_refused(kind):
    told = torture.flip_bits(kind, 5000)
    assert told == {"refused": 5000}


@pytest.mark.parametrize("kind", torture.KINDS)
def test_a_full_disk_leaves_everything_as_it_was_and_work_goes_on_afterwards(kind):
    assert torture.fill_disk(kind, 40)["refused"] >= 10


@pytest.mark.parametrize("where", ["python", "ipython"])
@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_an_interrupt_leaves_nothing_locked_and_nothing_half_done(kind, where):
    assert torture.interrupt_writes(kind, 40, where)["interrupted"] >= 20


@pytest.mark.slow
@pytest.mark.parametrize("kind", torture.KINDS)
def test_a_killed_process_loses_nothing_that_was_acknowledged(kind):
    assert torture.kill_writers(kind, 35)["acknowledged"] >= 10  # a slow machine gets little done between two kills


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["journal", "sqlite", "postgres"])
def test_nobody_who_asks_is_refused_while_eight_processes_add_trials(kind, tmp_path, request):
    if kind == "postgres":
        url = request.getfixturevalue("postgres_url")
        torture.configure(torture.Client(storage=url, random_seed=1))
    else:
        url = torture.storage_in(kind, tmp_path)
        torture.make_client(kind, tmp_path, trials=0)
    assert torture.race(url, share=4) == {"asked": 32, "refused": 0}
