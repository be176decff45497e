"""Processes and results for the tests of the numerics."""

import numpy as np

from axnb.surrogate.gaussian_process_model import MetricData
from axnb.surrogate.gp import fit_gp
from axnb.surrogate.kernels import Kernel


def make_process(n=20, d=3, categorical=(), noise=None, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    flags = np.isin(np.arange(d), categorical)
    X[:, flags] = np.round(2 * X[:, flags]) / 2
    y = np.sin(5 * X[:, 0]) + X[:, -1] ** 2 + 0.01 * rng.standard_normal(n)
    return fit_gp(X, (y - y.mean()) / y.std(), noise, kernel=Kernel(flags))


def make_data(function, n=25, d=2, seed=0):
    X = np.random.default_rng(seed).random((n, d))
    return MetricData(name="y", X=X, y=function(X), sem=np.full(n, np.nan))


def make_rough(n=40, seed=0):
    X = np.random.default_rng(seed).random((n, 2))
    return X, np.exp(8 * ((X - 0.4) ** 2).sum(1))


def to_data(X, y, **kwargs):
    return MetricData(**{"name": "y", "X": X, "y": y, "sem": np.full(len(y), np.nan), **kwargs})
