"""Campaigns of BayBE, from the JSON that `Campaign.to_json` writes. BayBE itself is not needed."""

import base64
import binascii
import io
import json
import os
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from axnb.api.arguments import path
from axnb.api.client import Client
from axnb.errors import ObjectNotFoundError, SnapshotError, StorageError
from axnb.interop.past import PastExperiment, PastTrial, make_choice, open_client
from axnb.problem.constraints import parse_parameter_constraints
from axnb.problem.expressions import LinearExpression
from axnb.problem.objective import Objective, OptimizationConfig
from axnb.problem.parameters import Parameter, RangeParameter, is_number, plain, to_float

if TYPE_CHECKING:
    import pandas as pd

_IN_TABLES = {  # all that a pickled table of numbers and strings is made of; nothing in it runs anything else
    "builtins": {"slice"},
    "numpy": {"ndarray", "dtype"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.core.numeric": {"_frombuffer"},
    "pandas": {"DataFrame", "Index", "RangeIndex", "StringDtype", "MultiIndex"},
    "pandas._libs.arrays": {"__pyx_unpickle_NDArrayBacked"},
    "pandas._libs.internals": {"_unpickle_block"},
    "pandas.arrays": {"StringArray"},
    "pandas.core.arrays.string_": {"StringArray", "StringDtype"},
    "pandas.core.frame": {"DataFrame"},
    "pandas.core.indexes.base": {"Index", "_new_Index"},
    "pandas.core.indexes.numeric": {"Int64Index", "Float64Index"},
    "pandas.core.indexes.range": {"RangeIndex"},
    "pandas.core.internals.managers": {"BlockManager"},
}
_OPS = {"=": "==", "==": "==", "<=": "<=", ">=": ">="}


def from_baybe(filepath: str | os.PathLike[str], random_seed: int | None = None) -> Client:
    """Return a client that goes on with a campaign of BayBE.

    Parameters, linear constraints between continuous ones, targets to be maximised or minimised, and measurements are
    carried over; substances are choices by their names. A warning names what is not: encodings, discrete constraints,
    transformed targets, the recommender.

    Args:
        filepath: The JSON file.
        random_seed: Seed of everything random from now on.

    Raises:
        ObjectNotFoundError: If there is no such file.
        SnapshotError: If it is no campaign, or has something that no experiment here can hold.
        StorageError: If it cannot be read.
        UserInputError: If the path or the seed cannot be used.
    """
    name = path(filepath)
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"))
        return open_client(_translate(found), random_seed)
    except FileNotFoundError:
        raise ObjectNotFoundError(f"there is no file {name!r}.") from None
    except OSError as error:
        raise StorageError(f"cannot read {name!r}: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SnapshotError(
            f"{name!r} is no campaign of BayBE, is damaged, or of another version: {type(error).__name__}: {error}"
        ) from error


def _translate(found: Mapping[str, Any]) -> PastExperiment:
    left_out: list[str] = []
    space = found["searchspace"]
    discrete, continuous = space["discrete"], space["continuous"]
    made = [_make_parameter(p, left_out) for p in [*discrete["parameters"], *continuous["parameters"]]]
    parameters = [p for p, _ in made]
    read = {p.name: values for p, values in made}
    rules = [_write_rule(c) for c in [*continuous["constraints_lin_eq"], *continuous["constraints_lin_ineq"]]]
    others = [*(discrete.get("constraints") or ()), *(continuous.get("constraints_nonlin") or ())]
    left_out += [f"{c.get('type', 'a constraint')} of {', '.join(c.get('parameters') or ())}" for c in others]
    targets = _list_targets(found.get("objective"))
    measured = found.get("measurements_exp", found.get("_measurements_exp"))
    names = {p.name for p in parameters}
    trials = [] if not measured else _make_trials(_read_table(measured), names, [t["name"] for t in targets], read)
    return PastExperiment(
        tool="BayBE",
        parameters=parameters,
        constraints=parse_parameter_constraints(rules, parameters),
        config=_make_goal(found.get("objective"), targets, left_out),
        trials=trials,
        left_out=left_out,
    )


def _make_parameter(found: Mapping[str, Any], left_out: list[str]) -> tuple[Parameter, Mapping[Any, Any]]:
    name, kind = found["name"], found.get("type", "NumericalContinuousParameter")
    if kind == "NumericalContinuousParameter":
        bounds = found["bounds"]
        return RangeParameter(name=name, lower=bounds["lower"], upper=bounds["upper"]), {}
    if kind in ("SubstanceParameter", "CustomDiscreteParameter"):
        data = found["data"]
        values = list(data) if isinstance(data, Mapping) else [plain(v) for v in _read_table(data).index]
        left_out.append(f"what is known of the values of {name!r} ({kind})")
    else:
        values = list(found["values"])
    if kind == "TaskParameter":
        left_out.append(f"that {name!r} names tasks: it is a choice here")
    return make_choice(name, values, left_out)


def _write_rule(found: Mapping[str, Any]) -> str:
    terms = tuple(zip(found["parameters"], map(float, found["coefficients"]), strict=True))
    return f"{LinearExpression(terms=terms)} {_OPS[found['operator']]} {float(found['rhs'])!r}"


def _list_targets(objective: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    if objective is None:
        return []
    return [objective["target"]] if "target" in objective else list(objective["targets"])


def _make_goal(
    objective: Mapping[str, Any] | None, targets: Sequence[Mapping[str, Any]], left_out: list[str]
) -> OptimizationConfig | None:
    """Return the goal; `None` where a target is neither to be large nor to be small."""
    signs: list[float] = []
    for target in targets:
        transformation = (target.get("transformation") or {}).get("type", "IdentityTransformation")
        mode = target.get("mode", "MIN" if target.get("minimize") else "MAX")
        if mode not in ("MIN", "MAX") or transformation != "IdentityTransformation":
            odd = transformation if mode in ("MIN", "MAX") else f"mode {mode}"
            left_out.append(f"the goal, as target {target['name']!r} has {odd}: call configure_optimization")
            return None
        signs.append(-1.0 if mode == "MIN" else 1.0)
    if not signs or objective is None:
        return None
    if objective["type"] == "DesirabilityObjective":
        left_out.append("the desirability of several targets: they are objectives of their own here")
    terms = [((t["name"], s),) for t, s in zip(targets, signs, strict=True)]
    return OptimizationConfig(objectives=tuple(Objective(expression=LinearExpression(terms=t)) for t in terms))


def _make_trials(
    table: "pd.DataFrame", names: set[str], targets: Sequence[str], read: Mapping[str, Mapping[Any, Any]]
) -> list[PastTrial]:
    trials = []
    for row in table.to_dict("records"):
        cells = {str(k): plain(v) for k, v in row.items()}
        point = {n: read[n].get(v, v) for n, v in cells.items() if n in names}
        values = [(t, to_float(cells[t]), None, None) for t in targets if is_number(cells.get(t))]
        kept = [r for r in values if r[1] == r[1]]  # NaN: pending
        trials.append(PastTrial(parameters=point, readings=kept, generator="BayBE"))
    return trials


class _TableUnpickler(pickle.Unpickler):
    """Reads tables, and refuses everything else that a pickle could bring along."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        """Return what a table is made of.

        Raises:
            UnpicklingError: If it is anything else.
        """
        if global_name not in _IN_TABLES.get(module_name, ()):
            raise pickle.UnpicklingError(f"a table does not need {module_name}.{global_name}")
        return super().find_class(module_name, global_name)


def _read_table(text: str) -> "pd.DataFrame":
    """Return the table in a text.

    Raises:
        ValueError: If it is none, or has more in it than numbers and strings.
    """
    import pandas as pd

    try:
        table = _TableUnpickler(io.BytesIO(base64.b64decode(text, validate=True))).load()
    except (pickle.UnpicklingError, binascii.Error, EOFError, AttributeError, ImportError, IndexError) as error:
        raise ValueError(f"a table in it cannot be read ({error})") from error
    if not isinstance(table, pd.DataFrame):
        raise TypeError("expected a table")
    return table
