"""The page on which a network is watched and changed while it learns.

`protocol` lists what page and session say to each other; `session` takes turns, `hosts/` drive it.
What decides every digit: `scenario`, `points` and `features`, from an `initial_state` that comes
`from_run` or `from_argument`. Time: a `timeline` of trainings, a `run_controller` with a place in
it, `lockstep` and `playback`, and the `controller` of one or two runs. What is seen: `view` and
`calculation`, packed as `frames`. `static/` is the page; `downloads/` and `replay/` are taken away.
See docs/architecture.md, "The page".
"""
