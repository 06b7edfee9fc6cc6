"""What a visitor takes along: model, exports, script, tables, pictures, films, replay, the run."""
