"""A PostgreSQL server of the tests' own, on loopback, from the system's packages."""

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


def _binary(name):
    installed = sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), reverse=True)
    return next((f for f in [shutil.which(name), *installed] if f), None)


def _install():
    """Install the server where the tests may do that; one process at a time, since test workers come together."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    with Path(tempfile.gettempdir(), "axnb-install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _binary("initdb") is not None:
            return
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment, stdout=subprocess.DEVNULL)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql"]
        subprocess.run(install, check=True, env=environment, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def postgres_server():
    """Start a server, yield its port, stop it."""
    if _binary("initdb") is None:
        _install()
    assert _binary("initdb") is not None, "the tests need PostgreSQL: install the system's package 'postgresql'"
    folder = tempfile.mkdtemp(prefix="axnb-postgres-")
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        entry = pwd.getpwnam("postgres")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        user = "postgres"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = f"{folder}/data"

    def run(name, *arguments):
        command = [_binary(name), "-D", data, *arguments]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=True, stdout=quiet, stderr=quiet, user=user, cwd=folder)

    run("initdb", "-U", "axnb", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    run("pg_ctl", "-o", options, "-l", f"{folder}/log", "-w", "start")
    yield port
    run("pg_ctl", "-m", "immediate", "-w", "stop")
    time.sleep(0.1)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server):
    """Return the URL of a new, empty database."""
    import psycopg

    name = f"t{time.time_ns()}"
    with psycopg.connect(f"host=127.0.0.1 port={postgres_server} user=axnb dbname=postgres", autocommit=True) as c:
        c.execute(f"create database {name}")
    return f"postgresql+psycopg://axnb@127.0.0.1:{postgres_server}/{name}"
