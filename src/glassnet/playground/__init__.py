"""The page: a server on this machine, a training in its own thread, and what the browser draws.

What decides the digits: `scenario` and `points`, with `features`; `initial` is what the server was
given, by way of `run_points` for runs, `reading` and `uploads` for tables. Time: a `timeline` of
trainings, a `run` who goes through it at a `playback`, a `controller` with one or two of them, a
`comparison`, many `seeds`, and the `session` of a visitor around it all. What is seen: `view`,
`boundary`, `measures`, `calculation`, packed as `frames`. `server` and `lines` let browsers in;
`static/` is the page; `lessons` are its texts. To take away: `takeaway/` and `replay/`.
"""
