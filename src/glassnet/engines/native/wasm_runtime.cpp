// What the engine needs of C++'s runtime, from the C functions that Pyodide's interpreter exports.
#include <chrono>
#include <cstdlib>
#include <new>

extern "C" double emscripten_get_now();  // milliseconds
extern "C" void* memalign(size_t alignment, size_t bytes);

static void* or_abort(void* memory) {
    if (!memory) abort();  // webassembly.py has made sure that there is enough
    return memory;
}

void* operator new(size_t n) { return or_abort(malloc(n ? n : 1)); }
void* operator new(size_t n, std::align_val_t alignment) {
    return or_abort(memalign((size_t)alignment, n));
}
void operator delete(void* p) noexcept { free(p); }
void operator delete(void* p, size_t) noexcept { free(p); }
void operator delete(void* p, std::align_val_t) noexcept { free(p); }

namespace std {
inline namespace __1 {
void __libcpp_verbose_abort(const char*, ...) noexcept { abort(); }
namespace chrono {
steady_clock::time_point steady_clock::now() noexcept {
    return time_point(nanoseconds((int64_t)(emscripten_get_now() * 1e6)));
}
}  // namespace chrono
}  // namespace __1
}  // namespace std
