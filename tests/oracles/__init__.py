"""Slow, obvious answers from the definitions, without any of glassnet's mathematics."""
