"""The house keeps its shape: packages are listed, layers look down only, files stay small."""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = (
    "errors",
    "html",
    "interrupts",
    "problem",
    "record",
    "surrogate",
    "suggest",
    "store",
    "run",
    "benchmark",
    "analyses",
    "widgets",
    "api",
    "core",  # Ax's paths: names for our classes
    "exceptions",
    "analysis",
    "interop",
    "service",
    "adapter",  # Ax's paths for generators and strategies: they make ours
    "generation_strategy",
    "generators",
    "models",
    "utils",
    "metrics",
    "storage",
    "runners",
    "testing",
    "",  # axnb/__init__.py: the lazy front door
)
ANALYSES = {  # the order within axnb.analyses, lowest first; what is not named here is a module at its root
    "drawing": 0,
    "static": 1,
    "": 2,
    "shared": 3,
    "results": 4,
    "insights": 4,
    "diagnostics": 4,
    "setup": 4,
    "healthchecks": 4,
    "overview": 5,
    "axnb.analyses": 6,
}
FAMILIES = {name for name, rank in ANALYSES.items() if rank == ANALYSES["results"]}
LINKED = ("analyses", "widgets")  # folders at the top that are installed inside axnb
INSIDE_A_MODEL = {"process", "outcome_transform", "input_warp", "warp", "inverse_factor"}  # of surrogate's own models
MAY_IMPORT_TORCH = {"surrogate", "suggest", "benchmark"}
FACADES = {"Client": 62, "AxClient": 60}  # class -> most methods; everything else has at most 20
FACADE_FILES = {"axnb.api.client": 1270, "axnb.service.ax_client": 1050}  # mostly docstrings; everything else: 650
MOST_LINES_OF_A_FILE = 650
MOST_LINES_OF_JAVASCRIPT = 300
MOST_LINES_OF_A_FUNCTION = 45
MOST_METHODS_OF_A_CLASS = 20


def _python_files() -> Iterator[tuple[str, Path]]:
    """Yield `(dotted module, file)` for everything that is installed."""
    for path in sorted((ROOT / "axnb").rglob("*.py")):
        relative = path.relative_to(ROOT)
        if relative.parts[1] not in LINKED:  # rglob follows links on some Python versions only
            yield _dotted(relative), path
    for folder in LINKED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield _dotted(Path("axnb") / path.relative_to(ROOT)), path


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = dict(_python_files())
every_module = pytest.mark.parametrize("module", MODULES)


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def _layer(module: str) -> str:
    """`axnb.suggest.best` -> `suggest`."""
    return [*module.split("."), ""][1]


def _imports(module: str) -> Iterator[tuple[int, str]]:
    """Yield `(line, module)`; `from axnb.api import client` counts as `axnb.api.client` where that is a module."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield node.lineno, full if full in MODULES else str(node.module)


def test_every_package_is_listed_for_the_installer() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {module for module, path in MODULES.items() if path.name == "__init__.py"}
    assert listed == sorted(found)


def test_every_folder_with_python_files_is_a_package() -> None:
    loose = {path.parent for path in MODULES.values() if not (path.parent / "__init__.py").exists()}
    assert not loose, "give these folders an __init__.py and list them in pyproject.toml"


@pytest.mark.parametrize("folder", LINKED)
def test_top_folders_are_linked_into_the_package(folder: str) -> None:
    link = ROOT / "axnb" / folder
    assert link.is_symlink()
    assert link.resolve() == ROOT / folder


@every_module
def test_imports_look_down_only(module: str) -> None:
    own = LAYERS.index(_layer(module))
    for line, imported in _imports(module):
        if imported.split(".")[0] == "axnb" and imported != "axnb":
            assert LAYERS.index(_layer(imported)) <= own, f"{MODULES[module]}:{line} imports {imported} from above"
        assert imported != "axnb" or own == len(LAYERS) - 1, f"{MODULES[module]}:{line} imports the front door"


def _circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one node (Tarjan, 1972)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        path.append(node)
        for other in sorted(edges[node]):
            if other not in order:
                visit(other)
            if other in path:
                low[node] = min(low[node], low[other])
        if low[node] == order[node]:
            circle = [path.pop()]
            while circle[-1] != node:
                circle.append(path.pop())
            found.extend([circle] if len(circle) > 1 else [])

    for node in edges:
        if node not in order:
            visit(node)
    return found


def test_circles_are_found() -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["c", "b", "a"]]


def _in_layer(circles: list[list[str]], layer: str) -> list[list[str]]:
    return [c for c in circles if layer in {_layer(m) for m in c}]


@pytest.mark.parametrize("layer", LAYERS)
def test_nothing_is_imported_in_a_circle(layer: str) -> None:
    """At the top of files, within functions, or for type checkers alone."""
    edges = {m: {i for _, i in _imports(m) if i in MODULES and i != m} for m in MODULES}
    assert _in_layer(_circles(edges), layer) == []


def _part_of_analyses(module: str) -> str:
    """`axnb.analyses.results.trace` -> `results`, `axnb.analyses.card` -> ``, the package itself as it is."""
    if module == "axnb.analyses":
        return module
    part = module.split(".")[2]
    return part if part in ANALYSES else ""


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith("axnb.analyses")])
def test_analyses_look_down_only_and_families_not_at_each_other(module: str) -> None:
    own = _part_of_analyses(module)
    for line, imported in _imports(module):
        if imported.startswith("axnb.analyses"):
            part = _part_of_analyses(imported)
            where = f"{MODULES[module]}:{line}"
            assert ANALYSES[part] <= ANALYSES[own], f"{where} imports {imported} from above"
            assert part == own or not {part, own} <= FAMILIES, f"{where} imports {imported}: share it in shared/"


@every_module
def test_folders_are_imported_by_their_installed_name(module: str) -> None:
    for line, imported in _imports(module):
        assert imported.split(".")[0] not in LINKED, f"{MODULES[module]}:{line}: write axnb.{imported}"


@every_module
def test_only_the_numerics_import_torch(module: str) -> None:
    if _layer(module) in MAY_IMPORT_TORCH:
        return
    heavy = {"torch", "botorch", "gpytorch", "linear_operator"}
    for line, imported in _imports(module):
        assert imported.split(".")[0] not in heavy, f"{MODULES[module]}:{line} imports {imported}"


@every_module
def test_models_are_asked_not_opened(module: str) -> None:
    if _layer(module) == "surrogate":
        return
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Attribute):
            where = f"{MODULES[module]}:{node.lineno}"
            assert node.attr not in INSIDE_A_MODEL, f"{where} reads .{node.attr}: ask what OutcomeModel answers"


@every_module
def test_files_functions_and_classes_stay_small(module: str) -> None:
    path = MODULES[module]
    most = FACADE_FILES.get(module, MOST_LINES_OF_A_FILE)
    assert len(path.read_text(encoding="utf-8").splitlines()) < most, path
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = _body_lines(node)
            assert lines < MOST_LINES_OF_A_FUNCTION, f"{path}:{node.lineno} {node.name} has {lines} lines"
        elif isinstance(node, ast.ClassDef):
            methods = sum(isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) for item in node.body)
            limit = FACADES.get(node.name, MOST_METHODS_OF_A_CLASS)
            assert methods <= limit, f"{path}:{node.lineno} {node.name} has {methods} methods"


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return int(body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@every_module
def test_nobody_asks_whether_an_attribute_exists(module: str) -> None:
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "hasattr", f"{MODULES[module]}:{node.lineno}"


def test_javascript_files_stay_small() -> None:
    for path in sorted((ROOT / "widgets" / "static").rglob("*.js")):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_JAVASCRIPT, path


PUBLIC_LAYERS = {"core", "exceptions", "analysis", "service", "utils", "testing", ""} | {
    "adapter",
    "generation_strategy",
    "generators",
    "models",
}  # names for users, not for us
UNUSED_BY_US = {  # what users or libraries call, with no use of our own
    "AnalysisCardBase.to_html",
    "ClassDispatcher.register",  # Ax's way to say how a class of models is made and fitted
    "ExperimentStruct",  # Ax's names
    "AnalysisCardBase.to_png",
    "Board._check_selected",  # called by traitlets
    "FittedModel.botorch_model",  # documented, for models of users
    "FunctionMetric",  # ready to use, for users: axnb.run.runners
    "JsonOutputMetric",
    "SubprocessRunner",
    "HealthcheckAnalysisCard.get_status",  # Ax's names
    "HealthcheckAnalysisCard.is_passing",
    "KernelWidget.set_state",  # called by ipywidgets
    "TrialStatus.is_deployed",
    "Analysis._create_analysis_card",  # Ax's names for its developers
    "BaseTrial.mark_abandoned",
    "BaseTrial.mark_completed",
    "BaseTrial.mark_early_stopped",
    "BaseTrial.mark_failed",
    "BaseTrial.mark_running",
    "BatchTrial.add_arm",
    "BatchTrial.attach_batch_trial_data",
    "BatchTrial.is_factorial",
    "BatchTrial.normalized_arm_weights",
    "Data.from_multiple_data",
    "Experiment.fetch_data",
    "Experiment.new_trial",
    "Experiment.to_df",
    "Experiment.trials_by_status",
    "SearchSpace.check_membership",
    "Trial.add_arm",
    "Trial.objective_mean",
    "from_trace",  # called by the scripts in benchmarks/
}


def _uses(tree: ast.Module, *, exports: bool) -> Iterator[str]:
    """Yield names that a module uses; with `exports` those too that it only imports, for others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):  # getattr, messages of the browser, fields
            yield node.value
        elif isinstance(node, ast.ImportFrom) and exports:
            yield from (alias.name for alias in node.names)


def _definitions(body: list[ast.stmt], owner: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield f"{owner}{node.name}"
        if isinstance(node, ast.ClassDef) and node.name not in FACADES:
            yield from _definitions(node.body, f"{node.name}.")


def test_what_is_defined_is_used_somewhere_outside_the_tests() -> None:
    """By its name: a use of one name counts for all that are called so."""
    used: set[str] = set()
    for module, path in MODULES.items():
        exports = path.name == "__init__.py" or _layer(module) in PUBLIC_LAYERS
        used.update(_uses(_tree(module), exports=exports))
    unused = {
        name
        for module in MODULES
        if _layer(module) not in PUBLIC_LAYERS
        for name in _definitions(_tree(module).body)
        if (last := name.split(".")[-1]) not in used and not last.startswith(("__", "_repr_"))
    }
    assert unused - UNUSED_BY_US == set(), "delete it, or say above who uses it"
    assert UNUSED_BY_US - unused == set(), "we use it now, or it is gone: take it out of the list"
