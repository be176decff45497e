"""Experiments for the tests of what to try next."""

from axnb.problem.constraints import parse_parameter_constraints
from axnb.problem.generation import GenerationOptions
from axnb.problem.objective import parse_optimization
from axnb.problem.parameters import ChoiceParameter, RangeParameter
from axnb.problem.space import SearchSpace
from axnb.record.events import (
    BaselineSet,
    DataAttached,
    ExperimentConfigured,
    GenerationConfigured,
    OptimizationConfigured,
    TrialCreated,
    TrialStatusChanged,
    pairs,
)
from axnb.record.experiment import Experiment
from axnb.record.metadata import ExperimentMetadata
from axnb.record.trial import Arm, Observation, Provenance, TrialStatus
from axnb.suggest.strategy import suggest


def number(name, lower=0.0, upper=1.0, **kwargs):
    return RangeParameter(name=name, lower=lower, upper=upper, **kwargs)


def choice(name, *values, **kwargs):
    return ChoiceParameter(name=name, values=values, parameter_type=type(values[0]).__name__, **kwargs)


XY = (number("x"), number("y"))
MANUAL = Provenance(generator="Manual")


class Bench:
    """An experiment with the verbs that a test needs."""

    def __init__(self, parameters=XY, objective="f", outcome_constraints=(), constraints=(), seed=1, **options):
        self.experiment = Experiment()
        space = SearchSpace(
            parameters=tuple(parameters),
            constraints=parse_parameter_constraints(constraints, parameters),
        )
        header = ExperimentMetadata(name=None, description=None, experiment_type=None, owner=None, seed=seed)
        self.experiment.record([ExperimentConfigured(header=header, search_space=space)])
        self.experiment.record([OptimizationConfigured(config=parse_optimization(objective, outcome_constraints))])
        if options:
            self.experiment.record([GenerationConfigured(options=GenerationOptions(**options))])

    @property
    def view(self):
        return self.experiment.view()

    def suggest(self, n=1, **fixed):
        return suggest(self.view, n, fixed_parameters=fixed or None)

    def create(self, parameters, provenance=MANUAL):
        index = self.view.next_index
        arm = Arm(name=f"{index}_0", parameters=pairs(parameters))
        self.experiment.record([TrialCreated(index=index, arms=(arm,), provenance=provenance)])
        return index

    def data(self, index, **outcomes):
        rows = []
        for metric, value in outcomes.items():
            mean, sem = value if isinstance(value, tuple) else (value, None)
            rows.append(Observation(metric=metric, arm_name=f"{index}_0", mean=mean, sem=sem))
        self.experiment.record([DataAttached(index=index, rows=tuple(rows))])

    def end(self, index, status=TrialStatus.COMPLETED):
        self.experiment.record([TrialStatusChanged(index=index, status=status)])

    def done(self, parameters, **outcomes):
        index = self.create(parameters)
        self.data(index, **outcomes)
        self.end(index)
        return index

    def baseline(self, index):
        self.experiment.record([BaselineSet(index=index)])

    def run(self, evaluate, trials, n=1):
        """Ask for trials in requests of ``n``, evaluate and complete them; return the generators' names."""
        names = []
        while len(names) < trials:
            made = [(self.create(s.parameters, s.provenance), s) for s in self.suggest(n)]
            for index, suggestion in made:
                self.data(index, **evaluate(suggestion.parameters))
                self.end(index)
                names.append(suggestion.provenance.generator)
        return names


def bowl(p):
    """Best at (0.3, 0.6), where it is 0."""
    return {"f": -((p["x"] - 0.3) ** 2) - (p["y"] - 0.6) ** 2}
