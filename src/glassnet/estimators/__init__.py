"""glassnet's networks as scikit-learn estimators: change the import, keep the code.

    from glassnet.estimators import NetworkClassifier  # was: from sklearn.neural_network import
                                                       #      MLPClassifier

Parameters and attributes have the names of `MLPClassifier` and `MLPRegressor` where they mean the
same. What differs:

- "auto", the default of many parameters, leaves the choice to
  `glassnet.training.auto_settings.automatic`; `choices_` holds what it chose, and why. Where a
  solver is named, "auto" is scikit-learn's default instead, so that code written for it goes on
  as it did; with `partial_fit`, which never sees all rows, that of `alpha` is.
- `activation` may be any of glassnet's, or a tuple with one for each hidden layer; "logistic" is
  "sigmoid".
- `solver` may also be an optimizer such as `glassnet.RMSprop(0.001)`, which then has the rates and
  the momentum itself.
- `learning_rate` may also be a schedule such as `glassnet.schedules.Step(20)`, and goes with
  "adam", too. "auto" falls along a cosine to the end of training. "invscaling" counts epochs, not
  samples. "adaptive" goes on to `max_iter`.
- `max_iter` is the most epochs there are; with `learning_rate="auto"` fewer may be planned.
- `alpha` is the penalty alpha / (2 rows) sum W^2, with the rows of a batch, as there. The
  automatic one is 1 at most, and less for a few dozen rows.
- `n_iter_no_change="auto"` is 10 for a learning rate that stays, or with `early_stopping` a fifth
  of the epochs if that is more; with a learning rate that falls by itself training goes on to its
  end.
- `early_stopping` looks at the validation loss, not the score, and goes with L-BFGS, too.
- A regressor standardises the targets inside, so that units do not matter: `loss_`, `loss_curve_`,
  `alpha` and the learning rate of "sgd" are those of the standardised targets and of the whole
  mean squared error, not half of it; predictions, `coefs_` and `intercepts_` are in the units of y.
- float32 rows are computed with in float64 and answered in float32, but for `dtype="float32"`.
- Sparse X becomes dense.
- A single row of a class, and a validation set of one row, are no reason to refuse.

More than there: `class_weight`, `initialiser`, `engine`, every setting of `glassnet.Settings` that
scikit-learn has not, such as `dropout`, `dtype` or `record_every` (None keeps start and end only),
and after `fit` `run_`, the `glassnet.Run`, and `validation_curve_`. A run does not keep the data.

`ensemble="auto"` trains networks of several penalties on folds of the rows, which predict together
as they do on the rows held out, and with `encoding="auto"` tries the columns in pieces between
their quantiles, too: what `glassnet.train_table` does. `ensemble_` then is in the place of `run_`,
and its `scores`, on rows held out, have intervals.

`fit` and `predict` take Dask arrays and data frames as well: X stays in the workers of
`engine=glassnet.engines.Dask(client)`, or of the current client, while y comes here. `to_local()`
gives the fitted estimator without the cluster.
"""

from glassnet.estimators.classifier import NetworkClassifier
from glassnet.estimators.regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
