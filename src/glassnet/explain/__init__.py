"""A pass of backpropagation explained: exercises to do by hand, their answers and their marks."""
