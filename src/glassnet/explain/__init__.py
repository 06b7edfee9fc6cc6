"""A pass of backpropagation explained, a training diagnosed, and exercises to do by hand."""

from glassnet.explain.diagnosis import Diagnosis, diagnose

__all__ = ["Diagnosis", "diagnose"]
