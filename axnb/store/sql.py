"""Experiments in an SQL database: SQLite by default, PostgreSQL for teams.

The table `events` is the journal and the only truth; `trials` and `observations` are kept current beside it, in the
same transaction, for people who ask in SQL. Several processes may write to one experiment: each append checks that
nobody was first.
"""

import json
import re
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from axnb.errors import (
    ConflictError,
    ObjectNotFoundError,
    ReadOnlyError,
    SnapshotError,
    StorageError,
    UserInputError,
    listing,
    near_miss,
)
from axnb.problem.expressions import is_text
from axnb.record.events import ExperimentConfigured, ExperimentRenamed
from axnb.record.experiment import Experiment
from axnb.record.journal import Entry
from axnb.record.trial import Observation, Trial
from axnb.store.codec import decode_entries, encode_entries
from axnb.store.files import CANNOT_BE_WRITTEN, NOT_THE_SAME
from axnb.store.schema import SCHEMA_VERSION, cards, events, experiments, metadata, observations, schema
from axnb.store.schema import trials as trial_rows

Key: TypeAlias = tuple[int, datetime]  # number of an experiment, and when it was made

_DELETED = "the experiment has been deleted from the database: what you see is in memory; keep it by save_to_json_file."
_CHUNK = 500  # trials written by one statement
_FROZEN = "axnb_frozen"  # marks a connection that sees a file as it stood


class Database:
    """Experiments in a database.

    Args:
        url: SQLAlchemy URL such as `"sqlite:///runs.db"` or `"postgresql+psycopg://user@host/name"`.
        creator: Instead of a URL, a function that returns a new DBAPI connection.

    Raises:
        UserInputError: If neither or both are given, or the URL cannot be used.
        StorageError: If the database cannot be reached or is of a later version.

    Example:
        >>> import tempfile
        >>> Database(f"sqlite:///{tempfile.mkdtemp()}/runs.db").names()
        []
    """

    def __init__(self, url: str | None = None, creator: Callable[[], Any] | None = None) -> None:
        if (url is None) == (creator is None):
            raise UserInputError("give either the url of a database or a creator of connections.")
        self._engine = _engine(url, creator)
        self._file: tuple[str, object] | None = None  # name and identity of an SQLite file
        weakref.finalize(self, self._engine.dispose)  # no connection outlives the last experiment that uses it
        with self.transaction(write=False) as connection:
            version = _version(connection)
        if version != SCHEMA_VERSION:  # else nothing is written: the database may be one that can only be read
            self._prepare(version)
        with self.transaction(write=False) as connection:
            self._file = _file_of(connection)

    def _prepare(self, found: int | None) -> None:
        """Make the tables, or bring those of an earlier version up to date."""
        try:
            with self.transaction() as connection:
                metadata.create_all(connection)
                version = connection.scalar(sa.select(schema.c.version).with_for_update())
                if version is None:
                    connection.execute(schema.insert().values(version=SCHEMA_VERSION))
                elif version < SCHEMA_VERSION:
                    _migrate(connection)
        except ReadOnlyError:
            if found is None:
                raise
            # What an earlier version lacks follows from the journal, and only the journal is read then.

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[sa.Connection]:
        """Give a connection in a transaction.

        Raises:
            ReadOnlyError: If the database cannot be written to.
            StorageError: If the database refuses, or its file is not the one that was opened.
        """
        if self._file is not None and _identity(self._file[0]) != self._file[1]:
            raise StorageError(f"{self._file[0]!r} {NOT_THE_SAME}")
        try:
            with self._engine.execution_options(axnb_write=write).begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            if _sqlite_code(getattr(error, "orig", None)) == "READONLY":
                raise ReadOnlyError(f"{str(self._engine.url.database)!r} {CANNOT_BE_WRITTEN}") from error
            raise StorageError(f"the database refused: {_first_line(error)}") from error

    def names(self) -> list[str]:
        """Return the names of the experiments, in alphabetical order."""
        with self.transaction(write=False) as connection:
            return list(connection.scalars(sa.select(experiments.c.name).order_by(experiments.c.name)))

    def load(self, name: str) -> Experiment:
        """Return an experiment; what is recorded in it is kept here.

        Raises:
            ObjectNotFoundError: If there is none of that name.
            SnapshotError: If its journal is damaged.
        """
        return Experiment(journal=SqlJournal(self, self._key(name)))

    def _key(self, name: str) -> Key:
        if not is_text(name):
            raise UserInputError(f"an experiment's name must be a string, got {name!r}.")
        with self.transaction(write=False) as connection:
            query = sa.select(experiments.c.id, experiments.c.created).where(experiments.c.name == name)
            found = connection.execute(query).one_or_none()
        if found is None:
            known = self.names()
            raise ObjectNotFoundError(
                f"there is no experiment {name!r}; the experiments are {listing(known)}.{near_miss(name, known)}"
            )
        return found.id, found.created

    def rename(self, name: str, new_name: str) -> None:
        """Give an experiment another name.

        Raises:
            ObjectNotFoundError: If there is none of that name.
            UserInputError: If the new name is taken, or is no non-empty string.
        """
        if not is_text(new_name) or not new_name.strip():
            raise UserInputError(f"an experiment's name must be a non-empty string, got {new_name!r}.")
        self.load(name).record([ExperimentRenamed(name=new_name)])

    def delete(self, name: str) -> None:
        """Delete an experiment with all its data; this cannot be undone.

        Raises:
            ObjectNotFoundError: If there is none of that name.
        """
        number, _ = self._key(name)
        with self.transaction() as connection:
            for table in (cards, observations, trial_rows, events):
                connection.execute(table.delete().where(table.c.experiment_id == number))
            connection.execute(experiments.delete().where(experiments.c.id == number))

    def new_journal(self) -> "SqlJournal":
        """Return a journal for a new experiment; it gets its place when it is configured."""
        return SqlJournal(self, None)


class SqlJournal:
    """Keeps one experiment in a database.

    Args:
        database: The database.
        key: Key of the experiment there; `None` for one that is not configured yet.
    """

    def __init__(self, database: Database, key: Key | None) -> None:
        self._database = database
        self._key = key

    def read(self, start: int) -> list[Entry]:
        """Return the entries from a sequence number on.

        Raises:
            ObjectNotFoundError: If the experiment has been deleted.
            SnapshotError: If an entry is damaged.
            StorageError: If the database refuses.
        """
        if self._key is None:
            return []
        query = (
            sa.select(events.c.body)
            .where(events.c.experiment_id == self._key[0], events.c.sequence >= start)
            .order_by(events.c.sequence)
        )
        with self._database.transaction(write=False) as connection:
            if connection.scalar(_find(self._key)) is None:
                raise ObjectNotFoundError(_DELETED)
            bodies = list(connection.scalars(query))
        return _entries(bodies)

    def append(self, entries: Sequence[Entry], trials: Mapping[int, Trial | None]) -> None:
        """Write the entries of one action and bring the tables up to date, in one transaction.

        Raises:
            ConflictError: If another process has written since this one read.
            UserInputError: If the experiment's name is taken, or it has none.
            ObjectNotFoundError: If the experiment has been deleted.
            StorageError: If the database refuses.
        """
        with self._database.transaction() as connection:
            key = self._place(connection, entries)
            self._check_unchanged(connection, key, entries[0].sequence)
            number, _ = key
            try:
                connection.execute(events.insert(), [_event_row(number, e) for e in entries])
            except IntegrityError as error:
                raise ConflictError("another process has written to the experiment, or deleted it.") from error
            _replace_trials(connection, number, trials)
        self._key = key

    def keep_card(self, name: str, text: str) -> None:
        """Keep a card; the latest of a name counts.

        Raises:
            StorageError: If the database refuses.
        """
        if self._key is None:
            return
        number, _ = self._key
        mine = (cards.c.experiment_id == number, cards.c.name == name)
        row = {"experiment_id": number, "name": name, "time": datetime.now(UTC), "body": text}
        with self._database.transaction() as connection:
            if connection.scalar(_find(self._key)) is None:
                raise StorageError(_DELETED)
            connection.execute(cards.delete().where(*mine))
            connection.execute(cards.insert(), [row])

    def cards(self) -> dict[str, str]:
        """Return the latest card of each name.

        Raises:
            StorageError: If the database refuses.
        """
        number = None if self._key is None else self._key[0]
        query = sa.select(cards.c.name, cards.c.body).where(cards.c.experiment_id == number).order_by(cards.c.time)
        with self._database.transaction(write=False) as connection:
            return {str(row.name): str(row.body) for row in connection.execute(query)}

    def _check_unchanged(self, connection: sa.Connection, key: Key, sequence: int) -> None:
        """Wait for other writers to the experiment, and see whether one of them was first."""
        if connection.scalar(_find(key).with_for_update()) is None:
            raise ObjectNotFoundError(_DELETED)
        last = connection.scalar(sa.select(sa.func.max(events.c.sequence)).where(events.c.experiment_id == key[0]))
        if (-1 if last is None else last) != sequence - 1:
            raise ConflictError("another process has written to the experiment.")

    def _place(self, connection: sa.Connection, entries: Sequence[Entry]) -> Key:
        """Return the experiment's key, making or renaming it if the entries say so."""
        name, key = _name(entries), self._key
        if name is None and key is not None:
            return key
        try:
            if key is not None:
                connection.execute(experiments.update().where(experiments.c.id == key[0]).values(name=name))
                return key
            created = datetime.now(UTC)
            made = connection.execute(experiments.insert().values(name=name, created=created))
        except IntegrityError as error:
            raise UserInputError(
                f"there is an experiment {name!r} in the database already: choose another name, "
                "or load it by Client.load_from_database."
            ) from error
        assert made.inserted_primary_key is not None
        return int(made.inserted_primary_key[0]), created


def _find(key: Key) -> "sa.Select[tuple[int]]":
    """Return the query for an experiment: SQLite gives the number of one that is deleted to the next."""
    number, created = key
    return sa.select(experiments.c.id).where(experiments.c.id == number, experiments.c.created == created)


def _entries(bodies: Sequence[str]) -> list[Entry]:
    try:
        return decode_entries([json.loads(b) for b in bodies])
    except ValueError as error:
        raise SnapshotError(f"an event in the database is damaged: {error}.") from error


def _file_of(connection: sa.Connection) -> tuple[str, object] | None:
    """Return the name and the identity of the file of an SQLite database."""
    if connection.dialect.name != "sqlite":
        return None
    name = str(connection.exec_driver_sql("PRAGMA database_list").all()[0][2])
    return (name, _identity(name)) if name else None


def _identity(name: str) -> object:
    """Return what stays the same of a file while it is written to; `None` where there is none."""
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _version(connection: sa.Connection) -> int | None:
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


def _migrate(connection: sa.Connection) -> None:
    """Bring a database of an earlier version up to date: what follows from the journal is made anew from it."""
    for table in (observations, trial_rows):
        table.drop(connection)
    metadata.create_all(connection)
    for number in list(connection.scalars(sa.select(experiments.c.id))):
        bodies = sa.select(events.c.body).where(events.c.experiment_id == number).order_by(events.c.sequence)
        experiment = Experiment.replay(_entries(list(connection.scalars(bodies))))
        _replace_trials(connection, number, experiment.view().trials)
    connection.execute(schema.update().values(version=SCHEMA_VERSION))


def _name(entries: Sequence[Entry]) -> str | None:
    """Return the name that entries give to the experiment, if they do."""
    events = [e.event for e in entries]
    names = [e.header.name for e in events if isinstance(e, ExperimentConfigured)]
    names += [e.name for e in events if isinstance(e, ExperimentRenamed)]
    if names and not (names[-1] or "").strip():
        raise UserInputError("an experiment in a database needs a name: give one to configure_experiment.")
    return names[-1] if names else None


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


def _replace_trials(connection: sa.Connection, number: int, trials: Mapping[int, Trial | None]) -> None:
    """Write trials as they are now, a statement for many of them."""
    indices = list(trials)
    for start in range(0, len(indices), _CHUNK):
        chunk = indices[start : start + _CHUNK]
        for table in (observations, trial_rows):
            which = table.c.trial_index == chunk[0] if len(chunk) == 1 else table.c.trial_index.in_(chunk)
            connection.execute(table.delete().where(table.c.experiment_id == number, which))
        kept = [trial for index in chunk if (trial := trials[index]) is not None]
        if kept:
            connection.execute(trial_rows.insert(), [_trial_row(number, t) for t in kept])
        data = [_observation_row(number, t.index, r) for t in kept for r in t.data]
        if data:
            connection.execute(observations.insert(), data)


def _trial_row(number: int, trial: Trial) -> dict[str, object]:
    return {
        "experiment_id": number,
        "trial_index": trial.index,
        "arm_name": trial.arm_name,
        "status": trial.status.name,
        "status_reason": trial.status_reason,
        "generator": trial.provenance.generator,
        "parameters": json.dumps(trial.parameters, allow_nan=False, ensure_ascii=False),
        "run_metadata": _object(trial.run_metadata),
        "note": trial.note,
        "time_created": trial.time_created,
        "time_completed": trial.time_completed,
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


def _engine(url: str | None, creator: Callable[[], Any] | None) -> sa.Engine:
    try:
        if creator is not None:
            kind = "postgresql+psycopg" if _is_psycopg(creator) else "sqlite"
            engine = sa.create_engine(f"{kind}://", creator=creator)
        else:
            assert url is not None
            engine = sa.create_engine(url)
    except (SQLAlchemyError, ImportError, TypeError, ValueError) as error:
        shown = re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", str(url))  # no passwords in messages
        raise UserInputError(f"the storage {shown!r} cannot be used: {_first_line(error)}") from error
    if engine.dialect.name == "sqlite" and creator is None and engine.url.database in (None, "", ":memory:"):
        raise UserInputError(
            f"the storage {url!r} is in memory and would keep nothing: name a file as in 'sqlite:///runs.db', or leave "
            "the storage out."
        )
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "do_connect", _connect_sqlite)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        sa.event.listen(engine, "checkin", _forget_frozen)
    return engine


def _is_psycopg(creator: Callable[[], Any]) -> bool:
    """Return whether the connections of a creator are to PostgreSQL.

    Raises:
        StorageError: If it gives no connection.
    """
    try:
        connection = creator()
        connection.cursor().close()
        connection.close()
    except Exception as error:  # the user's code, or a driver of any kind
        raise StorageError(f"the creator gave no connection: {type(error).__name__}: {error}.") from error
    return type(connection).__module__.startswith("psycopg")


def _connect_sqlite(dialect: sa.Dialect, record: Any, arguments: Sequence[Any], settings: dict[str, Any]) -> Any:
    """Connect to a file; to one that can be read only, as it stands.

    SQLite itself refuses to read a file in WAL mode where it cannot put its own files beside it.

    Raises:
        StorageError: If a part of what was written is in such a file beside it.
    """
    connection = dialect.connect(*arguments, **settings)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except Exception as error:
        connection.close()
        if _sqlite_code(error) not in ("READONLY", "CANTOPEN"):
            raise
    else:
        return connection
    name = str(arguments[0])
    file = Path(unquote(name.removeprefix("file:").split("?")[0]) if settings.get("uri") else name)
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:
        raise ReadOnlyError(
            f"{str(file)!r} can only be read, and its newest entries are in {log.name!r}: copy both files to a folder "
            "of your own and open the copy."
        )
    record.info[_FROZEN] = True
    return dialect.connect(f"file:{quote(str(file))}?immutable=1", **settings | {"uri": True})


def _forget_frozen(connection: Any, record: Any) -> None:
    """Let go of a connection to a file as it stood: somebody else may write to it before it is read again."""
    if record.info.pop(_FROZEN, False):
        record.invalidate()


def _sqlite_code(error: object) -> str:
    """Return what SQLite calls an error, such as `"READONLY"`; empty where another database raised it."""
    name = getattr(error, "sqlite_errorname", "") or ""
    return name.removeprefix("SQLITE_").split("_")[0]


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by the listener above
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        try:
            connection.execute(f"PRAGMA {pragma}")
        except Exception as error:
            if _sqlite_code(error) != "READONLY":  # then the file stays in the mode that it has
                raise


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes its lock at once: one that read first could fail later, and not by waiting.
    write = connection.get_execution_options().get("axnb_write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _first_line(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(error).__name__
