"""Connections to databases: SQLite and PostgreSQL, each made ready for several processes that write."""

import random
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from axnb.errors import BusyError, ReadOnlyError, StorageError, UserInputError
from axnb.interrupts import let_signals_through
from axnb.store.files import NOT_THE_SAME

WAIT_SECONDS = 30.0  # for other writers
_STEP_MILLISECONDS = 500  # of that waiting, between two looks at signals
_PAUSE_SECONDS = 0.005
_PATIENT = f"busy_timeout={int(1000 * WAIT_SECONDS)}"
_FROZEN = "axnb_frozen"  # marks a connection that sees a file as it stood
_GENERATION = "axnb_generation"  # says which content of the file a connection has pages of


def make_engine(url: str | None, creator: Callable[[], Any] | None) -> sa.Engine:
    """Return what makes connections.

    Args:
        url: SQLAlchemy URL.
        creator: Instead of a URL, a function that returns a new DBAPI connection.

    Raises:
        StorageError: If the creator gives no connection.
        UserInputError: If the URL cannot be used.
    """
    try:
        if creator is not None:
            kind = "postgresql+psycopg" if _is_psycopg(creator) else "sqlite"
            engine = sa.create_engine(f"{kind}://", creator=creator)
        else:
            assert url is not None
            engine = sa.create_engine(url)
    except (SQLAlchemyError, ImportError, TypeError, ValueError) as error:
        shown = re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", str(url))  # no passwords in messages
        raise UserInputError(f"the storage {shown!r} cannot be used: {first_line(error)}") from error
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
    else:
        sa.event.listen(engine, "connect", _prepare_postgres)
    return engine


def begin(engine: sa.Engine, *, write: bool, first: "sa.Select[Any] | None" = None) -> sa.Connection:
    """Return a connection in a transaction, after waiting for other writers; signals may end the waiting.

    Args:
        engine: The database.
        write: Whether the transaction is going to write.
        first: What is asked first, such as for a row that is to be locked.

    Raises:
        BusyError: If others have been writing for too long.
        SQLAlchemyError: If the database refuses.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        connection = engine.connect().execution_options(axnb_write=write)
        try:
            connection.begin()
            if first is not None:
                connection.execute(first)
        except BaseException as error:
            abandon(connection)
            if not is_busy(error):
                raise
            if time.monotonic() > deadline:
                raise BusyError("others have been writing to the database for too long: try again.") from error
        else:
            return connection
        let_signals_through()
        time.sleep(random.uniform(0, _PAUSE_SECONDS))  # noqa: S311 - so that nobody is always late


def abandon(connection: sa.Connection) -> None:
    """Take back what was written and give the connection back, or break it off where that fails."""
    try:
        connection.rollback()
    except BaseException:
        connection.invalidate()
        raise
    finally:
        connection.close()


def is_busy(error: BaseException) -> bool:
    """Return whether somebody else holds what is needed, so that waiting helps."""
    cause = getattr(error, "orig", error)
    return name_error(cause) in ("BUSY", "LOCKED") or getattr(cause, "sqlstate", None) in ("55P03", "40001", "40P01")


def _prepare_postgres(connection: Any, record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {_STEP_MILLISECONDS}")
    connection.commit()


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
        if name_error(error) not in ("READONLY", "CANTOPEN"):
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


def name_error(error: object) -> str:
    """Return what SQLite calls an error, such as `"READONLY"`; empty where another database raised it."""
    name = getattr(error, "sqlite_errorname", "") or ""
    return name.removeprefix("SQLITE_").split("_")[0]


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by the listener above
    for pragma in (_PATIENT, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        try:
            connection.execute(f"PRAGMA {pragma}")
        except Exception as error:
            if name_error(error) != "READONLY":  # then the file stays in the mode that it has
                raise


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes its lock at once: one that read first could fail later, and not by waiting.
    if not connection.get_execution_options().get("axnb_write", True):
        connection.exec_driver_sql("BEGIN")
        return
    raw: Any = connection.connection.dbapi_connection
    raw.execute(f"PRAGMA busy_timeout={_STEP_MILLISECONDS}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA {_PATIENT}")


def first_line(error: Exception) -> str:
    """Return the first line of what an error says."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(error).__name__


class SqliteFile:
    """The file of an SQLite database, known again.

    SQLite keeps pages in memory and would go on with them after somebody else has put other content into the file. So
    where the file has changed otherwise than by ourselves, they are forgotten, and what is read next is what is there.

    Args:
        name: The file.
        engine: Its connections.
    """

    def __init__(self, name: str, engine: sa.Engine) -> None:
        self._name = name
        self._identity = _identify(name)
        self._content = _look_at(name)
        self._generation = 0
        sa.event.listen(engine, "checkout", self._forget_pages)

    def check(self) -> None:
        """See whether it is still the same file.

        Raises:
            StorageError: If it is not.
        """
        if _identify(self._name) != self._identity:
            raise StorageError(f"{self._name!r} {NOT_THE_SAME}")
        if _look_at(self._name) != self._content:
            self._generation += 1

    def look_again(self) -> None:
        """Take note of what we have written ourselves."""
        self._content = _look_at(self._name)

    def _forget_pages(self, connection: Any, record: Any, proxy: Any) -> None:
        if record.info.get(_GENERATION, 0) != self._generation:
            connection.execute("PRAGMA shrink_memory")
            record.info[_GENERATION] = self._generation


def find_sqlite_file(connection: sa.Connection) -> SqliteFile | None:
    """Return the file of an SQLite database; `None` for another one."""
    if connection.dialect.name != "sqlite":
        return None
    name = str(connection.exec_driver_sql("PRAGMA database_list").all()[0][2])
    return SqliteFile(name, connection.engine) if name else None


def _identify(name: str) -> object:
    """Return what stays the same of a file while it is written to; `None` where there is none."""
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _look_at(name: str) -> object:
    """Return what changes of a file when it is written to."""
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
