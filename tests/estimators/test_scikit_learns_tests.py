"""scikit-learn's own tests of its networks, from the installed package, with ours in their place.

`EXCEPTIONS` says which are left out, and why.
"""

from __future__ import annotations

import importlib

import pytest
import sklearn.neural_network
from sklearn.neural_network.tests import test_mlp

from glassnet.estimators import NetworkClassifier, NetworkRegressor

PRIVATE = "It looks at a private attribute: "
WORDS = "It asks for a sentence word for word; ours is tested in test_estimators.py."
EXCEPTIONS = {
    "test_gradient": PRIVATE + "_loss_grad_lbfgs.",
    "test_learning_rate_warmstart": PRIVATE + "_optimizer.",
    "test_adaptive_learning_rate": PRIVATE + "_optimizer.",
    "test_n_iter_no_change": PRIVATE + "_no_improvement_count.",
    "test_n_iter_no_change_inf": PRIVATE + "_no_improvement_count.",
    "test_nonfinite_params": WORDS,
    "test_warm_start": WORDS,
    "test_early_stopping_stratified": "One row of a class is trained on, none is held out.",
    "test_minimum_input_sample_size": "Of two rows one is held out.",
}

# Their tests are made where their module is imported, of the classes that it finds there.
with pytest.MonkeyPatch.context() as patch:
    patch.setattr(sklearn.neural_network, "MLPClassifier", NetworkClassifier)
    patch.setattr(sklearn.neural_network, "MLPRegressor", NetworkRegressor)
    THEIRS = {
        name: test
        for name, test in vars(importlib.reload(test_mlp)).items()
        if name.startswith("test_")
    }

globals().update({name: test for name, test in THEIRS.items() if name not in EXCEPTIONS})
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def global_random_seed() -> int:
    return 42


def test_every_exception_is_a_test_of_theirs() -> None:
    assert set(EXCEPTIONS) < set(THEIRS)
    assert len(THEIRS) >= 40
