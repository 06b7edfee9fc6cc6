"""Compiles sources.zip to compiled.zip in a folder; run by a Python of the browser's version.

Without docstrings: a third less comes over the line.
"""

import marshal
import sys
import zipfile
from importlib.util import MAGIC_NUMBER

# What a .pyc begins with: that its source's hash stands next, but is not to be compared.
HEAD = MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)


def main(folder: str) -> None:
    """Compile every module; one that is of another version of Python is left out."""
    with (
        zipfile.ZipFile(f"{folder}/sources.zip") as sources,
        zipfile.ZipFile(f"{folder}/compiled.zip", "w") as out,
    ):
        for name in sources.namelist():
            try:
                code = compile(sources.read(name), name, "exec", dont_inherit=True, optimize=2)
            except SyntaxError:
                continue
            out.writestr(zipfile.ZipInfo(name + "c"), HEAD + marshal.dumps(code))


if __name__ == "__main__":
    main(sys.argv[1])
