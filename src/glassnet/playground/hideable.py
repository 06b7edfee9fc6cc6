"""What of the page a teacher can hide: the names that links hold, of parts and of controls."""

HIDEABLE = (
    "run", "back", "play", "epoch", "phase", "speed", "new_start", "undo",
    "settings", "learning_rate", "optimizer", "momentum", "cosine_epochs", "batch_size", "l1", "l2",
    "initialiser", "seed", "stop_below", "max_epochs", "precision",
    "data", "data_set", "noise", "n_samples", "data_seed", "test_share", "own_data",
    "network", "features", "layers", "neurons", "activation", "links",
    "output", "boundary", "painting", "history", "loss_scale", "time",
    "inspector", "predictions", "confusion", "take", "diagnosis", "compare", "seeds",
)  # fmt: skip
