"""The model of an experiment, fitted once a state.

A fit is a pure function of the data, the goal and the hyperparameters recorded with the newest suggestion; looking at
it changes nothing. Knows experiments; knows nothing of acquisition.
"""

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from axnb.errors import DataRequiredError, NotConfiguredError, UserInputError, listing
from axnb.problem.generation import DEFAULT_OPTIONS, PartSpec
from axnb.problem.objective import OptimizationConfig
from axnb.problem.parameters import ChoiceParameter, RangeParameter
from axnb.problem.space import Parameterization, SearchSpace
from axnb.record.experiment import ExperimentView, arm_results
from axnb.record.trial import Arm, ModelSummary
from axnb.surrogate.encoder import Encoder
from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.gp import Hyperparameters
from axnb.surrogate.kernels import Array, Kernel
from axnb.surrogate.outcome_model import OutcomeModel
from axnb.surrogate.surrogate import Surrogate, fit, predict_left_out, score_left_out

if TYPE_CHECKING:
    from botorch.models.model import Model

_CACHE_SIZE = 8  # fits kept: for memory, not tuned


_SMALLEST, _LARGEST = 1e-280, 1e280  # sizes of results beyond which floats leave no room to reckon with them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SobolIndices:
    """How much of the variation of a metric's model each parameter explains.

    Args:
        parameters: Names of the tunable parameters.
        first: `d`, share of the variance due to the parameter alone.
        total: `d`, share with all its interactions.
        second: `d x d`, symmetric, share of the interaction of two parameters.
        signs: `d`, 1 where the metric rises with the parameter, -1 where it falls, 0 where neither.
    """

    parameters: tuple[str, ...]
    first: Array
    total: Array
    second: Array
    signs: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingArm:
    """An arm whose results are modelled.

    Args:
        trial_index: Its trial.
        arm: The arm.
        outcomes: For each metric the final mean and standard error, NaN where unknown.
    """

    trial_index: int
    arm: Arm
    outcomes: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedModel:
    """A fitted model of all metrics, asked in parameterizations.

    Args:
        encoder: From parameterizations to rows and back.
        surrogate: One model a metric.
        arms: The arms whose results were learned from, in order of trials.
        X: `n x d`, their rows.
        device: Where PyTorch puts what it is asked for; ``None`` for the CPU.
    """

    encoder: Encoder
    surrogate: Surrogate
    arms: tuple[TrainingArm, ...]
    X: Array
    device: str | None = None

    @property
    def botorch_model(self) -> "Model":
        """The models as one BoTorch model on the device of the experiment's options; imports PyTorch.

        Inputs are rows of the unit cube, outputs are on the models' scale. With `method="quality"`, where predictions
        average several fits, it is the first of them: the usual one.

        Raises:
            UserInputError: If the device cannot be used.
        """
        return self.surrogate.to_botorch(self.device)

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The modelled metrics."""
        return self.surrogate.names

    def predict(self, points: Sequence[Parameterization]) -> list[dict[str, tuple[float, float]]]:
        """Return for each point the mean and standard deviation of every metric, without observation noise.

        Raises:
            UserInputError: If a point lacks a parameter or has a value that is not allowed.
        """
        for point in points:
            active = self.encoder.space.active(point)
            missing = [n for n in self.encoder.names if n in active and n not in point]
            if missing:
                raise UserInputError(f"a point to predict lacks {listing(missing)}: give a value for every parameter.")
        mean, sd = self.predict_encoded(self.encoder.encode(points))
        return [
            {name: (float(m), float(s)) for name, m, s in zip(self.metric_names, means, sds, strict=True)}
            for means, sds in zip(mean, sd, strict=True)
        ]

    def predict_encoded(self, X: Array) -> tuple[Array, Array]:
        """Return means and standard deviations, each `q x m`, at rows of the unit cube."""
        return self.surrogate.predict(X)

    def leave_one_out(self) -> dict[str, tuple[Array, Array, Array]]:
        """Return for each metric the observed values, and means and standard deviations predicted without each.

        The arms are those of ``observed_arms``; the standard deviations include observation noise.

        Raises:
            UnsupportedError: If a model cannot leave one out.
        """
        out = {}
        for model in self.surrogate.models:
            observed, mean, sd = predict_left_out(model)
            given = np.array([a.outcomes[model.name][0] for a in self.observed_arms(model.name)])
            out[model.name] = (given if len(given) == len(observed) else observed, mean, sd)
        return out

    def observed_arms(self, metric: str) -> tuple[TrainingArm, ...]:
        """Return the arms that have a result of a metric, in the order of ``leave_one_out``."""
        return tuple(a for a in self.arms if metric in a.outcomes)

    def sensitivity(self, metric: str) -> SobolIndices:
        """Return the Sobol indices of a metric's model, on the model's scale.

        Raises:
            UnknownNameError: If the metric is not modelled.
            UnsupportedError: If the model has none.
        """
        found = self.surrogate[metric].compute_sobol_indices(self.encoder.levels)
        return SobolIndices(
            parameters=self.encoder.names,
            first=found.first,
            total=found.total,
            second=found.second,
            signs=found.signs,
        )

    @property
    def hyperparameters(self) -> tuple[ModelSummary, ...]:
        """What the fits found, one summary a metric; the start of the next fit."""
        return tuple(summarize(m, self.encoder) for m in self.surrogate.models)


def summarize(model: OutcomeModel, encoder: Encoder) -> ModelSummary:
    """Return a model's hyperparameters and its leave-one-out score in the form that the record keeps.

    The score is the mean log density of the results, each predicted without itself, on the model's scale.
    """
    pairs = model.summarize(encoder.names)
    return ModelSummary(metric=model.name, hyperparameters=pairs, score=score_left_out(model))


def recorded_start(view: ExperimentView, encoder: Encoder) -> dict[str, Hyperparameters]:
    """Return the hyperparameters recorded with the newest suggestion of a model, by metric."""
    for result in reversed(arm_results(view)):
        if result.provenance.models:
            models = result.provenance.models
            starts = {m.metric: Hyperparameters.from_pairs(m.hyperparameters, encoder.names) for m in models}
            return {name: start for name, start in starts.items() if start is not None}
    return {}


def _can_be_learned_from(space: SearchSpace, arm: Arm) -> bool:
    """Return whether an arm has a place among the columns, inside the bounds as they are now or outside."""
    point = dict(arm.parameters)
    active = space.active(point)
    for p in space.tunable:
        value = point.get(p.name)
        if p.name in active and (
            value is None
            or (isinstance(p, ChoiceParameter) and value not in p.values)
            or (isinstance(p, RangeParameter) and (isinstance(value, str) or (p.log_scale and value <= 0)))
        ):
            return False
    return True


def training_arms(view: ExperimentView, space: SearchSpace) -> list[TrainingArm]:
    """Return the arms whose results can be learned from, in order of trials."""
    return [
        TrainingArm(trial_index=result.trial_index, arm=result.arm, outcomes=with_nan(result.outcomes))
        for result in arm_results(view)
        if result.status.expecting_data and result.outcomes and _can_be_learned_from(space, result.arm)
    ]


def with_nan(outcomes: Mapping[str, tuple[float, float | None]]) -> dict[str, tuple[float, float]]:
    """Return outcomes with NaN where a standard error is unknown."""
    return {name: (mean, math.nan if sem is None else sem) for name, (mean, sem) in outcomes.items()}


def _find_wanted(name: str, goal: OptimizationConfig) -> tuple[int, float | None, bool]:
    """Return direction, bound and whether a metric is part of a sum."""
    direction, bound, summed = 0, None, False
    for objective in goal.objectives:
        if name in objective.metric_names:
            summed = summed or objective.is_scalarized
            direction = 0 if goal.is_multi_objective else int(np.sign(dict(objective.expression.terms)[name]))
    for constraint in goal.constraints:
        if name in constraint.metric_names:
            summed = summed or len(constraint.metric_names) > 1
            if not constraint.relative:
                bound = constraint.bound
    return direction, bound, summed


def _clip_results(y: Array) -> Array:
    """Return results as numbers whose ratios and differences are numbers too."""
    return np.where(np.abs(y) < _SMALLEST, 0.0, np.clip(y, -_LARGEST, _LARGEST))


def _list_clipped(arm: TrainingArm) -> tuple[float, ...]:
    """Return an arm's results that are modelled as other numbers."""
    values = [mean for mean, _ in arm.outcomes.values()]
    return tuple(v for v in values if v and not _SMALLEST <= abs(v) <= _LARGEST)


def _collect_data(view: ExperimentView, arms: Sequence[TrainingArm], X: Array) -> list[MetricData]:
    goal = view.optimization
    options = view.generation or DEFAULT_OPTIONS
    names = list(view.metrics) if goal is None or options.fit_tracking_metrics else list(goal.metric_names)
    out = []
    for name in dict.fromkeys([*(goal.metric_names if goal else ()), *names]):
        rows = [i for i, a in enumerate(arms) if name in a.outcomes]
        if rows:
            values = np.array([arms[i].outcomes[name] for i in rows], dtype=np.float64)
            direction, bound, summed = _find_wanted(name, goal) if goal else (0, None, False)
            out.append(
                MetricData(
                    name=name,
                    X=X[rows],
                    y=_clip_results(values[:, 0]),
                    sem=values[:, 1],
                    direction=direction,
                    bound=bound,
                    is_summed=summed,
                )
            )
    return out


class _Cache:
    """The newest fits by what they were made from; several threads may ask, and the same fit is made once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fits: OrderedDict[bytes, FittedModel] = OrderedDict()

    def get(self, key: bytes) -> FittedModel | None:
        with self._lock:
            if key in self._fits:
                self._fits.move_to_end(key)
            return self._fits.get(key)

    def put(self, key: bytes, model: FittedModel) -> FittedModel:
        with self._lock:
            kept = self._fits.setdefault(key, model)
            while len(self._fits) > _CACHE_SIZE:
                self._fits.popitem(last=False)
            return kept


_CACHE = _Cache()


_FIT_LOCK = threading.Lock()


def _key(space: SearchSpace, data: Sequence[MetricData], starts: Mapping[str, Hyperparameters], names: str) -> bytes:
    digest = hashlib.sha256(repr(space).encode())
    digest.update(names.encode())
    for entry in data:
        digest.update(repr((entry.name, entry.direction, entry.bound, entry.is_summed)).encode())
        for array in (entry.X, entry.y, entry.sem):
            digest.update(array.tobytes())
        start = starts.get(entry.name)
        if start is not None:
            digest.update(np.append(start.lengthscales, [start.outputscale, start.noise, start.additive]).tobytes())
    return digest.digest()


def _describe_part(part: PartSpec) -> str:
    from axnb.surrogate.model_spec import MODELS

    return MODELS.describe(part)


def _fit_part(part: PartSpec, data: Sequence[MetricData], encoder: Encoder, device: str | None) -> Surrogate:
    from axnb.surrogate.botorch_models import fit_botorch_models
    from axnb.surrogate.model_inputs import ModelColumns
    from axnb.surrogate.model_spec import resolve_model

    return fit_botorch_models(data, resolve_model(part), ModelColumns.of(encoder), device)


def fit_model(view: ExperimentView) -> FittedModel:
    """Return the model of an experiment's state; the same state is fitted once.

    Raises:
        ModelError: If a model of the user's cannot be made, fitted or asked.
        NotConfiguredError: If there is no search space yet.
        DataRequiredError: If there are no results yet, or none of a metric of the goal.
    """
    space = view.search_space
    if space is None:
        raise NotConfiguredError("there is no search space yet: call configure_experiment first.")
    arms = training_arms(view, space)
    goal = view.optimization
    wanted = goal.metric_names if goal else view.metrics
    missing = [n for n in wanted if not any(n in a.outcomes for a in arms)]
    if missing or not arms:
        what = f"of {listing(missing)}" if missing else "yet"
        raise DataRequiredError(f"there are no results {what} to learn from: complete a trial first.")
    encoder = Encoder(space)
    X = encoder.encode([dict(a.arm.parameters) for a in arms])
    data = _collect_data(view, arms, X)
    starts = recorded_start(view, encoder)
    device = view.generation.torch_device if view.generation is not None else None
    quality = view.generation is not None and view.generation.method == "quality"
    part = view.generation.explained_by if view.generation is not None else None
    which = "" if part is None else _describe_part(part)
    told = [(a.trial_index, a.arm.name, *_list_clipped(a)) for a in arms]
    key = _key(space, data, starts, repr([quality, device, which, *told]))
    with _FIT_LOCK:
        model = _CACHE.get(key)
        if model is None:
            if part is not None:
                surrogate = _fit_part(part, data, encoder, device)
            else:
                surrogate = fit(data, kernel=Kernel(encoder.categorical), initial_hyperparameters=starts)
            if quality:
                from axnb.surrogate.mixture import average_over_priors

                surrogate = average_over_priors(surrogate)
            made = FittedModel(encoder=encoder, surrogate=surrogate, arms=tuple(arms), X=X, device=device)
            model = _CACHE.put(key, made)
    return model
