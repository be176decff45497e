"""How trials are made: the nodes of the generation strategy, and the one that the experiment is at."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from axnb.analyses.ax_analysis import accept_experiment
from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing.graphs import Edge, Node, draw_graph
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.shared.arms import ATTACHED
from axnb.errors import AxnbError
from axnb.problem.generation import GenerationOptions, GenerationStrategy, PartSpec
from axnb.suggest.presets import build_preset
from axnb.suggest.progress import Progress
from axnb.suggest.registry import explain_missing_parts
from axnb.suggest.strategy import find_position

NAMES = {
    "Center": "centre",
    "Sobol": "quasi-random",
    "Uniform": "random",
    "Factorial": "factorial design",
    "InSample": "repeats",
    "BO": "model",
}
_ORIGINS = {
    "Center": "The next trial is the centre of the search space.",
    "Sobol": "The next trial is quasi-random: it fills the search space evenly.",
    "BO": "The next trial comes from the model.",
}


@dataclass(frozen=True, slots=True)
class GenerationStrategyGraph:
    """The nodes by which trials are made, when one follows the other, and where the experiment stands.

    Example:
        >>> GenerationStrategyGraph()
        GenerationStrategyGraph()
    """

    @accept_experiment
    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card."""
        strategy = read_strategy(context)
        steps = tabulate_strategy(context)
        order = {node.name: i for i, node in enumerate(strategy.nodes)}
        ends = [(order[t.source], order[t.target]) for t in strategy.transitions]
        straight = all(target == source + 1 for source, target in ends)
        nodes = [
            Node(
                name=NAMES.get(str(row.node), str(row.node)),
                detail=_count_trials(int(row.trials)),
                x=float(i),
                y=0.0 if straight else -0.5 * (i % 2),
                current=bool(row.current),
                hover=(str(row.node), str(row.generator), _count_trials(int(row.trials)), str(row.moves_on)),
            )
            for i, row in enumerate(iterate_rows(steps))
        ]
        labels = [describe_criteria(t.criteria) for t in strategy.transitions]
        edges = [Edge(source=a, target=b, label=text) for (a, b), text in zip(ends, labels, strict=True)]
        return AnalysisCard(
            name=type(self).__name__,
            title="How trials are made",
            subtitle=describe_strategy(steps, context),
            df=steps,
            figure=draw_graph(nodes, edges, marked="makes the next trial", other="other nodes", height=200),
            analysis=self,
        )


def _count_trials(trials: int) -> str:
    return "1 trial" if trials == 1 else f"{trials} trials"


def read_strategy(context: AnalysisContext) -> GenerationStrategy:
    """Return the strategy that the experiment follows: its own, or that of its options."""
    options = context.view.generation or GenerationOptions()
    return options.strategy or build_preset(options)


def tabulate_strategy(context: AnalysisContext) -> pd.DataFrame:
    """Return a node of the strategy a row.

    Returns:
        Columns `node`, `generator` (with its arguments, of several the one whose model predicts best), `trials` (how
        many it made), `moves_on` (when another one takes over, empty where none does), `pauses` (what makes it wait),
        `current` (whether it makes the next trial).
    """
    strategy = read_strategy(context)
    origins = [t.provenance for t in context.view.trials.values()]
    made = Counter(o.node or o.generator for o in origins)
    now = _find_current(context, strategy)
    rows = []
    for node in strategy.nodes:
        leaving = [t for t in strategy.transitions if t.source == node.name]
        texts = [describe_criteria(t.criteria) for t in leaving]
        if len(leaving) > 1:
            texts = [f"to {t.target} {text}" for t, text in zip(leaving, texts, strict=True)]
        generator = " or ".join(_describe_part(g) for g in (node.generator, *node.alternatives))
        pauses = "; ".join(_describe_part(c) for c in node.pausing_criteria)
        rows.append((node.name, generator, made[node.name], "; ".join(texts), pauses, node.name == now))
    return pd.DataFrame(rows, columns=["node", "generator", "trials", "moves_on", "pauses", "current"])


def _find_current(context: AnalysisContext, strategy: GenerationStrategy) -> str | None:
    """Return the node that makes the next trial; `None` where a part of the strategy is missing."""
    if context.view.optimization is None:
        return strategy.nodes[0].name
    try:
        return find_position(strategy, Progress(view=context.view)).node.name
    except AxnbError:
        return None


def describe_criteria(criteria: tuple[PartSpec, ...]) -> str:
    """Return when a transition is taken, in words.

    Example:
        >>> describe_criteria((PartSpec("MinTrials", {"threshold": 5}), PartSpec("MinObserved", {"threshold": 2})))
        'after 5 trials, 2 with results'
    """
    return f"after {', '.join(_describe_criterion(c) for c in criteria)}" if criteria else "at once"


def _describe_criterion(part: PartSpec) -> str:
    threshold = dict(part.arguments).get("threshold")
    if part.name == "CenterTried":
        return _count_trials(1)
    if isinstance(threshold, int) and part.name == "MinTrials":
        return _count_trials(threshold)
    if isinstance(threshold, int) and part.name == "MinObserved":
        return f"{threshold} with results"
    return _describe_part(part)


def _describe_part(part: PartSpec) -> str:
    given = ", ".join(
        f"{name}={value!r}" for name, value in part.arguments if value not in (None, "") and value is not False
    )
    return f"{part.name}({given})" if given else part.name


def describe_strategy(frame: pd.DataFrame, context: AnalysisContext) -> str:
    """Return which node makes the next trial, and what is missing for that, in a sentence or two.

    Args:
        frame: What `tabulate_strategy` returned.
        context: What is known of the experiment.
    """
    strategy = read_strategy(context)
    said = [_say_next(strategy, [str(n) for n in frame["node"][frame["current"]]]), *explain_missing_parts(strategy)]
    attached = sum(t.provenance.generator in ATTACHED for t in context.view.trials.values())
    if attached:
        said.append(f"{_count_trials(attached)} {'was' if attached == 1 else 'were'} attached by hand.")
    return " ".join(part for part in said if part)


def _say_next(strategy: GenerationStrategy, current: list[str]) -> str:
    node = next((n for n in strategy.nodes if n.name in current), None)
    if node is None:
        return ""
    if node.name == node.generator.name and node.name in _ORIGINS:
        return _ORIGINS[node.name]
    return f"The next trial comes from the node {node.name!r}, by {_describe_part(node.generator)}."
