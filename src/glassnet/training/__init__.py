"""Settings in, a run out: training, its history, its checkpoints and its folder."""
