"""Experiments of other tools, as ours and back. No other tool is needed to read its files.

| from | by |
|---|---|
| Ax | `Client.from_ax_json` |
| Optuna | `from_optuna`, `to_optuna` |
| scikit-optimize | `from_scikit_optimize` |
| BayBE | `from_baybe` |
| BoTorch | `from_tensors` |
| a CSV file or a data frame | `Client.from_dataframe`, `Client.to_dataframe` |
"""

from axnb.interop.baybe import from_baybe as from_baybe
from axnb.interop.optuna import from_optuna as from_optuna
from axnb.interop.optuna import to_optuna as to_optuna
from axnb.interop.scikit_optimize import from_scikit_optimize as from_scikit_optimize
from axnb.interop.tensors import from_tensors as from_tensors
