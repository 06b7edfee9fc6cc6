"""Build the engine for browsers: python build_wasm.py OUT, with `ziglang` installed.

It becomes a side module, which the interpreter in a browser (Pyodide) loads into its own memory.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = ("kernels.cpp", "wasm.cpp", "wasm_runtime.cpp")
# As in CMakeLists.txt; there are no exceptions and no threads.
FLAGS = (
    "-target wasm32-wasi -mcpu=generic+simd128+bulk_memory -fPIC -std=c++17 -O3 -fno-exceptions "
    "-fno-rtti -fno-math-errno -fno-trapping-math -ffp-contract=fast -fvisibility=hidden"
)
LINK = "-shared --experimental-pic --strip-all --gc-sections --unresolved-symbols=import-dynamic"


def main(out: Path) -> None:
    """Compile and link; nothing is left at `out` unless all goes well."""
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as name:
        objects = []
        for source in SOURCES:
            objects.append(str(Path(name) / source) + ".o")
            zig("c++", *FLAGS.split(), "-c", str(here / source), "-o", objects[-1])
        module = Path(name) / out.name
        zig("wasm-ld", *LINK.split(), *objects, "-o", str(module))
        content = module.read_bytes()
    new = out.with_name(f"{out.name}.new")
    new.write_bytes(content)
    new.replace(out)


def zig(*arguments: str) -> None:
    """Run one of ziglang's tools, which says itself what is wrong."""
    done = subprocess.run([sys.executable, "-m", "ziglang", *arguments], check=False)
    if done.returncode != 0:
        sys.exit(f"The engine for browsers was not built: `zig {arguments[0]}` failed.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
