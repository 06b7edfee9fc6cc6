"""The page: a server on this machine, a training in its own thread, and what the browser draws."""
