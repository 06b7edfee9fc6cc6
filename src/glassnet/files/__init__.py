"""Folders and files that runs are kept in."""
