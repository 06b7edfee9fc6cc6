"""What predicts: the model, its file, and its exports to other formats."""
