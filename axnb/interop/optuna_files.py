"""Reads what Optuna keeps: a study in memory, its database or its journal. Optuna itself is not needed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axnb.errors import ObjectNotFoundError, SnapshotError, StorageError, UserInputError, listing, near_miss, shown

_STATES = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")  # by number, in a journal
NAMED_CONSTRAINT = "constraints:"
"""How the keys of constraints with a name begin."""
_DIRECTIONS = ("NOT_SET", "MINIMIZE", "MAXIMIZE")  # by number, in a journal
_EARLIER = {  # distributions of Optuna 2, with what their numbers are now
    "UniformDistribution": ("FloatDistribution", {}),
    "LogUniformDistribution": ("FloatDistribution", {"log": True}),
    "DiscreteUniformDistribution": ("FloatDistribution", {}),
    "IntUniformDistribution": ("IntDistribution", {}),
    "IntLogUniformDistribution": ("IntDistribution", {"log": True}),
}
_SQL = {
    "studies": "SELECT study_id, study_name FROM studies",
    "directions": "SELECT objective, direction FROM study_directions WHERE study_id = :study",
    "attributes": "SELECT 'user', key, value_json FROM study_user_attributes WHERE study_id = :study "
    "UNION ALL SELECT 'system', key, value_json FROM study_system_attributes WHERE study_id = :study",
    "trials": "SELECT trial_id, state FROM trials WHERE study_id = :study ORDER BY number, trial_id",
    "params": "SELECT p.trial_id, p.param_name, p.param_value, p.distribution_json FROM trial_params p "
    "JOIN trials t ON t.trial_id = p.trial_id WHERE t.study_id = :study ORDER BY p.param_id",
    "values": "SELECT v.trial_id, v.objective, v.value FROM trial_values v "
    "JOIN trials t ON t.trial_id = v.trial_id WHERE t.study_id = :study",
    "steps": "SELECT v.trial_id, v.step, v.intermediate_value FROM trial_intermediate_values v "
    "JOIN trials t ON t.trial_id = v.trial_id WHERE t.study_id = :study",
    "user": "SELECT a.trial_id, a.key, a.value_json FROM trial_user_attributes a "
    "JOIN trials t ON t.trial_id = a.trial_id WHERE t.study_id = :study",
    "system": "SELECT a.trial_id, a.key, a.value_json FROM trial_system_attributes a "
    "JOIN trials t ON t.trial_id = a.trial_id WHERE t.study_id = :study",
}


@dataclass(slots=True)
class KeptTrial:
    """A trial as Optuna keeps it: values as its code sees them."""

    state: str = "RUNNING"
    params: dict[str, Any] = field(default_factory=dict)
    distributions: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    values: list[float | None] = field(default_factory=list)
    steps: dict[float, float | None] = field(default_factory=dict)
    user: dict[str, Any] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)

    @property
    def constraints(self) -> dict[str, float]:
        """By how much each constraint is missed; at most 0 where it holds. Before Optuna 5 they had no names."""
        named = {
            k.removeprefix(NAMED_CONSTRAINT): float(v) for k, v in self.system.items() if k.startswith(NAMED_CONSTRAINT)
        }
        return named or {f"constraint_{k}": float(v) for k, v in enumerate(self.system.get("constraints") or ())}

    def set_param(self, name: str, internal: float, distribution: str) -> None:
        """Set a parameter from its number in a file."""
        kind, numbers = _read_distribution(json.loads(distribution))
        self.distributions[name] = kind, numbers
        if kind == "CategoricalDistribution":
            self.params[name] = make_hashable(numbers["choices"][int(internal)])
        else:
            self.params[name] = int(internal) if kind == "IntDistribution" else float(internal)


@dataclass(slots=True)
class KeptStudy:
    """A study as Optuna keeps it."""

    name: str
    directions: list[str] = field(default_factory=list)
    user: dict[str, Any] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)
    trials: list[KeptTrial] = field(default_factory=list)


def read_study(study: Any) -> KeptStudy:
    """Return what a study in memory holds.

    Raises:
        UserInputError: If it is no study of Optuna.
    """
    try:
        kept = KeptStudy(study.study_name, [d.name for d in study.directions], dict(study.user_attrs))
        names = study.metric_names
        for t in study.get_trials(deepcopy=False):
            made = {n: (type(d).__name__, dict(vars(d))) for n, d in t.distributions.items()}
            params = {n: make_hashable(v) for n, v in t.params.items()}
            values = list(t.values or ())
            steps = dict(t.intermediate_values)
            kept.trials.append(
                KeptTrial(t.state.name, params, made, values, steps, dict(t.user_attrs), dict(t.system_attrs))
            )
    except AttributeError as error:
        raise UserInputError(
            f"expected a study of Optuna, the address of its database or the path of its journal, got {shown(study)}."
        ) from error
    kept.system |= {"study:metric_names": names} if names else {}
    return kept


def choose_study(studies: Sequence[KeptStudy], name: str | None) -> KeptStudy:
    """Return the study of a name, or the only one.

    Raises:
        ObjectNotFoundError: If there is none of that name.
        UserInputError: If there are several and none is named.
    """
    names = [s.name for s in studies]
    if not studies:
        raise ObjectNotFoundError("there is no study in it.")
    if name is None and len(studies) > 1:
        raise UserInputError(f"there are several studies: give study_name, one of {listing(names)}.")
    found = [s for s in studies if name in (None, s.name)]
    if not found:
        raise ObjectNotFoundError(f"there is no study {name!r}; there is {listing(names)}.{near_miss(name, names)}")
    return found[0]


def read_studies(source: str) -> list[KeptStudy]:
    """Return the studies at the address of a database, or in a SQLite file or journal.

    Raises:
        ObjectNotFoundError: If there is no such file.
        SnapshotError: If it is no file of Optuna, or is damaged.
        StorageError: If it cannot be read.
    """
    if "://" in source:
        return _read_database(source)
    try:
        with Path(source).open("rb") as file:
            head = file.read(16)
        if head.startswith(b"SQLite format 3"):
            return _read_database(f"sqlite:///{source}")
        return _read_journal(Path(source).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ObjectNotFoundError(f"there is no file {source!r}.") from None
    except OSError as error:
        raise StorageError(f"cannot read {source!r}: {error}") from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise SnapshotError(
            f"{source!r} is neither a database nor a journal of Optuna, or is damaged: {type(error).__name__}: {error}"
        ) from error


def _read_database(address: str) -> list[KeptStudy]:
    import sqlalchemy as sa

    if address.startswith("sqlite:///") and not Path(address.removeprefix("sqlite:///")).is_file():
        raise ObjectNotFoundError(f"there is no file {address.removeprefix('sqlite:///')!r}.")
    try:
        engine = sa.create_engine(address)
        try:
            with engine.connect() as connection:
                studies = connection.execute(sa.text(_SQL["studies"])).all()
                return [_read_tables(connection, number, name) for number, name in studies]
        finally:
            engine.dispose()
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise StorageError(f"cannot read a database of Optuna at {address!r}: {error}") from error


def _read_tables(connection: Any, number: int, name: str) -> KeptStudy:
    import sqlalchemy as sa

    rows = {
        what: connection.execute(sa.text(query), {"study": number}).all()
        for what, query in _SQL.items()
        if what != "studies"
    }
    study = KeptStudy(name, [d for _, d in sorted(rows["directions"])])
    for scope, key, value in rows["attributes"]:
        (study.user if scope == "user" else study.system)[key] = json.loads(value)
    trials = {i: KeptTrial(state) for i, state in rows["trials"]}
    for i, param, value, distribution in rows["params"]:
        trials[i].set_param(param, value, distribution)
    for i, _, value in sorted(rows["values"], key=lambda r: (r[0], r[1])):
        trials[i].values.append(value)
    for i, step, value in rows["steps"]:
        trials[i].steps[step] = value
    for what in ("user", "system"):
        for i, key, value in rows[what]:
            (trials[i].user if what == "user" else trials[i].system)[key] = json.loads(value)
    study.trials = [*trials.values()]
    return study


def _read_journal(text: str) -> list[KeptStudy]:
    studies: dict[int, KeptStudy] = {}
    trials: dict[int, KeptTrial] = {}
    begun = 0
    for line in text.splitlines():
        if not line.strip():
            continue
        entry = json.loads(line)
        code = entry["op_code"]
        if code == 0:
            studies[begun] = KeptStudy(entry["study_name"], [_DIRECTIONS[d] for d in entry["directions"]])
            begun += 1
        elif code == 1:
            del studies[entry["study_id"]]
        elif code in (2, 3):
            kept = studies[entry["study_id"]]
            (kept.user if code == 2 else kept.system).update(entry["user_attr" if code == 2 else "system_attr"])
        elif code == 4:
            trials[len(trials)] = made = _read_created(entry)
            if entry["study_id"] in studies:
                studies[entry["study_id"]].trials.append(made)
        else:
            _apply(entry, code, trials[entry["trial_id"]])
    return [*studies.values()]


def _read_created(entry: Mapping[str, Any]) -> KeptTrial:
    """Return the trial that an entry creates: a new one, or one that was added whole."""
    trial = KeptTrial(_STATES[entry.get("state", 0)])
    for name, internal in (entry.get("params") or {}).items():
        trial.set_param(name, internal, entry["distributions"][name])
    given = entry.get("values")
    trial.values = list(given) if given else [] if entry.get("value") is None else [entry["value"]]
    trial.steps = {float(k): v for k, v in (entry.get("intermediate_values") or {}).items()}
    trial.user = dict(entry.get("user_attrs") or {})
    trial.system = dict(entry.get("system_attrs") or {})
    return trial


def _apply(entry: Mapping[str, Any], code: int, trial: KeptTrial) -> None:
    if code == 5:
        trial.set_param(entry["param_name"], entry["param_value_internal"], entry["distribution"])
    elif code == 6:
        trial.state = _STATES[entry["state"]]
        trial.values = list(entry.get("values") or trial.values)
    elif code == 7:
        trial.steps[entry["step"]] = entry["intermediate_value"]
    elif code == 8:
        trial.user.update(entry["user_attr"])
    elif code == 9:
        trial.system.update(entry["system_attr"])


def _read_distribution(found: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    kind, more = _EARLIER.get(found["name"], (found["name"], {}))
    numbers = dict(found["attributes"]) | more
    if "q" in numbers:
        numbers["step"] = numbers.pop("q")
    return kind, numbers


def make_hashable(value: Any) -> Any:
    """Return a value as it is, or, where it is a list or a dict, its text."""
    try:
        hash(value)
    except TypeError:
        return json.dumps(value)
    return value
