"""The tables of a database of experiments."""

import sqlalchemy as sa

SCHEMA_VERSION = 2  # 2: run_metadata of trials

metadata = sa.MetaData()

schema = sa.Table("axnb_schema", metadata, sa.Column("version", sa.Integer, primary_key=True))

experiments = sa.Table(
    "experiments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(500), nullable=False, unique=True),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
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
)

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
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("time", sa.DateTime(timezone=True), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
