"""Measure models, acquisitions and searches by name, with ``python benchmarks/parts.py PROBLEM TRIALS SEEDS NAME…``.

A name is `model`, `model/acquisition` or `model/acquisition/optimizer`, such as `default`, `saas`, `default/ucb`.
"""

import argparse

import numpy as np

from axnb.benchmark import register_method, replicate


def main() -> None:
    """Print the median and the quartiles of the best value, and the seconds of a suggestion."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problem")
    parser.add_argument("trials", type=int)
    parser.add_argument("seeds", type=int)
    parser.add_argument("names", nargs="+")
    given = parser.parse_args()
    for name in given.names:
        model, acquisition, optimizer = (*name.split("/"), "", "")[:3]
        label = f"parts {name}"
        register_method(label, model=model or None, acquisition=acquisition or None, optimizer=optimizer or None)
        runs = [replicate(given.problem, label, seed, trials=given.trials) for seed in range(given.seeds)]
        finals = [r.trace[-1] for r in runs]
        low, middle, high = np.percentile(finals, [25, 50, 75])
        seconds = np.median([s for r in runs for s in r.seconds[5:]])
        print(f"{given.problem:18} {name:34} {middle:9.4f} [{low:9.4f}, {high:9.4f}]  {seconds:6.2f} s", flush=True)


if __name__ == "__main__":
    main()
