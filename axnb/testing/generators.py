"""What a `Generator` promises, as checks: run them on a generator of your own before you plug it in."""

from collections.abc import Callable

from axnb.problem.constraints import parse_parameter_constraints
from axnb.problem.objective import parse_optimization
from axnb.problem.parameters import ChoiceParameter, ParameterValue, RangeParameter
from axnb.problem.space import Parameterization, SearchSpace
from axnb.record.events import (
    Change,
    DataAttached,
    ExperimentConfigured,
    OptimizationConfigured,
    TrialCreated,
    TrialStatusChanged,
    pairs,
)
from axnb.record.experiment import Experiment, ExperimentView
from axnb.record.metadata import ExperimentMetadata
from axnb.record.trial import Arm, Observation, Provenance, TrialStatus
from axnb.suggest.generators.base import GenerationRequest, Generator, Suggestion, build_request

_TRIED = 9  # trials of the example; the last two wait for their results
_ASKED = 3


def make_example_view() -> ExperimentView:
    """Return an experiment by which generators are checked: mixed parameters, results, two to come."""
    parameters = (
        RangeParameter(name="rate", lower=1e-3, upper=1.0, log_scale=True),
        RangeParameter(name="share", lower=0.0, upper=1.0),
        RangeParameter(name="layers", lower=1, upper=6, parameter_type="int"),
        ChoiceParameter(name="kind", values=("a", "b", "c"), parameter_type="str"),
    )
    constraints = parse_parameter_constraints(["share + 0.1 * layers <= 1.2"], parameters)
    space = SearchSpace(parameters=parameters, constraints=tuple(constraints))
    metadata = ExperimentMetadata(name=None, description=None, experiment_type=None, owner=None, seed=7)
    experiment = Experiment()
    events: list[Change] = [
        ExperimentConfigured(header=metadata, search_space=space),
        OptimizationConfigured(config=parse_optimization("-loss", [])),
    ]
    for event in events:
        experiment.record([event])
    for i in range(_TRIED):
        _try(experiment, i)
    return experiment.view()


def _try(experiment: Experiment, i: int) -> None:
    point: dict[str, ParameterValue] = {
        "rate": 10.0 ** (-3.0 + 3.0 * ((0.37 * i + 0.05) % 1.0)),
        "share": (0.61 * i + 0.1) % 0.6,
        "layers": 1 + i % 6,
        "kind": "abc"[i % 3],
    }
    arm = Arm(name=f"{i}_0", parameters=pairs(point))
    experiment.record([TrialCreated(index=i, arms=(arm,), provenance=Provenance(generator="Manual"))])
    if i < _TRIED - 2:
        loss = (float(point["share"]) - 0.3) ** 2 + 0.1 * int(point["layers"]) + float(point["rate"])
        rows = (Observation(metric="loss", arm_name=arm.name, mean=loss),)
        experiment.record([DataAttached(index=i, rows=rows)])
        experiment.record([TrialStatusChanged(index=i, status=TrialStatus.COMPLETED)])


def check_generator(make: Callable[[], Generator]) -> None:
    """Hold a generator to the protocol.

    Args:
        make: Returns a new generator.

    Raises:
        AssertionError: If the generator breaks a promise; the message says which.

    Example:
        >>> from axnb.suggest.generators.sobol import SobolGenerator
        >>> check_generator(SobolGenerator)
    """
    view = make_example_view()
    request = build_request(view, None)
    found = make().generate(request, _ASKED)
    check_suggestions(found, request, _ASKED)
    again = make().generate(build_request(view, None), _ASKED)
    assert [s.parameters for s in found] == [s.parameters for s in again], "the same request gives other suggestions"
    assert not make().generate(request, 0), "asked for none, it suggests something"
    check_fixed_parameters(make, view, {"kind": "b"})
    check_fixed_parameters(make, view, {"layers": 2, "share": 0.25})


def check_fixed_parameters(make: Callable[[], Generator], view: ExperimentView, fixed: Parameterization) -> None:
    """The generator keeps what is held fixed."""
    request = build_request(view, fixed)
    found = make().generate(request, _ASKED)
    check_suggestions(found, request, _ASKED)
    for suggestion in found:
        held = {name: suggestion.parameters[name] for name in fixed}
        assert held == fixed, f"{fixed} is held fixed, but {held} was suggested"


def check_suggestions(found: list[Suggestion], request: GenerationRequest, n: int) -> None:
    """There are no more suggestions than asked for; each is allowed, new, and says where it comes from."""
    assert len(found) <= n, f"asked for {n}, it made {len(found)} suggestions"
    points = [dict(arm.parameters) for t in request.view.trials.values() for arm in t.arms]
    for suggestion in found:
        point = suggestion.parameters
        assert set(point) == set(request.space.names), f"{point} does not have the parameters {request.space.names}"
        assert request.space.is_member(point), f"{point} is not in the search space"
        assert request.space.satisfies(point), f"{point} breaks a parameter constraint"
        assert point not in points, f"{point} was tried, is running, or was suggested twice"
        assert suggestion.provenance.generator, "a suggestion does not say which generator made it"
        points.append(point)
