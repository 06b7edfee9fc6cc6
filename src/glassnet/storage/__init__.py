"""Files that appear whole or not at all, strict JSON, arrays, output folders, templates."""
