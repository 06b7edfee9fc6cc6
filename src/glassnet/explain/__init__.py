"""Trainings in words: what is going on in a run, and why."""

from glassnet.explain.diagnosis import Diagnosis, diagnose

__all__ = ["Diagnosis", "diagnose"]
