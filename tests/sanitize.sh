#!/usr/bin/env bash
# sanitize.sh address|thread: the engine's tests with the engine built under sanitizers.
#
# address: AddressSanitizer and UndefinedBehaviorSanitizer, on all of tests/engines but what starts
#          compilers, frameworks or clusters of its own, and the slow ulp sweeps.
# thread:  ThreadSanitizer, on what shares work between threads.
set -euo pipefail
cd "$(dirname "$0")/.."

case "$1" in
  address)
    flags="-fsanitize=address,undefined -fno-sanitize-recover=undefined"
    libraries="libasan.so libubsan.so"
    tests=(tests/engines -k "not without_a_compiler and not pytorch and not ulp and not dask") ;;
  thread)
    flags="-fsanitize=thread"
    libraries="libtsan.so"
    tests=(tests/engines/test_train_many.py tests/engines/test_engines.py -k "many or thread") ;;
  *) echo "usage: $0 address|thread" >&2; exit 2 ;;
esac

bin=$PWD/.venv/bin
build=$PWD/build/sanitized-$1
tree=$build/tree
"$bin"/cmake -G Ninja -S src/glassnet/engines/native -B "$build"/engine \
  -DCMAKE_MAKE_PROGRAM="$bin"/ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_FLAGS="$flags -fno-omit-frame-pointer" -DPython_EXECUTABLE="$bin"/python \
  -Dnanobind_DIR="$("$bin"/python -m nanobind --cmake_dir)"
"$bin"/cmake --build "$build"/engine
rm -rf "$tree" && mkdir "$tree"
cp -r src/glassnet tests pyproject.toml "$tree"
rm -f "$tree"/glassnet/engines/_native*.so
cp "$build"/engine/_native*.so "$tree"/glassnet/engines

cd "$tree"
packages=$("$bin"/python -c "import sysconfig; print(sysconfig.get_path('platlib'))")
export PYTHONPATH=.:$packages
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1 TSAN_OPTIONS="halt_on_error=1 exitcode=66"
preload=$(realpath "$(c++ -print-file-name=libstdc++.so)")
for library in $libraries; do preload="$(c++ -print-file-name="$library") $preload"; done
# Without site (-S) no editable install stands before the tree. ThreadSanitizer needs its memory
# where the kernel would not put it at random (setarch -R).
run() { setarch -R env LD_PRELOAD="$preload" "$bin"/python -S "$@"; }
run -c "from glassnet.engines import _native; assert 'sanitized' in _native.__file__"
run -m pytest -n 0 -s "${tests[@]}"
