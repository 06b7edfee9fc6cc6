"""Class weights: what the samples of each class count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.core.network import Network
from glassnet.core.parameters import Array
from glassnet.core.samples import Samples, checked_total
from glassnet.errors import InputError, Name, finite_number, shown


def weighted_by_class(
    network: Network, samples: Samples, class_weight: str | Mapping[int, float] | None
) -> Samples:
    """The samples with each weight times that of its class.

    "balanced" makes the classes count alike and keeps the sum: class k with weight w_k of w in
    all K classes counts w / (K w_k) (King and Zeng 2001). A mapping says what each class counts;
    one that it leaves out counts 1. Raises InputError for a regression or a class that is not one
    of the network's.
    """
    if class_weight is None:
        return samples
    if network.is_regression:
        raise InputError(
            Name("class_weight"), " is for classes, and a regression has none: leave it out."
        )
    n_classes = max(network.sizes[-1], 2)
    if isinstance(class_weight, Mapping):
        by_class = _weights_given(class_weight, n_classes)
    else:
        sums = samples.class_sums(n_classes)
        present = sums > 0
        by_class = np.zeros(n_classes)
        by_class[present] = sums.sum() / (present.sum() * sums[present])
    checked_total(float(by_class @ samples.class_sums(n_classes)))
    return samples.times_class(by_class)


def by_class_number(class_weight: Mapping[Any, float], classes: Sequence[Any]) -> dict[int, float]:
    """What each class counts by its number, of a mapping by the classes or how they are written.

    Raises InputError for a class that is not among the classes, or a weight that is none.
    """
    numbers = {str(label): number for number, label in enumerate(classes)}
    numbers |= {label: number for number, label in enumerate(classes)}
    weights = {}
    for label, weight in class_weight.items():
        number = numbers.get(label, numbers.get(str(label)))
        if number is None:
            raise InputError(
                f"class_weight names {shown(label, 40)}, but the classes are "
                f"{shown(list(classes))}."
            )
        finite_number(f"The weight of class {shown(label, 40)}", weight, 0)
        weights[number] = weight
    return weights


def _weights_given(class_weight: Mapping[int, float], n_classes: int) -> Array:
    by_class = np.ones(n_classes)
    for label, weight in class_weight.items():
        if label >= n_classes:
            raise InputError(
                Name("class_weight"),
                f" names class {label}, but the classes are 0 to {n_classes - 1}.",
            )
        by_class[label] = weight
    return by_class
