"""Every number of a training step, explained: equations in symbols and with the numbers in them.

`explain` formats the numbers of a `Trace` and of the optimizer's update; it computes none itself.
From the ground up: `steps` are plain data, `forward`, `loss`, `backward` and `updates` make them
of a trace, `render` writes them, `explanation` is what a user holds.
"""

from glassnet.explain.diagnosis import Diagnosis, diagnose
from glassnet.explain.diagnosis_words import Finding
from glassnet.explain.explanation import Explanation, explain
from glassnet.explain.steps import Calculation, Equation, Quantity, Rule, Step

__all__ = [
    "Calculation",
    "Diagnosis",
    "Equation",
    "Explanation",
    "Finding",
    "Quantity",
    "Rule",
    "Step",
    "diagnose",
    "explain",
]
