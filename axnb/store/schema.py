"""The tables of a database of experiments."""

import sqlalchemy as sa

from axnb.record.metadata import MOST_CHARACTERS
from axnb.store.checksums import SEED

SCHEMA_VERSION = 3  # 2: run_metadata of trials; 3: checksums, a row for each arm

metadata = sa.MetaData()

schema = sa.Table("axnb_schema", metadata, sa.Column("version", sa.Integer, primary_key=True))

experiments = sa.Table(
    "experiments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(MOST_CHARACTERS), nullable=False, unique=True),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("length", sa.Integer, nullable=False, server_default="0"),  # how many events it has
    sa.Column("checksum", sa.String(16), nullable=False, server_default=SEED),  # of the last of them
)


def _of_experiment() -> sa.Column[int]:
    return sa.Column("experiment_id", sa.ForeignKey("experiments.id"), primary_key=True)


events = sa.Table(
    "events",
    metadata,
    _of_experiment(),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("action", sa.Integer, nullable=False),
    sa.Column("time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("automatic", sa.Boolean, nullable=False),
    sa.Column("kind", sa.String(100), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("checksum", sa.String(16), nullable=False),  # of the body, after that of the event before
)

# The arm and the parameters of a trial are those of its only arm, or of the first; `arms` has all of them.
trials = sa.Table(
    "trials",
    metadata,
    _of_experiment(),
    sa.Column("trial_index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("arm_name", sa.Text, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("status_reason", sa.Text),
    sa.Column("generator", sa.Text, nullable=False),
    sa.Column("parameters", sa.Text, nullable=False),
    sa.Column("run_metadata", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("time_created", sa.DateTime(timezone=True)),
    sa.Column("time_completed", sa.DateTime(timezone=True)),
)

arms = sa.Table(
    "arms",
    metadata,
    _of_experiment(),
    sa.Column("trial_index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("arm_name", sa.Text, nullable=False),
    sa.Column("weight", sa.Float(53), nullable=False),
    sa.Column("generator", sa.Text, nullable=False),
    sa.Column("parameters", sa.Text, nullable=False),
)

observations = sa.Table(
    "observations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("experiment_id", sa.ForeignKey("experiments.id"), nullable=False),
    sa.Column("trial_index", sa.Integer, nullable=False),
    sa.Column("arm_name", sa.Text, nullable=False),
    sa.Column("metric", sa.Text, nullable=False),
    sa.Column("step", sa.Float),
    sa.Column("mean", sa.Float(53), nullable=False),
    sa.Column("sem", sa.Float(53)),
    sa.Index("observations_of_trial", "experiment_id", "trial_index"),
)

cards = sa.Table(
    "cards",
    metadata,
    _of_experiment(),
    sa.Column("name", sa.String(MOST_CHARACTERS), primary_key=True),
    sa.Column("time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("checksum", sa.String(16), nullable=False),  # of the body, after that of the name
)

# Made when the first loop runs on an experiment, and of no meaning to anything else, so it is no part of the version.
leases = sa.Table(
    "leases",
    sa.MetaData(),
    sa.Column("experiment_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("beats", sa.BigInteger, nullable=False),
    sa.Column("time", sa.DateTime(timezone=True), nullable=False),
)
