"""Fits of a Gaussian process: the posterior mode of its hyperparameters, looked for where there is noise and where not.

Results with much noise have two modes: one explains them by noise, the other by a function that turns at each of them.
Of many results the likelihood is first taken block by block, as in the block composite likelihood of Eidsvik et al.
(2014, https://doi.org/10.1080/10618600.2012.760460).
"""

from collections.abc import Callable, Sequence

import numpy as np

from axnb.surrogate.gp import GaussianProcess, Hyperparameters, NegativeLogPosterior, Priors
from axnb.surrogate.kernels import Array, Kernel
from axnb.surrogate.replicates import PooledRows, pool_rows

Target = Callable[[Array], tuple[float, Array]]

_LITTLE_NOISE, _MUCH_NOISE = 0.05, 0.3  # variances: below the first, a search starts at the second too
_FAR_BELOW = (
    10.0,
    0.5,
)  # of a start with much noise: when so far below what was found, and so much more a row, it is left
_BRIEF = 8  # iterations after which a search from there must have come near
_NEAR = 3.0  # in log posterior
_BLOCK = 300  # rows of a block: all iterations by blocks of 2,000 rows cost as much as one by all


def _descend(target: Target, start: Array, bounds: list[tuple[float, float]], iterations: int) -> tuple[float, Array]:
    """Return the least value found from a start, and where."""
    from scipy.optimize import minimize

    found = minimize(
        target,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": iterations, "ftol": 1e-6, "gtol": 1e-3},
    )
    return float(found.fun), np.asarray(found.x)


def _try_much_noise(
    posterior: NegativeLogPosterior, target: Target, found: tuple[float, Array], iterations: int
) -> tuple[float, Array]:
    """Return what was found, or the better mode where noise explains the results."""
    value, theta = found
    j = posterior.X.shape[1] + 1
    if not posterior.inferred.any() or theta[j] >= np.log(_LITTLE_NOISE):
        return found
    start = posterior.loc.copy()
    start[j] = np.log(_MUCH_NOISE)
    if target(start)[0] > value + _FAR_BELOW[0] + _FAR_BELOW[1] * len(posterior.y):
        return found
    bounds = posterior.bounds()
    brief = _descend(target, start, bounds, min(_BRIEF, iterations))
    if brief[0] > value + _NEAR:
        return found
    return min(found, brief, _descend(target, brief[1], bounds, iterations), key=lambda f: f[0])


def _pool(X: Array, y: Array, noise: Array | None, priors: Priors) -> PooledRows:
    X, y = np.ascontiguousarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    given = np.full(len(y), np.nan) if noise is None else np.asarray(noise, dtype=np.float64)
    return pool_rows(X, y, np.where(np.isnan(given), np.nan, np.maximum(given, priors.noise_floor)))


def fit_gp(
    X: Array,
    y: Array,
    noise: Array | None = None,
    *,
    kernel: Kernel | None = None,
    priors: Priors | None = None,
    initial_hyperparameters: Hyperparameters | None = None,
    starts: int = 2,
    max_iterations: int = 60,
    refine: bool = False,
    additive: bool = False,
    look_for_noise: bool = True,
) -> GaussianProcess:
    """Fit the hyperparameters by their posterior mode.

    Args:
        X: `n x d`, rows in the unit cube; duplicates are welcome.
        y: `n`, outcomes of the order of 1.
        noise: `n`, known noise variances; NaN where the noise is to be inferred, which is one variance for all such.
        kernel: Which columns are categorical and how smooth the process is; by default numeric and RBF.
        priors: Priors and bounds.
        initial_hyperparameters: Hyperparameters of an earlier fit to start from.
        starts: From how many starts, best first, the search runs.
        max_iterations: Of each search.
        refine: Whether to start from ``initial_hyperparameters`` alone, without a look at other starts.
        additive: Whether a share of the process, to be found, is a sum of functions of one column each.
        look_for_noise: Whether to look for a mode with much noise where one with little was found.

    Returns:
        The fitted process.

    Raises:
        numpy.linalg.LinAlgError: Only for rows or outcomes that are not finite.

    Example:
        >>> X = np.linspace(0, 1, 8)[:, None]
        >>> process = fit_gp(X, np.sin(6 * X[:, 0]))
        >>> mean, variance = process.posterior(np.array([[0.5]]))
        >>> bool(abs(mean[0] - np.sin(3.0)) < 0.05)
        True
    """
    chosen = priors or Priors()
    shape = kernel or Kernel(np.zeros(X.shape[1], dtype=bool))
    posterior = NegativeLogPosterior(shape, _pool(X, y, noise, chosen), chosen, additive=additive)
    options = posterior.starts(initial_hyperparameters)
    if refine:
        options = options[:1]
    candidates = sorted(((posterior(t)[0], i, t) for i, t in enumerate(options)), key=lambda c: c[:2])
    best = candidates[0][0], candidates[0][2]
    for _, _, start in candidates[: max(starts, 1)]:
        best = min(best, _descend(posterior, start, posterior.bounds(), max_iterations), key=lambda f: f[0])
    if look_for_noise and not refine:
        best = _try_much_noise(posterior, posterior, best, max_iterations)
    return posterior.build_process(best[1])


class _BlockPosterior:
    """The negative log posterior where blocks of rows are taken for independent, with its gradient.

    Blocks are drawn whatever the outcomes are: hyperparameters come out right on average, and none is left out.
    """

    def __init__(self, whole: NegativeLogPosterior) -> None:
        self.whole, rows = whole, whole.rows
        order = np.random.default_rng(0).permutation(len(rows.y))
        blocks = [np.sort(b) for b in np.array_split(order, -(-len(order) // _BLOCK))]
        self.parts = [
            NegativeLogPosterior(whole.kernel, rows.select(b), whole.priors, additive=whole.additive) for b in blocks
        ]

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Return the value and its gradient."""
        prior, slope = self.whole.compute_prior(theta)
        noise = self.whole.unpack(theta)[2]
        value, gradient = -self.whole.rows.log_likelihood_within(noise), np.zeros_like(theta)
        gradient[self.whole.X.shape[1] + 1] = 0.5 * (self.whole.rows.freedom - self.whole.rows.within / noise)
        for part in self.parts:
            v, g = part(theta)
            value, gradient = value + v - prior, gradient + g - slope
        return value + prior, gradient + slope


def fit_gp_to_many(
    X: Array,
    y: Array,
    noise: Array,
    starts: Sequence[Hyperparameters],
    *,
    kernel: Kernel,
    priors: Priors,
    iterations: int,
    additive: bool,
) -> GaussianProcess:
    """Fit the hyperparameters to many rows: block by block, then a little by all.

    Args:
        X: `n x d`, rows in the unit cube.
        y: `n`, outcomes of the order of 1.
        noise: `n`, known noise variances; NaN where the noise is to be inferred.
        starts: Hyperparameters to start from, of which the best is taken.
        kernel: Which columns are categorical and how smooth the process is.
        priors: Priors and bounds.
        iterations: Of the search by blocks.
        additive: Whether a share of the process is a sum of functions of one column each.

    Raises:
        numpy.linalg.LinAlgError: Only for rows or outcomes that are not finite.
    """
    posterior = NegativeLogPosterior(kernel, _pool(X, y, noise, priors), priors, additive=additive)
    count, bounds = len(posterior.y), posterior.bounds()
    target: Target = _BlockPosterior(posterior) if count > _BLOCK else posterior
    start = min((posterior.starts(h)[0] for h in starts), key=lambda t: target(t)[0])
    found = _descend(target, start, bounds, iterations)
    _, theta = _try_much_noise(posterior, target, found, max(iterations, 15))
    if count <= _BLOCK:
        return posterior.build_process(theta)
    few = max(1, min(5, round(8 * (400 / count) ** 2)))  # from so near that few do
    value = posterior(theta)[0]
    return posterior.build_process(min((value, theta), _descend(posterior, theta, bounds, few), key=lambda f: f[0])[1])
