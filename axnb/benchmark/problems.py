"""Problems with known answers: the classics, constrained, with several objectives, mixed, noisy, with a crash region.

A problem is evaluated without noise; noise and failures are added by who runs it. Knows nothing of methods.
"""

import importlib.util
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np

from axnb.errors import UnknownNameError, UnsupportedError, listing, near_miss
from axnb.problem.objective import OptimizationConfig, parse_optimization
from axnb.problem.parameters import ChoiceParameter, Parameter, ParameterValue, RangeParameter
from axnb.problem.space import SearchSpace

Point = Mapping[str, ParameterValue]


def _never(point: Point) -> bool:
    return False


def _second(point: Point) -> float:
    return 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something to optimise of which the answer is known.

    Args:
        name: Its name.
        space: What may be tried.
        goal: What is wanted.
        evaluate: Returns the metrics at a point, without noise.
        budget: A sensible number of trials.
        optimum: Best feasible value of the objective in its own units; with several, the largest hypervolume.
        reference: With several objectives the worst value of interest of each, in the metrics' own units.
        noise: Standard deviation of the noise that is added to each metric.
        fails: Whether a trial at a point fails.
        run_time: Seconds that a trial at a point takes in a simulation.
    """

    name: str
    space: SearchSpace
    goal: OptimizationConfig
    evaluate: Callable[[Point], dict[str, float]]
    budget: int
    optimum: float
    reference: tuple[float, ...] = ()
    noise: float = 0.0
    fails: Callable[[Point], bool] = field(default=_never)
    run_time: Callable[[Point], float] = field(default=_second)


def _floats(*bounds: tuple[float, float]) -> tuple[Parameter, ...]:
    return tuple(RangeParameter(name=f"x{i}", lower=a, upper=b) for i, (a, b) in enumerate(bounds))


def _row(point: Point) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([float(point[n]) for n in sorted((n for n in point if n[0] == "x"), key=lambda n: int(n[1:]))])


def _simple(
    name: str, bounds: list[tuple[float, float]], function: Callable[..., float], budget: int, optimum: float = 0.0
) -> Problem:
    return Problem(
        name=name,
        space=SearchSpace(parameters=_floats(*bounds)),
        goal=parse_optimization("-y"),
        evaluate=lambda point: {"y": float(function(_row(point)))},
        budget=budget,
        optimum=optimum,
    )


def branin(x: np.ndarray) -> float:
    """Return the Branin function; its least value is 0.397887.

    Example:
        >>> round(branin(np.array([np.pi, 2.275])), 6)
        0.397887
    """
    u, v = float(x[0]), float(x[1])
    bowl = v - 5.1 / (4.0 * math.pi**2) * u * u + 5.0 / math.pi * u - 6.0
    return bowl**2 + 10.0 * (1.0 - 1.0 / (8.0 * math.pi)) * math.cos(u) + 10.0


_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_A = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
_P = np.array(
    [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ]
)


def hartmann6(x: np.ndarray) -> float:
    """Return the Hartmann function of the first six numbers; its least value is -3.32237."""
    return -float(_WEIGHTS @ np.exp(-(_A * (x[:6] - _P) ** 2).sum(1)))


def levy(x: np.ndarray) -> float:
    """Return the Levy function; its least value, at 1 in every direction, is 0."""
    w = 1.0 + (x - 1.0) / 4.0
    middle = (w[:-1] - 1.0) ** 2 * (1.0 + 10.0 * np.sin(math.pi * w[:-1] + 1.0) ** 2)
    last = (w[-1] - 1.0) ** 2 * (1.0 + math.sin(2.0 * math.pi * w[-1]) ** 2)
    return float(math.sin(math.pi * w[0]) ** 2 + middle.sum() + last)


def ackley(x: np.ndarray) -> float:
    """Return the Ackley function; its least value, at 0, is 0."""
    waves = math.exp(float(np.cos(2.0 * math.pi * x).mean()))
    return -20.0 * math.exp(-0.2 * math.sqrt(float((x * x).mean()))) - waves + 20.0 + math.e


def rosenbrock(x: np.ndarray) -> float:
    """Return the Rosenbrock function; its least value, at 1 in every direction, is 0."""
    return float((100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum())


def _gramacy() -> Problem:
    def evaluate(point: Point) -> dict[str, float]:
        a, b = float(point["x0"]), float(point["x1"])
        inner = 1.5 - a - 2.0 * b - 0.5 * math.sin(2.0 * math.pi * (a * a - 2.0 * b))
        return {"y": a + b, "inner": inner, "outer": a * a + b * b - 1.5}

    return Problem(
        name="gramacy",
        space=SearchSpace(parameters=_floats((0.0, 1.0), (0.0, 1.0))),
        goal=parse_optimization("-y", ["inner <= 0", "outer <= 0"]),
        evaluate=evaluate,
        budget=30,
        optimum=0.5997879,
    )


def _branin_currin() -> Problem:
    def evaluate(point: Point) -> dict[str, float]:
        a, b = float(point["x0"]), float(point["x1"])
        fading = 1.0 - math.exp(-0.5 / b) if b > 0.0 else 1.0
        bent = (2300.0 * a**3 + 1900.0 * a * a + 2092.0 * a + 60.0) / (100.0 * a**3 + 500.0 * a * a + 4.0 * a + 20.0)
        return {"branin": branin(np.array([15.0 * a - 5.0, 15.0 * b])), "currin": fading * bent}

    return Problem(
        name="branin_currin",
        space=SearchSpace(parameters=_floats((0.0, 1.0), (0.0, 1.0))),
        goal=parse_optimization("-branin, -currin", ["branin <= 18", "currin <= 6"]),
        evaluate=evaluate,
        budget=35,
        optimum=59.36011874867746,
        reference=(18.0, 6.0),
    )


def _dtlz2_6() -> Problem:
    def evaluate(point: Point) -> dict[str, float]:
        x = _row(point)
        radius = 1.0 + float(((x[1:] - 0.5) ** 2).sum())
        angle = 0.5 * math.pi * float(x[0])
        return {"f0": radius * math.cos(angle), "f1": radius * math.sin(angle)}

    return Problem(
        name="dtlz2_6",
        space=SearchSpace(parameters=_floats(*[(0.0, 1.0)] * 6)),
        goal=parse_optimization("-f0, -f1", ["f0 <= 1.1", "f1 <= 1.1"]),
        evaluate=evaluate,
        budget=40,
        optimum=1.21 - 0.25 * math.pi,
        reference=(1.1, 1.1),
    )


def _pressure_vessel() -> Problem:
    """Return the design of a vessel in which the cost alone knows that plates come in sixteenths of an inch."""

    def evaluate(point: Point) -> dict[str, float]:
        shell, head, radius, length = (float(v) for v in _row(point))
        a, b = (0.0625 * math.floor(v / 0.0625 + 0.5) for v in (shell, head))
        cost = 0.6224 * a * radius * length + 1.7781 * b * radius**2 + 3.1661 * a * a * length + 19.84 * a * a * radius
        volume = math.pi * radius**2 * length + 4.0 / 3.0 * math.pi * radius**3
        c0, c1 = shell - 0.0193 * radius, head - 0.00954 * radius
        return {"y": cost, "c0": c0, "c1": c1, "c2": volume - 1_296_000.0, "c3": 240.0 - length}

    return Problem(
        name="pressure_vessel",
        space=SearchSpace(parameters=_floats((0.0, 10.0), (0.0, 10.0), (10.0, 50.0), (150.0, 200.0))),
        goal=parse_optimization("-y", [f"c{i} >= 0" for i in range(4)]),
        evaluate=evaluate,
        budget=40,
        optimum=5633.950241,
    )


def _mixed_ackley(name: str, flags: int, best: tuple[float, ...], budget: int, *, ordered: bool = False) -> Problem:
    bits = tuple(
        ChoiceParameter(name=f"b{i}", values=(0, 1), parameter_type="int", is_ordered=ordered) for i in range(flags)
    )

    def evaluate(point: Point) -> dict[str, float]:
        offsets = [float(point[f.name]) - i % 2 for i, f in enumerate(bits)]
        return {"y": ackley(np.concatenate([offsets, _row(point) - np.array(best)]))}

    return Problem(
        name=name,
        space=SearchSpace(parameters=(*bits, *_floats(*[(-1.0, 1.0)] * len(best)))),
        goal=parse_optimization("-y"),
        evaluate=evaluate,
        budget=budget,
        optimum=0.0,
    )


def _svc_wine() -> Problem:
    """Return the tuning of a support vector classifier on a data set that comes with scikit-learn."""
    kernels = ("rbf", "poly", "sigmoid")

    @cache
    def data() -> tuple[Any, Any]:
        from sklearn.datasets import load_wine

        X, y = load_wine(return_X_y=True)
        return X, y

    def evaluate(point: Point) -> dict[str, float]:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.model_selection import cross_val_score
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC

        model = SVC(
            C=float(point["C"]),
            gamma=float(point["gamma"]),
            kernel=str(point["kernel"]),
            shrinking=bool(point["shrinking"]),
            max_iter=2000,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return {"y": 1.0 - float(cross_val_score(make_pipeline(StandardScaler(), model), *data(), cv=3).mean())}

    return Problem(
        name="svc_wine",
        space=SearchSpace(
            parameters=(
                RangeParameter(name="C", lower=1e-3, upper=1e3, log_scale=True),
                RangeParameter(name="gamma", lower=1e-5, upper=1e1, log_scale=True),
                ChoiceParameter(name="kernel", values=kernels, parameter_type="str"),
                ChoiceParameter(name="shrinking", values=(True, False), parameter_type="bool"),
            )
        ),
        goal=parse_optimization("-y"),
        evaluate=evaluate,
        budget=25,
        optimum=0.0,
    )


def _branin_crash() -> Problem:
    def fails(point: Point) -> bool:
        u, v = (float(point["x0"]) + 5.0) / 15.0, float(point["x1"]) / 15.0
        return u > 0.75 or (u < 0.25 and v > 0.6)

    return replace(_branin(), name="branin_crash", fails=fails, budget=30)


def _branin() -> Problem:
    return _simple("branin", [(-5.0, 10.0), (0.0, 15.0)], branin, 25, 0.397887357729739)


def _hartmann6() -> Problem:
    return _simple("hartmann6", [(0.0, 1.0)] * 6, hartmann6, 50, -3.32236801)


PROBLEMS: Mapping[str, Callable[[], Problem]] = {
    "branin": _branin,
    "hartmann6": _hartmann6,
    "levy4": lambda: _simple("levy4", [(-10.0, 10.0)] * 4, levy, 40),
    "ackley8": lambda: _simple("ackley8", [(-15.0, 30.0)] * 8, ackley, 60),
    "rosenbrock6": lambda: _simple("rosenbrock6", [(-5.0, 10.0)] * 6, rosenbrock, 60),
    "hartmann6_noisy": lambda: replace(_hartmann6(), name="hartmann6_noisy", noise=0.2),
    "hartmann6_in_50": lambda: _simple("hartmann6_in_50", [(0.0, 1.0)] * 50, hartmann6, 50, -3.32236801),
    "gramacy": _gramacy,
    "branin_currin": _branin_currin,
    "dtlz2_6": _dtlz2_6,
    "mixed_ackley": lambda: _mixed_ackley("mixed_ackley", 5, (0.37, -0.52, 0.18), 40),
    "mixed_ackley_8_4": lambda: _mixed_ackley("mixed_ackley_8_4", 8, (0.37, -0.52, 0.18, -0.29), 50, ordered=True),
    "pressure_vessel": _pressure_vessel,
    "svc_wine": _svc_wine,
    "branin_crash": _branin_crash,
}
"""The problems by name; `"svc_wine"` needs scikit-learn."""


def available(name: str) -> bool:
    """Return whether what a problem needs is installed."""
    return name != "svc_wine" or importlib.util.find_spec("sklearn") is not None


def problem(name: str) -> Problem:
    """Return a problem.

    Raises:
        UnknownNameError: If there is none of that name.
        UnsupportedError: If the library that it needs is not installed.

    Example:
        >>> problem("branin").space.names
        ('x0', 'x1')
    """
    if name not in PROBLEMS:
        raise UnknownNameError(
            f"there is no problem {name!r}; there are {listing(PROBLEMS, 20)}.{near_miss(name, PROBLEMS)}"
        )
    if not available(name):
        raise UnsupportedError(f"the problem {name!r} needs scikit-learn: pip install scikit-learn.")
    return PROBLEMS[name]()
