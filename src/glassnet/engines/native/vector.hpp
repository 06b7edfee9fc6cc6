// Vectors of numbers: as many lanes as the instruction set of this compilation has.
//
// The kernel files are compiled once per instruction set, each time into a namespace of its own.
// They use no templates of the standard library: the linker would keep one copy of those for
// all, and that copy might hold instructions this processor does not have.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#ifndef GLASSNET_PATH  // the baseline, for every processor
#define GLASSNET_PATH baseline
#define GLASSNET_BYTES 16
#define GLASSNET_REGISTERS 16
#endif

#define ALWAYS_INLINE inline __attribute__((always_inline))

namespace glassnet {
namespace GLASSNET_PATH {

template <class T> struct Vector;
template <> struct Vector<double> {
    typedef double type __attribute__((vector_size(GLASSNET_BYTES)));
    typedef uint64_t bits __attribute__((vector_size(GLASSNET_BYTES)));
    typedef int64_t whole __attribute__((vector_size(GLASSNET_BYTES)));
};
template <> struct Vector<float> {
    typedef float type __attribute__((vector_size(GLASSNET_BYTES)));
    typedef uint32_t bits __attribute__((vector_size(GLASSNET_BYTES)));
    typedef int32_t whole __attribute__((vector_size(GLASSNET_BYTES)));
};
template <class T> using Vec = typename Vector<T>::type;
template <class T> using Bits = typename Vector<T>::bits;
template <class T> using Whole = typename Vector<T>::whole;
template <class T> constexpr int LANES = GLASSNET_BYTES / sizeof(T);

template <class T> ALWAYS_INLINE Vec<T> load(const T* from) {
    Vec<T> v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}
template <class T> ALWAYS_INLINE void store(T* to, Vec<T> v) { __builtin_memcpy(to, &v, sizeof v); }
template <class T> ALWAYS_INLINE Vec<T> splat(T x) { return x - Vec<T>{}; }  // not +: -0 stays

// One step of `sums`: adds neighbours S lanes apart, those of a in the lanes without bit S and
// those of b in the lanes with it.
template <class T, int S, int... I>
ALWAYS_INLINE Vec<T> fold(Vec<T> a, Vec<T> b, std::integer_sequence<int, I...>) {
    constexpr int L = LANES<T>;
    return __builtin_shufflevector(a, b, (I & S ? L + I - S : I)...) +
           __builtin_shufflevector(a, b, (I & S ? L + I : I + S)...);
}

// Exchanges the lanes of a with bit S and the lanes of b without it: a step of a transposition.
template <class T, int S, int... I>
ALWAYS_INLINE void exchange(Vec<T>& a, Vec<T>& b, std::integer_sequence<int, I...>) {
    constexpr int L = LANES<T>;
    Vec<T> low = __builtin_shufflevector(a, b, (I & S ? L + I - S : I)...);
    b = __builtin_shufflevector(a, b, (I & S ? L + I : I + S)...);
    a = low;
}

// Lane i of the result is the sum over the lanes of v[i]: LANES sums for the price of a few.
template <class T, int S = 1> ALWAYS_INLINE Vec<T> sums(const Vec<T>* v) {
    constexpr auto lanes = std::make_integer_sequence<int, LANES<T>>{};
    if constexpr (2 * S == LANES<T>)
        return fold<T, S>(v[0], v[1], lanes);
    else {
        Vec<T> halves[LANES<T> / S / 2];
#pragma GCC unroll 16
        for (int i = 0; i < LANES<T> / S / 2; i++)
            halves[i] = fold<T, S>(v[2 * i], v[2 * i + 1], lanes);
        return sums<T, 2 * S>(halves);
    }
}

template <class T> ALWAYS_INLINE T sum(Vec<T> v) {
    Vec<T> parts[LANES<T>] = {v};
    return sums<T>(parts)[0];
}

}  // namespace GLASSNET_PATH
}  // namespace glassnet
