"""Files that appear whole or not at all, strict JSON, arrays, locked output folders."""
