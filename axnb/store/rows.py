"""The rows of a database of experiments: writing them, and bringing those of earlier versions up to date."""

import json
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from axnb.errors import SnapshotError, StorageError
from axnb.record.experiment import Experiment
from axnb.record.journal import Entry
from axnb.record.trial import ArmResult, Observation, Trial
from axnb.store.checksums import SEED, link
from axnb.store.codec import decode_entries, encode_entries
from axnb.store.schema import SCHEMA_VERSION, arms, cards, events, experiments, metadata, observations, schema
from axnb.store.schema import trials as trial_rows

_CHUNK = 500  # trials written by one statement


def load_bodies(bodies: Sequence[str], first: int = 0) -> list[Entry]:
    """Return the entries of events.

    Args:
        bodies: What is in the column `body`.
        first: The number of the first of them.

    Raises:
        SnapshotError: If one is damaged.
    """
    try:
        return decode_entries([json.loads(body) for body in bodies])
    except (ValueError, TypeError, RecursionError, SnapshotError):
        for number, body in enumerate(bodies, start=first):
            try:
                decode_entries([json.loads(body)])
            except (ValueError, TypeError, RecursionError, SnapshotError) as error:
                raise SnapshotError(f"event {number} in the database is damaged: {str(error)[:200]}") from error
        raise


def read_version(connection: sa.Connection) -> int | None:
    """Return the version of the tables; `None` where there are none yet.

    Raises:
        StorageError: If it is a later one.
    """
    if not sa.inspect(connection).has_table(schema.name):
        return None
    version = connection.scalar(sa.select(schema.c.version))
    if version is not None and version > SCHEMA_VERSION:
        raise StorageError(f"the database has schema version {version}, this axnb knows {SCHEMA_VERSION}: update axnb.")
    return version


def migrate(connection: sa.Connection, version: int) -> None:
    """Bring a database of an earlier version up to date: what follows from the journal is made anew from it."""
    for name in ("observations", "trials"):
        connection.exec_driver_sql(f"DROP TABLE {name}")
    for name in ("events", "cards"):
        connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO {name}_{version}")
    for column in ("length INTEGER NOT NULL DEFAULT 0", f"checksum VARCHAR(16) NOT NULL DEFAULT '{SEED}'"):
        connection.exec_driver_sql(f"ALTER TABLE experiments ADD COLUMN {column}")
    metadata.create_all(connection)
    earlier_events, earlier_cards = (
        sa.Table(
            f"{table.name}_{version}",
            sa.MetaData(),
            *(sa.Column(c.name, c.type) for c in table.c if c.name != "checksum"),
        )
        for table in (events, cards)
    )
    for number in list(connection.scalars(sa.select(experiments.c.id))):
        _migrate_experiment(connection, number, earlier_events)
    for row in connection.execute(sa.select(earlier_cards)).mappings().all():
        connection.execute(cards.insert(), [dict(row) | {"checksum": link_card(row["name"], row["body"])}])
    for table in (earlier_events, earlier_cards):
        table.drop(connection)
    connection.execute(schema.update().values(version=SCHEMA_VERSION))


def _migrate_experiment(connection: sa.Connection, number: int, earlier: sa.Table) -> None:
    query = sa.select(earlier).where(earlier.c.experiment_id == number).order_by(earlier.c.sequence)
    rows = []
    checksum = SEED
    for row in connection.execute(query).mappings():
        checksum = link(checksum, str(row["body"]).encode())
        rows.append(dict(row) | {"checksum": checksum})
    try:
        trials: Mapping[int, Trial] = Experiment.replay(load_bodies([str(row["body"]) for row in rows])).view().trials
    except SnapshotError:  # it is refused when it is loaded, and must not stand in the way of others
        trials = {}
    if rows:
        connection.execute(events.insert(), rows)
    connection.execute(
        experiments.update().where(experiments.c.id == number).values(length=len(rows), checksum=checksum)
    )
    replace_trials(connection, number, trials)


def link_card(name: str, body: str) -> str:
    """Return the checksum of a card."""
    return link(link(SEED, name.encode()), body.encode())


def append_events(connection: sa.Connection, number: int, entries: Sequence[Entry], checksum: str) -> str:
    """Write entries, and return the checksum of the last.

    Args:
        connection: The connection.
        number: The experiment.
        entries: The entries of one action.
        checksum: Of the entry before.
    """
    made = []
    for entry in entries:
        row = _event_row(number, entry)
        checksum = link(checksum, str(row["body"]).encode())
        made.append(row | {"checksum": checksum})
    connection.execute(events.insert(), made)
    length = entries[-1].sequence + 1
    connection.execute(experiments.update().where(experiments.c.id == number).values(length=length, checksum=checksum))
    return checksum


def _event_row(number: int, entry: Entry) -> dict[str, object]:
    return {
        "experiment_id": number,
        "sequence": entry.sequence,
        "action": entry.action,
        "time": entry.time,
        "actor": entry.actor,
        "automatic": entry.automatic,
        "kind": type(entry.event).__name__,
        "body": json.dumps(encode_entries([entry])[0], allow_nan=False, ensure_ascii=False, separators=(",", ":")),
    }


def replace_trials(connection: sa.Connection, number: int, trials: Mapping[int, Trial | None]) -> None:
    """Write trials as they are now, a statement for many of them."""
    indices = list(trials)
    for start in range(0, len(indices), _CHUNK):
        chunk = indices[start : start + _CHUNK]
        for table in (observations, arms, trial_rows):
            which = table.c.trial_index == chunk[0] if len(chunk) == 1 else table.c.trial_index.in_(chunk)
            connection.execute(table.delete().where(table.c.experiment_id == number, which))
        kept = [trial for index in chunk if (trial := trials[index]) is not None]
        if kept:
            connection.execute(trial_rows.insert(), [_trial_row(number, t) for t in kept])
            results = [(t.index, k, result) for t in kept for k, result in enumerate(t.results)]
            connection.execute(arms.insert(), [_arm_row(number, *one) for one in results])
        data = [_observation_row(number, t.index, r) for t in kept for r in t.data]
        if data:
            connection.execute(observations.insert(), data)


def _trial_row(number: int, trial: Trial) -> dict[str, object]:
    return {
        "experiment_id": number,
        "trial_index": trial.index,
        "arm_name": trial.arms[0].name,
        "status": trial.status.name,
        "status_reason": trial.status_reason,
        "generator": trial.provenance.generator,
        "parameters": json.dumps(dict(trial.arms[0].parameters), allow_nan=False, ensure_ascii=False),
        "run_metadata": _object(trial.run_metadata),
        "note": trial.note,
        "time_created": trial.time_created,
        "time_completed": trial.time_completed,
    }


def _arm_row(number: int, index: int, position: int, result: ArmResult) -> dict[str, object]:
    return {
        "experiment_id": number,
        "trial_index": index,
        "position": position,
        "arm_name": result.arm.name,
        "weight": result.weight,
        "generator": result.provenance.generator,
        "parameters": json.dumps(dict(result.arm.parameters), allow_nan=False, ensure_ascii=False),
    }


def _observation_row(number: int, index: int, reading: Observation) -> dict[str, object]:
    return {
        "experiment_id": number,
        "trial_index": index,
        "arm_name": reading.arm_name,
        "metric": reading.metric,
        "step": reading.step,
        "mean": reading.mean,
        "sem": reading.sem,
    }


def _object(pairs: Sequence[tuple[str, str]]) -> str | None:
    """Return pairs of key and JSON text as the text of one JSON object."""
    return "{" + ", ".join(f"{json.dumps(key)}: {text}" for key, text in pairs) + "}" if pairs else None
