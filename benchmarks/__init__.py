"""The table of speed: `python -m benchmarks`."""
