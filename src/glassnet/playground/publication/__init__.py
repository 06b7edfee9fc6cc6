"""The page without a server: a folder for any static host, or one HTML file.

`runtime` takes the browser's Python from a folder or an address, `packages` chooses what runs
there, `bytecode` compiles that, `recorded` is what the page shows at once, and `site` joins them.
In the browser `hosts/worker.py` takes over.
"""
