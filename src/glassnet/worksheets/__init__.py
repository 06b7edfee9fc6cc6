"""Exercises for students, their keys, and the marking of answers."""
