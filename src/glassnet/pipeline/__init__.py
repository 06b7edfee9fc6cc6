"""From a table to a model and back: train on it, predict for its rows, evaluate the predictions."""
