"""Models, acquisitions and optimisers by name or of a user's, in the form in which the experiment keeps them.

What there is by name, and when to choose it. The numbers are medians of the best value over six seeds, of Branin
after 20 trials (optimum 0.398) and of Hartmann6 after 30 (optimum -3.322), and the seconds of a suggestion of Hartmann6
on one busy core, by ``python benchmarks/parts.py``.

==================  ==========================================================  =======  =======  =======
model=              when                                                        Branin   Hartm.6  seconds
==================  ==========================================================  =======  =======  =======
default             nearly always: warps, noise, interactions by evidence         0.403   -3.162     0.10
botorch             to compare with BoTorch's own, and under its transforms       0.420   -3.221     0.27
saas                many parameters of which few matter                           0.416   -3.005     0.65
fully_bayesian      as saas, by sampling: minutes a fit; extra fully-bayesian
linear              effects that mostly rise or fall                              0.485   -3.092     0.82
additive            parameters that hardly interact: not these two problems       2.595   -2.269     1.77
robust              measurements that go wrong now and then                       0.425   -3.039     3.52
==================  ==========================================================  =======  =======  =======

==================  ==========================================================  =======  =======  =======
acquisition=        when                                                        Branin   Hartm.6  seconds
==================  ==========================================================  =======  =======  =======
log_ei              nearly always: constraints, failures, noise have their say    0.403   -3.162     0.10
ucb                 to steer exploration by its beta                              0.482   -3.190     0.45
thompson            many trials at once, each by a draw of its own                0.413   -3.050     0.47
knowledge_gradient  few, noisy, dear trials whose best prediction counts; slow
active_learning     to learn the surface everywhere, not to find its best         2.115
==================  ==========================================================  =======  =======  =======

``optimizer="trust_region"`` searches a box around the best point that grows and shrinks with the results: Branin 0.402,
Hartmann6 -3.230. Of 50 parameters of which the six of Hartmann6 matter, after 50 trials (five seeds): -3.220 by
``default`` in 0.21 s a suggestion, -3.134 by ``default`` in a trust region.
"""

from collections.abc import Sequence
from dataclasses import replace

from axnb.problem.generation import GenerationOptions


def with_parts(
    options: GenerationOptions,
    model: object,
    acquisition: object,
    optimizer: object,
    transforms: Sequence[object] = (),
) -> GenerationOptions:
    """Return options with parts given by object, class, function or name; ``None`` for ours.

    With transforms our Gaussian process gives way to BoTorch's.

    Raises:
        UserInputError: If a part cannot be used or does not take its arguments, or nothing is registered under its
            name.

    Example:
        >>> with_parts(GenerationOptions(), "saas", "log_ei", None).model
        PartSpec(name='saas', arguments=())
    """
    if transforms or not _is_ours(model, "default"):
        from axnb.surrogate.model_spec import MODELS, add_transforms, resolve_model

        part = MODELS.record("botorch" if _is_ours(model, "default") else model)
        if transforms:
            part = MODELS.record(add_transforms(resolve_model(part), transforms))
        resolve_model(part)  # arguments that it does not take are told now
        options = replace(options, model=part)
    if not _is_ours(acquisition, "log_ei"):
        from axnb.suggest.acquisition.acquisition_spec import ACQUISITIONS, resolve_acquisition

        part = ACQUISITIONS.record(acquisition)
        resolve_acquisition(part)
        options = replace(options, acquisition=part)
    if optimizer is not None:
        from axnb.suggest.search.optimizer_spec import OPTIMIZERS, resolve_optimizer

        part = OPTIMIZERS.record(optimizer)
        resolve_optimizer(part)
        options = replace(options, optimizer=part)
    return options


def _is_ours(part: object, name: str) -> bool:
    """Return whether a part is left to us; what is given may be anything, and is not compared before it is text."""
    return part is None or (isinstance(part, str) and part == name)
