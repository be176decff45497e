"""Problems, methods and scores, to see how well suggestions are made and how long one waits for them.

Example:
    >>> from axnb.benchmark import benchmark, plot, summary_frame
    >>> results = benchmark(["branin"], ["fast", "random_search"], seeds=range(2), trials=3)
    >>> len(results), len(summary_frame(results)), len(plot(results).data)
    (12, 2, 2)
"""

from axnb.benchmark.methods import METHODS, Method, Run, method, register_method
from axnb.benchmark.problems import PROBLEMS, Problem, problem
from axnb.benchmark.replication import Replication, benchmark, plot, replicate, results_frame, summary_frame

__all__ = [
    "METHODS",
    "PROBLEMS",
    "Method",
    "Problem",
    "Replication",
    "Run",
    "benchmark",
    "method",
    "plot",
    "problem",
    "register_method",
    "replicate",
    "results_frame",
    "summary_frame",
]
