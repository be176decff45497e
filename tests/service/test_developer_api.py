"""Ax's developer API: experiments, trials, batches and data under its paths, driven as its developers drive them."""

import pandas as pd
import pytest

from axnb.adapter.registry import Generators
from axnb.core import (
    Arm,
    BatchTrial,
    Data,
    Experiment,
    GeneratorRun,
    Metric,
    Objective,
    OptimizationConfig,
    OutcomeConstraint,
    ParameterConstraint,
    ParameterType,
    RangeParameter,
    Runner,
    SearchSpace,
    Trial,
)
from axnb.core.base_trial import TrialStatus
from axnb.core.observation import ObservationFeatures
from axnb.core.parameter import ChoiceParameter, FixedParameter
from axnb.errors import (
    NotConfiguredError,
    TrialMutationError,
    UnknownNameError,
    UnsupportedError,
    UserInputError,
)
from axnb.metrics.branin import BraninMetric
from axnb.metrics.hartmann6 import Hartmann6Metric
from axnb.metrics.noisy_function import GenericNoisyFunctionMetric
from axnb.runners.synthetic import SyntheticRunner
from axnb.service.ax_client import DBSettings
from axnb.storage.json_store.load import load_experiment
from axnb.storage.json_store.save import save_experiment
from axnb.storage.sqa_store import load as load_sql
from axnb.storage.sqa_store import save as save_sql
from axnb.store.snapshot import dumps, loads
from axnb.utils.common.result import Err
from axnb.utils.measurement.synthetic_functions import branin

BRANIN_SPACE = SearchSpace(
    parameters=[
        RangeParameter("x1", ParameterType.FLOAT, -5.0, 10.0),
        RangeParameter("x2", ParameterType.FLOAT, 0.0, 15.0),
    ]
)


def branin_experiment(**more):
    metric = BraninMetric("branin", ["x1", "x2"], noise_sd=0.0)
    return Experiment(
        name="branin",
        search_space=BRANIN_SPACE,
        optimization_config=OptimizationConfig(objective=Objective(metric=metric, minimize=True)),
        metrics=[metric],
        runner=SyntheticRunner(),
        **more,
    )


def test_an_experiment_is_driven_by_generators_runner_and_metric():
    experiment = branin_experiment()
    sobol = Generators.SOBOL(search_space=experiment.search_space)
    for _ in range(5):
        experiment.new_trial(generator_run=sobol.gen(1)).run().mark_completed()
    for _ in range(8):
        experiment.fetch_data()
        model = Generators.BOTORCH_MODULAR(experiment=experiment, data=experiment.lookup_data())
        experiment.new_trial(model.gen(1)).run().mark_completed()
    table = experiment.fetch_data().df
    assert len(table) == 13
    assert table["mean"].min() < 5.0  # of the first five 11.2
    best = experiment.trials[int(table.loc[table["mean"].idxmin(), "trial_index"])]
    assert best.objective_mean == pytest.approx(branin(**best.arm.parameters))
    means, covariances = model.predict([ObservationFeatures(dict(best.arm.parameters))])
    assert means["branin"][0] == pytest.approx(best.objective_mean, abs=5.0)
    assert covariances["branin"]["branin"][0] > 0
    assert best.run_metadata["name"].startswith("branin_")
    assert len(experiment.to_df()) == 13


def test_a_batch_gets_arms_weights_and_status_quo_before_it_is_run():
    experiment = branin_experiment(status_quo=Arm({"x1": 0.0, "x2": 0.0}, name="now"))
    batch = experiment.new_batch_trial(should_add_status_quo_arm=True)
    assert isinstance(batch, BatchTrial)
    batch.add_arm(Arm({"x1": 1.0, "x2": 1.0}, name="one"), weight=2.0)
    batch.add_arms_and_weights([Arm({"x1": 2.0, "x2": 2.0})], [1.0])
    assert list(batch.arms_by_name) == ["now", "one", f"{batch.index}_2"]
    assert batch.weights == [1.0, 2.0, 1.0]
    assert sum(batch.normalized_arm_weights().values()) == pytest.approx(1.0)
    assert batch.status_quo == experiment.status_quo
    batch.run()
    with pytest.raises(TrialMutationError, match="before it is run"):
        batch.add_arm(Arm({"x1": 3.0, "x2": 3.0}))
    batch.attach_batch_trial_data({"now": {"branin": (1.0, 0.1)}, "one": {"branin": 2.0}})
    with pytest.raises(UnknownNameError, match="won"):
        batch.attach_batch_trial_data({"won": {"branin": 1.0}})
    batch.mark_completed()
    assert experiment.trials_by_status[TrialStatus.COMPLETED][0].index == batch.index
    assert set(experiment.arms_by_name) == {"now", "one", f"{batch.index}_2"}
    assert isinstance(experiment.trials[batch.index], BatchTrial)


def test_added_arms_can_be_undone_and_are_kept_in_files():
    experiment = branin_experiment()
    batch = experiment.new_batch_trial().add_arm(Arm({"x1": 1.0, "x2": 1.0}))
    batch.add_arm(Arm({"x1": 2.0, "x2": 1.0}), weight=3.0)
    experiment.undo()
    assert len(batch.arms) == 1
    experiment.redo()
    (copy, *_) = loads(dumps(experiment))
    assert copy.view().trials == experiment.view().trials
    assert isinstance(copy, Experiment)
    assert copy.trials[0].weights == [1.0, 3.0]


def test_a_batch_says_whether_it_is_a_full_factorial():
    experiment = branin_experiment()
    points = [{"x1": a, "x2": b} for a in (0.0, 1.0) for b in (0.0, 1.0)]
    batch = experiment.new_batch_trial(GeneratorRun([Arm(p) for p in points[:3]]))
    assert not batch.is_factorial
    assert batch.add_arm(Arm(points[3])).is_factorial


def test_trials_that_cannot_be_are_refused():
    experiment = branin_experiment()
    with pytest.raises(UnsupportedError, match="one arm"):
        experiment.new_trial(GeneratorRun([Arm({"x1": 0.0, "x2": 0.0}), Arm({"x1": 1.0, "x2": 0.0})]))
    with pytest.raises(UserInputError, match="x1"):
        experiment.new_trial().add_arm(Arm({"x1": 50.0, "x2": 0.0}))
    with pytest.raises(NotConfiguredError, match="status quo"):
        experiment.new_batch_trial(should_add_status_quo_arm=True)
    trial = experiment.new_trial().add_arm(Arm({"x1": 0.0, "x2": 0.0}))
    with pytest.raises(UnsupportedError, match="has its arm"):
        trial.add_arm(Arm({"x1": 1.0, "x2": 0.0}))
    with pytest.raises(UserInputError, match="no 'branin'"):
        trial.objective_mean  # noqa: B018 - it raises
    assert experiment.new_trial().status.is_candidate
    assert len(experiment.trials) == 1
    with pytest.raises(NotConfiguredError, match="runner"):
        Trial(experiment, 0).run()


def test_data_is_attached_looked_up_and_filtered():
    experiment = branin_experiment()
    experiment.new_trial().add_arm(Arm({"x1": 0.0, "x2": 0.0})).mark_running()
    row = {"trial_index": 0, "arm_name": "0_0", "metric_name": "clicks", "mean": 3.0, "sem": None}
    experiment.attach_data(Data(df=pd.DataFrame([row, row | {"metric_name": "time", "step": 2.0}])))
    assert experiment.lookup_data().metric_names == {"clicks", "time"}
    assert list(experiment.metrics) == ["branin", "clicks", "time"]
    assert len(experiment.lookup_data().filter(metric_names=["time"])) == 1
    assert experiment.lookup_data([5]).empty
    assert len(Data.from_multiple_data([experiment.lookup_data(), Data()])) == 2
    with pytest.raises(UserInputError, match="mean"):
        Data(df=pd.DataFrame({"trial_index": [0]}))


def test_a_metric_that_cannot_be_read_says_so():
    experiment = branin_experiment()
    experiment.new_trial().add_arm(Arm({"x1": 0.0, "x2": 0.0})).mark_running()
    assert isinstance(Metric("clicks").fetch_trial_data(experiment.trials[0]), Err)
    with pytest.raises(UnsupportedError, match="clicks"):
        experiment.fetch_data(metrics=[Metric("clicks")])
    doubled = GenericNoisyFunctionMetric("double", lambda point: 2 * point["x2"] + 1)
    assert list(experiment.fetch_data(metrics=[doubled]).df["mean"]) == [1.0]


def test_a_runner_of_ones_own_is_given_the_trial():
    class Oven(Runner):
        def run(self, trial):
            return {"baked": sorted(trial.arms_by_name)}

    experiment = branin_experiment()
    experiment.runner = Oven()
    trial = experiment.new_trial().add_arm(Arm({"x1": 0.0, "x2": 0.0})).run()
    assert trial.run_metadata == {"baked": ["0_0"]}
    assert trial.mark_failed("burnt").record.status_reason == "burnt"


def test_values_are_made_as_in_ax():
    space = SearchSpace(
        parameters=[
            RangeParameter("a", ParameterType.INT, 1, 8, log_scale=True),
            RangeParameter("b", ParameterType.FLOAT, 0.0, 8.0),
            ChoiceParameter("c", ParameterType.STRING, ["x", "y"]),
            FixedParameter("d", ParameterType.BOOL, True),
        ],
        parameter_constraints=[ParameterConstraint(inequality="a <= b")],
    )
    point = {"a": 2, "b": 3.0, "c": "x", "d": True}
    assert space.check_membership(point)
    assert not space.check_membership(point | {"a": 4})
    with pytest.raises(UserInputError, match="'a'"):
        space.check_membership(point | {"a": 9}, raise_error=True)
    assert space.parameter_constraints[0].constraint_dict == {"a": 1.0, "b": -1.0}
    config = OptimizationConfig(
        objective=Objective("-loss"),
        outcome_constraints=[
            OutcomeConstraint("size <= 3"),
            OutcomeConstraint(metric=Metric("speed"), op=">=", bound=-5.0, relative=True),
        ],
    )
    assert [str(c) for c in config.outcome_constraints] == ["size <= 3", "speed >= 0.95*baseline"]
    assert Experiment(space, "demo", config).parameters["a"].log_scale


def test_the_parameters_of_an_arm_are_a_mapping_that_can_be_a_key():
    arm = Arm({"x": 1.0, "y": "a"})
    assert not arm.has_name
    assert dict(arm.parameters) == {"x": 1.0, "y": "a"} == arm.parameters
    assert {**arm.parameters, "z": 1} == {"x": 1.0, "y": "a", "z": 1}
    assert {arm.parameters: 1}[Arm({"x": 1.0, "y": "a"}, "other").parameters] == 1
    with pytest.raises(KeyError):
        arm.parameters["z"]


def test_metrics_of_test_functions_repeat_their_noise():
    experiment = branin_experiment()
    trial = experiment.new_trial().add_arm(Arm({"x1": 0.0, "x2": 0.0}))
    noisy = BraninMetric("branin", ["x1", "x2"], noise_sd=1.0)
    first, second = (noisy.fetch_trial_data(trial).value.df for _ in range(2))
    assert first.equals(second)
    assert first["mean"][0] != branin(0.0, 0.0)
    assert Hartmann6Metric("h", list("abcdef")).f([0.2, 0.15, 0.477, 0.275, 0.312, 0.657]) == pytest.approx(
        -3.32, abs=0.01
    )


def test_an_experiment_is_kept_in_files_and_databases(tmp_path):
    experiment = branin_experiment()
    experiment.new_trial().add_arm(Arm({"x1": 0.0, "x2": 0.0})).run()
    save_experiment(experiment, tmp_path / "branin.json")
    settings = DBSettings(url=f"sqlite:///{tmp_path}/branin.db")
    save_sql.save_experiment(experiment, settings)
    for copy in (load_experiment(tmp_path / "branin.json"), load_sql.load_experiment("branin", settings)):
        assert isinstance(copy, Experiment)
        assert copy.view().trials == experiment.view().trials
        assert copy.runner is None
