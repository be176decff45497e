"""Every documented class, method and function of Ax's API and service layer takes the documented arguments."""

import importlib
import inspect

import pytest

AX_CLIENT = "axnb.service.ax_client.AxClient"
INSTANTIATION = "axnb.service.utils.instantiation"
DISPATCH = "axnb.service.utils.dispatch"
STORAGE = "axnb.service.utils.storage"
LOOP = "axnb.service.managed_loop"
FILE = "ax_client_snapshot.json"
_GOAL = dict(name=None, objective_name=None, minimize=False, parameter_constraints=None, outcome_constraints=None)

_LOOP = dict(
    experiment_name=None,
    objective_name=None,
    minimize=False,
    parameter_constraints=None,
    outcome_constraints=None,
    total_trials=20,
    arms_per_trial=1,
)

SIGNATURES = {
    f"{LOOP}.OptimizationLoop": [
        "experiment",
        dict(total_trials=20, arms_per_trial=1, random_seed=None, wait_time=0, run_async=False),
    ],
    f"{LOOP}.OptimizationLoop.full_run": [],
    f"{LOOP}.OptimizationLoop.get_best_point": [],
    f"{LOOP}.OptimizationLoop.get_current_model": [],
    f"{LOOP}.OptimizationLoop.run_trial": [],
    f"{LOOP}.OptimizationLoop.with_evaluation_function": [
        "parameters",
        "evaluation_function",
        _LOOP | dict(wait_time=0, random_seed=None),
    ],
    f"{LOOP}.OptimizationLoop.with_runners_and_metrics": [
        "parameters",
        "path_to_runner",
        "paths_to_metrics",
        _LOOP | dict(wait_time=0, random_seed=None),
    ],
    f"{LOOP}.optimize": ["parameters", "evaluation_function", _LOOP | dict(random_seed=None)],
    "axnb.service.interactive_loop.interactive_optimize_with_client": [
        "ax_client",
        "num_trials",
        "candidate_queue_maxsize",
        "elicitation_function",
    ],
    "axnb.service.utils.report_utils.exp_to_df": ["exp", dict(metrics=None)],
    "axnb.service.utils.report_utils.get_standard_plots": ["experiment", dict(model=None)],
    "axnb.utils.notebook.plotting.init_notebook_plotting": dict(offline=False),
    "axnb.utils.notebook.plotting.render": ["plot_config", dict(inject_helpers=False)],
    AX_CLIENT: dict(generation_strategy=None, db_settings=None, enforce_sequential_optimization=True, random_seed=None),
    f"{AX_CLIENT}.attach_trial": ["parameters"],
    f"{AX_CLIENT}.complete_trial": ["trial_index", "raw_data", dict(metadata=None, sample_size=None)],
    f"{AX_CLIENT}.create_experiment": ["parameters", _GOAL | dict(status_quo=None)],
    f"{AX_CLIENT}.from_json_snapshot": ["serialized"],
    f"{AX_CLIENT}.get_best_parameters": [],
    f"{AX_CLIENT}.get_contour_plot": dict(param_x=None, param_y=None, metric_name=None),
    f"{AX_CLIENT}.get_next_trial": dict(ttl_seconds=None, force=False, fixed_features=None),
    f"{AX_CLIENT}.get_next_trials": ["max_trials", dict(ttl_seconds=None, fixed_features=None)],
    f"{AX_CLIENT}.get_optimization_trace": dict(objective_optimum=None),
    f"{AX_CLIENT}.get_recommended_max_parallelism": [],
    f"{AX_CLIENT}.get_report": [],
    f"{AX_CLIENT}.get_trial_parameters": ["trial_index"],
    f"{AX_CLIENT}.load": dict(filepath=FILE),
    f"{AX_CLIENT}.load_experiment": ["experiment_name"],
    f"{AX_CLIENT}.log_trial_failure": ["trial_index", dict(metadata=None)],
    f"{AX_CLIENT}.save": dict(filepath=FILE),
    f"{AX_CLIENT}.should_stop_early": ["trial_index", "data"],
    f"{AX_CLIENT}.to_json_snapshot": [],
    f"{AX_CLIENT}.abandon_trial": ["trial_index", dict(reason=None)],
    f"{AX_CLIENT}.add_parameters": ["parameters", "backfill_values", dict(parameter_constraints=None)],
    f"{AX_CLIENT}.add_tracking_metrics": ["metric_names"],
    f"{AX_CLIENT}.compute_analyses": dict(analyses=None, display=True),
    f"{AX_CLIENT}.disable_parameters": ["default_parameter_values"],
    f"{AX_CLIENT}.get_best_trial": dict(optimization_config=None, trial_indices=None, use_model_predictions=True),
    f"{AX_CLIENT}.get_current_trial_generation_limit": [],
    f"{AX_CLIENT}.get_feature_importances": dict(relative=True),
    f"{AX_CLIENT}.get_hypervolume": dict(optimization_config=None, trial_indices=None, use_model_predictions=True),
    f"{AX_CLIENT}.get_max_parallelism": [],
    f"{AX_CLIENT}.get_model_predictions": dict(metric_names=None, include_out_of_sample=True, parameterizations=None),
    f"{AX_CLIENT}.get_model_predictions_for_parameterizations": ["parameterizations", dict(metric_names=None)],
    f"{AX_CLIENT}.get_pareto_optimal_parameters": dict(
        optimization_config=None, trial_indices=None, use_model_predictions=True
    ),
    f"{AX_CLIENT}.get_trial": ["trial_index"],
    f"{AX_CLIENT}.get_trials_data_frame": [],
    f"{AX_CLIENT}.load_experiment_from_database": ["experiment_name"],
    f"{AX_CLIENT}.load_from_json_file": dict(filepath=FILE),
    f"{AX_CLIENT}.save_to_json_file": dict(filepath=FILE),
    f"{AX_CLIENT}.set_optimization_config": dict(objectives=None, outcome_constraints=None),
    f"{AX_CLIENT}.set_search_space": ["parameters", dict(parameter_constraints=None)],
    f"{AX_CLIENT}.set_status_quo": ["params"],
    f"{AX_CLIENT}.should_stop_trials_early": ["trial_indices"],
    f"{AX_CLIENT}.stop_trial_early": ["trial_index"],
    f"{AX_CLIENT}.update_parameters": ["parameters"],
    f"{AX_CLIENT}.update_running_trial_with_intermediate_data": ["trial_index", "raw_data"],
    f"{AX_CLIENT}.verify_trial_parameterization": ["trial_index", "parameterization"],
    "axnb.service.ax_client.DBSettings": dict(creator=None, decoder=None, encoder=None, url=None),
    "axnb.service.ax_client.ObjectiveProperties": ["minimize", dict(threshold=None)],
    "axnb.service.ax_client.FixedFeatures": ["parameters", dict(trial_index=None)],
    f"{DISPATCH}.choose_generation_strategy": [
        "search_space",
        dict(arms_per_trial=1, enforce_sequential_optimization=True, random_seed=None),
    ],
    f"{INSTANTIATION}.constraint_from_str": ["representation", "parameters"],
    f"{INSTANTIATION}.make_experiment": ["parameters", _GOAL | dict(status_quo=None)],
    f"{INSTANTIATION}.outcome_constraint_from_str": ["representation"],
    f"{INSTANTIATION}.parameter_from_json": ["representation"],
    f"{INSTANTIATION}.raw_data_to_evaluation": ["raw_data", "objective_name"],
    f"{INSTANTIATION}.InstantiationBase.make_experiment": ["parameters", _GOAL | dict(status_quo=None)],
    f"{STORAGE}.load_experiment": ["name", "db_settings"],
    f"{STORAGE}.load_experiment_and_generation_strategy": ["experiment_name", "db_settings"],
    f"{STORAGE}.save_experiment": ["experiment", "db_settings"],
    f"{STORAGE}.save_experiment_and_generation_strategy": ["experiment", "generation_strategy", "db_settings"],
}
CLIENT = "axnb.api.client.Client"
SIGNATURES |= {
    CLIENT: dict(storage_config=None, random_seed=None),
    f"{CLIENT}.attach_baseline": ["parameters", dict(arm_name=None)],
    f"{CLIENT}.attach_data": ["trial_index", "raw_data", dict(progression=None)],
    f"{CLIENT}.attach_trial": ["parameters", dict(arm_name=None)],
    f"{CLIENT}.complete_trial": ["trial_index", dict(raw_data=None, progression=None)],
    f"{CLIENT}.compute_analyses": dict(analyses=None, display=True),
    f"{CLIENT}.configure_experiment": [
        "parameters",
        dict(parameter_constraints=None, name=None, description=None, experiment_type=None, owner=None),
    ],
    f"{CLIENT}.configure_generation_strategy": dict(
        method="fast",
        initialization_budget=None,
        initialization_random_seed=None,
        initialize_with_center=True,
        use_existing_trials_for_initialization=True,
        min_observed_initialization_trials=None,
        allow_exceeding_initialization_budget=False,
        torch_device=None,
        simplify_parameter_changes=False,
    ),
    f"{CLIENT}.configure_metrics": ["metrics"],
    f"{CLIENT}.configure_optimization": [
        "objective",
        dict(outcome_constraints=None, pruning_target_parameterization=None),
    ],
    f"{CLIENT}.configure_runner": ["runner"],
    f"{CLIENT}.configure_tracking_metrics": ["metric_names"],
    f"{CLIENT}.get_best_parameterization": dict(use_model_predictions=True),
    f"{CLIENT}.get_next_trials": ["max_trials", dict(fixed_parameters=None)],
    f"{CLIENT}.get_pareto_frontier": dict(use_model_predictions=True),
    f"{CLIENT}.load_from_database": ["experiment_name", dict(storage_config=None)],
    f"{CLIENT}.load_from_json_file": dict(filepath="axnb_client_snapshot.json", storage_config=None),
    f"{CLIENT}.mark_trial_abandoned": ["trial_index"],
    f"{CLIENT}.mark_trial_early_stopped": ["trial_index"],
    f"{CLIENT}.mark_trial_failed": ["trial_index", dict(failed_reason=None)],
    f"{CLIENT}.predict": ["points"],
    f"{CLIENT}.run_trials": [
        "max_trials",
        dict(parallelism=1, tolerated_trial_failure_rate=0.5, initial_seconds_between_polls=1),
    ],
    f"{CLIENT}.save_to_json_file": dict(filepath="axnb_client_snapshot.json"),
    f"{CLIENT}.set_early_stopping_strategy": ["early_stopping_strategy"],
    f"{CLIENT}.set_experiment": ["experiment"],
    f"{CLIENT}.set_generation_strategy": ["generation_strategy"],
    f"{CLIENT}.set_optimization_config": ["optimization_config"],
    f"{CLIENT}.should_stop_trial_early": ["trial_index"],
    f"{CLIENT}.summarize": dict(trial_indices=None, trial_statuses=None),
    "axnb.api.configs.ChoiceParameterConfig": [
        "name",
        "values",
        "parameter_type",
        dict(is_ordered=None, dependent_parameters=None),
    ],
    "axnb.api.configs.DerivedParameterConfig": ["name", "expression_str", "parameter_type"],
    "axnb.api.configs.RangeParameterConfig": [
        "name",
        "bounds",
        "parameter_type",
        dict(step_size=None, scaling=None),
    ],
    "axnb.api.protocols.metric.IMetric": ["name"],
    "axnb.api.protocols.metric.IMetric.fetch": ["trial_index", "trial_metadata"],
    "axnb.api.protocols.runner.IRunner.poll_trial": ["trial_index", "trial_metadata"],
    "axnb.api.protocols.runner.IRunner.run_trial": ["trial_index", "parameterization"],
    "axnb.api.protocols.runner.IRunner.stop_trial": ["trial_index", "trial_metadata"],
    "axnb.api.utils.instantiation.from_config.parameter_from_config": ["config"],
}

VALUES = [
    "axnb.service.ax_client.AxClient.experiment",
    "axnb.service.ax_client.AxClient.objective_name",
    "axnb.service.ax_client.logger",
    f"{DISPATCH}.logger",
    f"{LOOP}.logger",
    f"{INSTANTIATION}.COMPARISON_OPS",
    f"{INSTANTIATION}.PARAM_CLASSES",
    f"{INSTANTIATION}.PARAM_TYPES",
    f"{INSTANTIATION}.TParameterRepresentation",
]


def find(path):
    """Import `a.b.C.method`."""
    parts = path.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            found = getattr(found, name)
        return found
    raise ModuleNotFoundError(path)


@pytest.mark.parametrize("path", SIGNATURES)
def test_signature(path):
    documented = SIGNATURES[path]
    given = documented if isinstance(documented, list) else [documented]
    names = [n for part in given for n in ([part] if isinstance(part, str) else part)]
    defaults = {n: d for part in given if isinstance(part, dict) for n, d in part.items()}
    parameters = {n: p for n, p in inspect.signature(find(path)).parameters.items() if n != "self"}
    assert [n for n in parameters if n in names] == names
    assert list(parameters)[: len([n for n in names if n in parameters])] == names
    for name, default in defaults.items():
        assert parameters[name].default == default, name
    needless = [
        n for n, p in parameters.items() if n not in names and p.default is p.empty and p.kind < p.VAR_POSITIONAL
    ]
    assert not needless


@pytest.mark.parametrize("path", VALUES)
def test_value(path):
    assert find(path) is not None


def test_tables_of_instantiation():
    module = importlib.import_module(INSTANTIATION)
    assert module.PARAM_CLASSES[:3] == ["range", "choice", "fixed"]
    assert {"bool": bool, "float": float, "int": int, "str": str} == module.PARAM_TYPES
    assert [op.name for op in module.COMPARISON_OPS.values()] == ["LEQ", "GEQ"]
    assert all(op == text for text, op in module.COMPARISON_OPS.items())
