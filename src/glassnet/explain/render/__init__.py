"""A calculation as text, Markdown, HTML and JSON."""
