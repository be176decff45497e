"""How trials are made: the steps of the generation strategy, and the one it is at."""

from dataclasses import dataclass

import pandas as pd

from axnb.analyses.card import AnalysisCard
from axnb.analyses.context import AnalysisContext
from axnb.analyses.drawing.graphs import Edge, Node, draw_graph
from axnb.analyses.drawing.rows import iterate_rows
from axnb.analyses.shared.arms import ATTACHED, INITIAL
from axnb.problem.generation import GenerationOptions

NAMES = {"Center": "centre", "Sobol": "quasi-random", "BO": "model"}


@dataclass(frozen=True, slots=True)
class GenerationStrategyGraph:
    """The steps by which trials are made, when one follows the other, and where the experiment stands.

    Example:
        >>> GenerationStrategyGraph()
        GenerationStrategyGraph()
    """

    def compute(self, context: AnalysisContext) -> AnalysisCard:
        """Return the card."""
        steps = tabulate_strategy(context)
        nodes = [
            Node(
                name=NAMES.get(str(row.node), str(row.node)),
                detail=_counted(int(row.trials)),
                x=float(i),
                y=0.0,
                current=bool(row.current),
                hover=(str(row.node), _counted(int(row.trials)), str(row.moves_on)),
            )
            for i, row in enumerate(iterate_rows(steps))
        ]
        labels = steps["moves_on"].tolist()
        edges = [Edge(source=i, target=i + 1, label=str(labels[i])) for i in range(len(nodes) - 1)]
        return AnalysisCard(
            name=type(self).__name__,
            title="How trials are made",
            subtitle=describe_strategy(steps, context),
            df=steps,
            figure=draw_graph(nodes, edges, marked="makes the next trial", other="other steps", height=200),
            analysis=self,
        )


def _counted(trials: int) -> str:
    return "1 trial" if trials == 1 else f"{trials} trials"


def tabulate_strategy(context: AnalysisContext) -> pd.DataFrame:
    """Return a step of the strategy a row.

    Returns:
        Columns `node`, `trials` (how many it made), `moves_on` (when the next one takes over, empty for the last),
        `current` (whether it makes the next trial).
    """
    options = context.view.generation or GenerationOptions()
    trials = list(context.view.trials.values())
    made = {name: sum(t.provenance.generator == name for t in trials) for name in ("Center", "Sobol", "BO")}
    steps = [("Center", "after 1 trial")] if options.initialize_with_center or made["Center"] else []
    endless = options.method == "random_search"
    steps.append(
        ("Sobol", "" if endless else f"after {options.budget} trials, {options.observed_before_model} with results")
    )
    if not endless:
        steps.append(("BO", ""))
    others = {t.provenance.generator for t in trials} - set(made) - set(ATTACHED)
    made |= {name: sum(t.provenance.generator == name for t in trials) for name in others}
    now = _current(context, options, len(trials))
    rows = [(name, made[name], text, name == now) for name, text in steps]
    return pd.DataFrame(rows, columns=["node", "trials", "moves_on", "current"])


def _current(context: AnalysisContext, options: GenerationOptions, count: int) -> str:
    """Return which step makes the next trial."""
    if not count and options.initialize_with_center:
        return "Center"
    if options.method == "random_search":
        return "Sobol"
    lost = {"FAILED", "ABANDONED", "STALE"}
    held = [r for r in context.results if r.status.name not in lost]
    if not options.use_existing_trials_for_initialization:
        held = [r for r in held if r.generator in INITIAL]
    metrics = context.view.optimization.metric_names if context.view.optimization else ()
    done = sum(r.status.is_successful and r.has(metrics) for r in context.results)
    trials = len({r.trial_index for r in held})
    return "BO" if trials >= options.budget and done >= options.observed_before_model else "Sobol"


def describe_strategy(frame: pd.DataFrame, context: AnalysisContext) -> str:
    """Return which step makes the next trial, in a sentence.

    Args:
        frame: What `tabulate_strategy` returned.
        context: What is known of the experiment.
    """
    texts = {
        "Center": "The next trial is the centre of the search space.",
        "Sobol": "The next trial is quasi-random: it fills the search space evenly.",
        "BO": "The next trial comes from the model.",
    }
    attached = sum(t.provenance.generator in ATTACHED for t in context.view.trials.values())
    more = f" {_counted(attached)} {'was' if attached == 1 else 'were'} attached by hand." if attached else ""
    return texts[str(frame["node"][frame["current"]].iloc[0])] + more
