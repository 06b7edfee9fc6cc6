"""glassnet and its peers on the same work, timed in one run: `python -m benchmarks`."""
