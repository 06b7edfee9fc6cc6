"""What drives a session: a server for browsers on this machine."""
