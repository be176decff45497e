"""Experiments in an SQL database: SQLite by default, PostgreSQL for teams.

The table `events` is the journal and the only truth; `trials` and `observations` are kept current beside it, in the
same transaction, for people who ask in SQL. Several processes may write to one experiment: each append checks that
nobody was first.
"""

import threading
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from axnb.errors import (
    AxnbError,
    AxnbWarning,
    BusyError,
    ConflictError,
    ObjectNotFoundError,
    ReadOnlyError,
    SnapshotError,
    StorageError,
    UserInputError,
    listing,
    near_miss,
    shown,
)
from axnb.interrupts import hold_signals
from axnb.problem.expressions import is_text
from axnb.record.events import ExperimentConfigured, ExperimentRenamed
from axnb.record.experiment import Experiment
from axnb.record.journal import Entry, Lease
from axnb.record.metadata import MOST_CHARACTERS, check_name
from axnb.record.trial import Trial
from axnb.store.checksums import SEED, link, warn_of
from axnb.store.engine import SqliteFile, abandon, begin, find_sqlite_file, first_line, is_busy, make_engine, name_error
from axnb.store.files import CANNOT_BE_WRITTEN, NOT_THE_SAME
from axnb.store.rows import append_events, link_card, load_bodies, migrate, read_version, replace_trials
from axnb.store.schema import (
    SCHEMA_VERSION,
    arms,
    cards,
    events,
    experiments,
    leases,
    metadata,
    observations,
    schema,
)
from axnb.store.schema import trials as trial_rows

Key: TypeAlias = tuple[int, datetime]  # number of an experiment, and when it was made

_DELETED = "the experiment has been deleted from the database: what you see is in memory; keep it by save_to_json_file."


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
        self._engine = make_engine(url, creator)
        self._file: SqliteFile | None = None
        weakref.finalize(self, self._engine.dispose)  # no connection outlives the last experiment that uses it
        with self.transaction(write=False) as connection:
            self._version = read_version(connection)
        if self._version != SCHEMA_VERSION:  # else nothing is written: the database may be one that can only be read
            self._prepare()
        with self.transaction(write=False) as connection:
            self._file = find_sqlite_file(connection)

    def _prepare(self) -> None:
        """Make the tables, or bring those of an earlier version up to date."""
        try:
            with self.transaction() as connection:
                schema.create(connection, checkfirst=True)
                version = connection.scalar(sa.select(schema.c.version).with_for_update())
                if version is None:
                    metadata.create_all(connection)
                    connection.execute(schema.insert().values(version=SCHEMA_VERSION))
                elif version < SCHEMA_VERSION:
                    migrate(connection, version)
            self._version = SCHEMA_VERSION
        except ReadOnlyError:
            if self._version is None:
                raise
            # What an earlier version lacks follows from the journal, and only the journal is read then.

    @property
    def has_checksums(self) -> bool:
        """Whether events have checksums; only a database of an earlier version that cannot be written to has none."""
        return self._version == SCHEMA_VERSION

    @contextmanager
    def transaction(self, *, write: bool = True, first: "sa.Select[Any] | None" = None) -> Iterator[sa.Connection]:
        """Give a connection in a transaction; signals are held back until it is over.

        Args:
            write: Whether it is going to write.
            first: What is asked first, such as for a row that is to be locked.

        Raises:
            BusyError: If others have been writing for too long.
            ReadOnlyError: If the database cannot be written to.
            StorageError: If the database refuses, or its file is not the one that was opened.
        """
        with hold_signals(), self.translate_errors():
            connection = self.begin(write=write, first=first)
            try:
                yield connection
                connection.commit()
            finally:
                abandon(connection)  # nothing, after a commit
                if self._file is not None:
                    self._file.look_again()

    def begin(self, *, write: bool, first: "sa.Select[Any] | None" = None) -> sa.Connection:
        """Return a connection in a transaction; the arguments are those of `transaction`."""
        if self._file is None:
            return begin(self._engine, write=write, first=first)
        self._file.check()
        return begin(self._engine, write=write, first=first)

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn errors of the database, and of what is read from it, into ours.

        Raises:
            BusyError: If others have been writing for too long.
            ReadOnlyError: If the database cannot be written to.
            StorageError: If the database refuses.
        """
        try:
            yield
        except AxnbError:
            raise
        except Exception as error:
            if name_error(getattr(error, "orig", None)) == "READONLY":
                raise ReadOnlyError(f"{str(self._engine.url.database)!r} {CANNOT_BE_WRITTEN}") from error
            if is_busy(error):
                raise BusyError("others have been writing to the database for too long: try again.") from error
            raise StorageError(f"the database refused: {first_line(error)[:500]}") from error

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
        return Experiment(journal=SqlJournal(self, self.key(name)))

    def key(self, name: str) -> Key:
        """Return what an experiment has in the database beside its name.

        Raises:
            ObjectNotFoundError: If there is none of that name.
            UserInputError: If the name is no string.
        """
        if not is_text(name):
            raise UserInputError(f"an experiment's name must be a string, got {shown(name)}.")
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
        check_name(new_name)
        self.load(name).record([ExperimentRenamed(name=new_name)])

    def delete(self, name: str) -> None:
        """Delete an experiment with all its data; this cannot be undone.

        Raises:
            ObjectNotFoundError: If there is none of that name.
        """
        number, _ = self.key(name)
        with self.transaction() as connection:
            held = [leases] if sa.inspect(connection).has_table(leases.name) else []
            for table in (*held, cards, observations, arms, trial_rows, events):
                connection.execute(table.delete().where(table.c.experiment_id == number))
            connection.execute(experiments.delete().where(experiments.c.id == number))

    def keep_lease(self, number: int, token: str, holder: str) -> None:
        """Keep a lease on an experiment, or give another sign of life of it.

        Raises:
            StorageError: If the database refuses.
        """
        mine = (leases.c.experiment_id == number, leases.c.token == token)
        now = datetime.now(UTC)
        with self.transaction() as connection:
            connection.execute(sa.schema.CreateTable(leases, if_not_exists=True))
            again = leases.update().where(*mine).values(beats=leases.c.beats + 1, holder=holder, time=now)
            if not connection.execute(again).rowcount:
                row = {"experiment_id": number, "token": token, "holder": holder, "beats": 0, "time": now}
                connection.execute(leases.insert().values(**row))

    def leases(self, number: int) -> dict[str, Lease]:
        """Return the leases on an experiment, by token.

        Raises:
            StorageError: If the database refuses.
        """
        with self.transaction(write=False) as connection:
            if not sa.inspect(connection).has_table(leases.name):
                return {}
            query = sa.select(leases.c.token, leases.c.holder, leases.c.beats).where(leases.c.experiment_id == number)
            return {str(row.token): Lease(str(row.holder), int(row.beats)) for row in connection.execute(query)}

    def end_lease(self, number: int, token: str) -> None:
        """Remove a lease on an experiment, if it is there.

        Raises:
            StorageError: If the database refuses.
        """
        if token in self.leases(number):
            with self.transaction() as connection:
                connection.execute(leases.delete().where(leases.c.experiment_id == number, leases.c.token == token))

    def new_journal(self) -> "SqlJournal":
        """Return a journal for a new experiment; it gets its place when it is configured."""
        return SqlJournal(self, None)


class _Standing(NamedTuple):
    """How far an experiment has come: how many events it has, and the checksum of the last."""

    length: int
    checksum: str


class SqlJournal:
    """Keeps one experiment in a database.

    Args:
        database: The database.
        key: Key of the experiment there; `None` for one that is not configured yet.
    """

    def __init__(self, database: Database, key: Key | None) -> None:
        self._database = database
        self._key = key
        self._standing = _Standing(0, SEED)  # of what was read or written
        self._held = threading.local()  # `connection`: of the thread that keeps others waiting

    def read(self, start: int) -> list[Entry]:
        """Return the entries from a sequence number on.

        Raises:
            ObjectNotFoundError: If the experiment has been deleted.
            SnapshotError: If an entry is damaged, removed or moved.
            StorageError: If the database refuses.
        """
        if self._key is None:
            return []
        with self._connect(write=False) as connection:
            if not self._database.has_checksums:
                return self._read_earlier(connection, start)
            standing = self._find(connection)
            if start == standing.length == self._standing.length:
                return []
            before = self._checksum_before(connection, start)
            query = (
                sa.select(events.c.body, events.c.checksum)
                .where(events.c.experiment_id == self._key[0], events.c.sequence >= start)
                .where(events.c.sequence < standing.length)
                .order_by(events.c.sequence)
            )
            rows = connection.execute(query).all()
        bodies = [str(body) for body, _ in rows]
        for number, (body, checksum) in enumerate(rows, start=start):
            before = link(before, str(body).encode())
            if before != checksum:
                raise SnapshotError(
                    f"event {number} in the database is damaged: it does not agree with its checksum, which also "
                    "covers the event before."
                )
        if start + len(rows) != standing.length or before != standing.checksum:
            raise SnapshotError(
                f"the database is damaged: the experiment has {start + len(rows)} events and should have "
                f"{standing.length}, or the last one is another."
            )
        entries = load_bodies(bodies, start)
        self._standing = standing
        return entries

    def _read_earlier(self, connection: sa.Connection, start: int) -> list[Entry]:
        """Read a database of an earlier version as it stands."""
        assert self._key is not None
        query = (
            sa.select(events.c.body)
            .where(events.c.experiment_id == self._key[0], events.c.sequence >= start)
            .order_by(events.c.sequence)
        )
        return load_bodies([str(body) for body in connection.scalars(query)], start)

    def _checksum_before(self, connection: sa.Connection, start: int) -> str:
        """Return the checksum of the event before one."""
        if start == self._standing.length:
            return self._standing.checksum
        assert self._key is not None
        query = sa.select(events.c.checksum).where(
            events.c.experiment_id == self._key[0], events.c.sequence == start - 1
        )
        return str(connection.scalar(query)) if start else SEED

    def append(self, entries: Sequence[Entry], trials: Mapping[int, Trial | None]) -> None:
        """Write the entries of one action and bring the tables up to date, in one transaction.

        Raises:
            BusyError: If others have been writing for too long.
            ConflictError: If another process has written since this one read.
            UserInputError: If the experiment's name is taken or too long, or it has none.
            ObjectNotFoundError: If the experiment has been deleted.
            StorageError: If the database refuses.
        """
        with self._connect(write=True) as connection:
            key = self._place(connection, entries)
            standing = _Standing(0, SEED) if self._key is None else self._find(connection)
            if standing.length != entries[0].sequence or standing.length != self._standing.length:
                raise ConflictError("another process has written to the experiment.")
            number, _ = key
            try:
                checksum = append_events(connection, number, entries, standing.checksum)
            except IntegrityError as error:
                raise ConflictError("another process has written to the experiment, or deleted it.") from error
            replace_trials(connection, number, trials)
            connection.commit()
        self._key = key
        self._standing = _Standing(entries[-1].sequence + 1, checksum)

    @contextmanager
    def _connect(self, *, write: bool) -> Iterator[sa.Connection]:
        """Give the connection that keeps others waiting, or else one in a transaction of its own."""
        held: sa.Connection | None = getattr(self._held, "connection", None)
        if held is not None:
            with self._database.translate_errors():
                yield held
            return
        first = _find(self._key).with_for_update() if write and self._key is not None else None
        with self._database.transaction(write=write, first=first) as connection:
            yield connection

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other processes from writing to the experiment until the block is over, or something is appended.

        Raises:
            BusyError: If others have been writing for too long.
            ReadOnlyError: If the database cannot be written to.
            StorageError: If the database refuses.
        """
        if self._key is None:  # nobody else knows of it
            yield
            return
        with hold_signals():
            with self._database.translate_errors():
                connection = self._database.begin(write=True, first=_find(self._key).with_for_update())
            self._held.connection = connection
            try:
                yield
            finally:
                self._held.connection = None
                with self._database.translate_errors():
                    abandon(connection)

    def find_namesake(self, name: str) -> "SqlJournal | None":
        """Return the journal of the experiment of that name in the database, if this one has no experiment yet.

        Raises:
            StorageError: If the database cannot be read.
        """
        if self._key is not None:
            return None
        try:
            return SqlJournal(self._database, self._database.key(name))
        except ObjectNotFoundError:
            return None

    def keep_card(self, name: str, text: str) -> None:
        """Keep a card; the latest of a name counts.

        Raises:
            StorageError: If its name is too long, or the database refuses.
        """
        if self._key is None:
            return
        if len(name) > MOST_CHARACTERS:
            raise StorageError(f"the name of the card {name[:50]!r}… has more than {MOST_CHARACTERS} characters.")
        number, _ = self._key
        mine = (cards.c.experiment_id == number, cards.c.name == name)
        row = {"experiment_id": number, "name": name, "time": datetime.now(UTC), "body": text}
        with self._database.transaction() as connection:
            if connection.scalar(_find(self._key)) is None:
                raise StorageError(_DELETED)
            connection.execute(cards.delete().where(*mine))
            connection.execute(cards.insert(), [row | {"checksum": link_card(name, text)}])

    def cards(self) -> dict[str, str]:
        """Return the latest card of each name; a warning names those that are damaged, which are left out.

        Raises:
            StorageError: If the database refuses.
        """
        number = None if self._key is None else self._key[0]
        with self._database.transaction(write=False) as connection:
            if not self._database.has_checksums:
                return {}
            query = sa.select(cards.c.name, cards.c.body, cards.c.checksum).where(cards.c.experiment_id == number)
            rows = [
                (str(row.name), str(row.body), row.checksum) for row in connection.execute(query.order_by(cards.c.time))
            ]
        damaged = [name for name, body, checksum in rows if link_card(name, body) != checksum]
        if damaged:
            warnings.warn(warn_of(damaged), AxnbWarning, stacklevel=3)
        return {name: body for name, body, _ in rows if name not in damaged}

    def keep_lease(self, token: str, holder: str) -> None:
        """Keep a lease, or give another sign of life of it.

        Raises:
            StorageError: If the database refuses.
        """
        if self._key is not None:
            self._database.keep_lease(self._key[0], token, holder)

    def leases(self) -> dict[str, Lease]:
        """Return the leases that have not been ended, by token.

        Raises:
            StorageError: If the database refuses.
        """
        return {} if self._key is None else self._database.leases(self._key[0])

    def end_lease(self, token: str) -> None:
        """Remove a lease, if it is there.

        Raises:
            StorageError: If the database refuses.
        """
        if self._key is not None:
            self._database.end_lease(self._key[0], token)

    def _find(self, connection: sa.Connection) -> "_Standing":
        """Return how far the experiment has come.

        Raises:
            ObjectNotFoundError: If it has been deleted.
            StorageError: If it is not the one of which this has read or written a part.
        """
        assert self._key is not None
        query = sa.select(experiments.c.length, experiments.c.checksum).where(experiments.c.id == self._key[0])
        found = connection.execute(query.where(experiments.c.created == self._key[1])).one_or_none()
        if found is None:
            raise ObjectNotFoundError(_DELETED)
        known = self._standing
        if found.length < known.length or (found.length == known.length and found.checksum != known.checksum):
            raise StorageError(f"the database {NOT_THE_SAME}")
        return _Standing(found.length, found.checksum)

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


def _name(entries: Sequence[Entry]) -> str | None:
    """Return the name that entries give to the experiment, if they do."""
    events = [e.event for e in entries]
    names = [e.header.name for e in events if isinstance(e, ExperimentConfigured)]
    names += [e.name for e in events if isinstance(e, ExperimentRenamed)]
    if names and not (names[-1] or "").strip():
        raise UserInputError("an experiment in a database needs a name: give one to configure_experiment.")
    if names and names[-1] is not None:
        check_name(names[-1])
    return names[-1] if names else None
