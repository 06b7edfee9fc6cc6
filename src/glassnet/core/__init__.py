"""The mathematics: network, parameters, samples, forward pass, loss and backpropagation."""
