"""How parameters change: update rules, L-BFGS, learning-rate schedules, early stopping."""
