"""Models: network, parameters and recipe; their file, and exports to other formats."""
