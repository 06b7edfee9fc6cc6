// exp, expm1 and log1p of whole vectors, within 2 ulp, and the tail of the normal distribution.
//
// exp: x = n log 2 + r with |r| <= log(2)/2, so that exp(x) = 2^n (1 + p) with p = exp(r) - 1, a
// polynomial (Cody and Waite 1980; coefficients from Chebyshev interpolation on that interval).
// log1p: 1 + x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), and log(1 + f) from the
// series of atanh(f / (2 + f)), as fdlibm has it (Sun Microsystems 1993).
// normal_tail: (1 + 2x) exp(x^2) erfc(x) is a polynomial of (x - K) / (x + K) (Shepherd and
// Laframboise 1981), here with sqrt(2) K = 4.25.
#pragma once
#include "vector.hpp"

#if GLASSNET_BYTES == 64
#include <immintrin.h>
#endif

namespace glassnet {
namespace GLASSNET_PATH {

template <class T> struct Format;
template <> struct Format<double> {
    static constexpr int mantissa = 52;
    static constexpr uint64_t one = 0x3ff0000000000000, half_root = 0x3fe6a09e00000000,
                              all_but_sign = 0x7fffffffffffffff, upper_half = 0xfffffffff8000000;
    static constexpr double round = 0x1.8p52;  // adding it rounds to a whole number
    static constexpr double least = -708;      // exp of less is not a normal number
    static constexpr double log2e = 1.4426950408889634, ln2_high = 6.93147180369123816490e-01,
                            ln2_low = 1.90821492927058770002e-10;
    static constexpr double exp[] = {2.5100424157005066788e-8,  2.7620138719733995569e-7,
                                     2.7557268378684192873e-6,  0.000024801521190217727651,
                                     0.00019841269863105968748, 0.0013888888917281793308,
                                     0.0083333333333300513464,  0.041666666666623991516,
                                     0.16666666666666667456,    0.5};
    static constexpr double log[] = {1.479819860511658591e-01, 1.531383769920937332e-01,
                                     1.818357216161805012e-01, 2.222219843214978396e-01,
                                     2.857142874366239149e-01, 3.999999999940941908e-01,
                                     6.666666666666735130e-01};
    static constexpr double tail_end = 40;  // beyond, the tail is not a normal number
    static constexpr double tail[] = {
        -1.0277497954825272e-09, -6.429821699556291e-09,  -6.377901112027284e-09,
        3.980796247123794e-08,   9.249096781434733e-08,   -1.3406631546297178e-07,
        -6.124735184133522e-07,  3.069040243602194e-07,   3.4781498391083273e-06,
        -4.62469923413741e-07,   -2.0149672472623966e-05, 3.526965151011569e-06,
        0.00012602248393051358,  -9.782693570394283e-05,  -0.0007937296083665208,
        0.0018667953577053964,   0.002666729850337739,    -0.024051345330869958,
        0.06859720442209244,     -0.11931367635533868,    0.129313698155996,
        -0.04710813384083575,    -0.1357031428587353,     1.2528904999283854};
};
template <> struct Format<float> {
    static constexpr int mantissa = 23;
    static constexpr uint32_t one = 0x3f800000, half_root = 0x3f3504f3, all_but_sign = 0x7fffffff,
                              upper_half = 0xfffff000;
    static constexpr float round = 0x1.8p23f;
    static constexpr float least = -87;
    static constexpr float log2e = 1.44269504f, ln2_high = 6.9313812256e-01f,
                           ln2_low = 9.0580006145e-06f;
    static constexpr float exp[] = {0.0013926213466f, 0.0083632029716f, 0.0416665544377f,
                                    0.1666657684600f, 0.5f};
    static constexpr float log[] = {0.24279078841f, 0.28498786688f, 0.40000972152f, 0.66666662693f};
    static constexpr float tail_end = 14;
    static constexpr float tail[] = {-0.0002779626246f, -0.0008200029828f, 0.001973499426f,
                                     0.002720971928f,   -0.02407009484f,   0.06858199735f,
                                     -0.1193128957f,    0.1293151526f,     -0.04710810672f,
                                     -0.1357031806f,    1.252890499f};
};

// Highest power first. The odd and the even powers are summed side by side: half the wait.
template <class T, int N> ALWAYS_INLINE Vec<T> polynomial(const T (&c)[N], Vec<T> x) {
    Vec<T> x2 = x * x, one = splat<T>(c[0]), other = splat<T>(c[1]);
#pragma GCC unroll 16
    for (int i = 2; i < N; i++) (i % 2 ? other : one) = (i % 2 ? other : one) * x2 + c[i];
    return N % 2 ? other * x + one : one * x + other;
}

template <class T> ALWAYS_INLINE Vec<T> absolute(Vec<T> x) {
    return (Vec<T>)((Bits<T>)x & Format<T>::all_but_sign);
}

// exp(x) = scale (1 + p)
template <class T> struct Exp {
    Vec<T> scale, p;
};

template <class T> ALWAYS_INLINE Exp<T> reduced(Vec<T> x) {
    using F = Format<T>;
    Vec<T> rounded = x * F::log2e + F::round;
    Vec<T> n = rounded - F::round;
    Vec<T> r = (x - n * F::ln2_high) - n * F::ln2_low;
    Vec<T> p = r + (r * r) * polynomial<T>(F::exp, r);
    // The last bits of `rounded` are n: shifted to the exponent's place they are 2^n.
    Bits<T> scale = ((Bits<T>)rounded << F::mantissa) + F::one;
    return {(Vec<T>)scale, p};
}

#if GLASSNET_BYTES == 64
// The same from a table, which two registers hold: x = (16 i + j) log(2)/16 + r with
// |r| <= log(2)/32, which half the polynomial suffices for, and scale = 2^i 2^(j/16). It is
// rounded, so that this is not for expm1. The table has j << 48 taken off: i and j are added as
// the one number they are.
ALWAYS_INLINE Exp<double> reduced_by_table(Vec<double> x) {
    using F = Format<double>;
    static constexpr double exp[] = {0.0013889034348599463469, 0.0083334497012534567511,
                                     0.041666666664960449688, 0.1666666666530169086, 0.5};
    static constexpr uint64_t powers[] = {
        0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
        0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429,
        0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
        0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da};
    Vec<double> rounded = x * (16 * F::log2e) + F::round;
    Vec<double> n = rounded - F::round;
    Vec<double> r = (x - n * (F::ln2_high / 16)) - n * (F::ln2_low / 16);
    Vec<double> p = r + (r * r) * polynomial<double>(exp, r);
    Bits<double> power = (Bits<double>)_mm512_permutex2var_epi64(
        _mm512_loadu_si512(powers), (__m512i)rounded, _mm512_loadu_si512(powers + 8));
    return {(Vec<double>)(power + ((Bits<double>)rounded << 48)), p};
}
#endif

// exp(x) for x up to 80; results below the smallest normal numbers are 0.
template <class T> ALWAYS_INLINE Vec<T> exp(Vec<T> x) {
    Exp<T> e;
#if GLASSNET_BYTES == 64
    if constexpr (sizeof(T) == 8)
        e = reduced_by_table(x);
    else
#endif
        e = reduced<T>(x);
    Vec<T> value = e.scale * e.p + e.scale;
    return x < Format<T>::least ? Vec<T>{} : value;
}

// exp(x) - 1 for x up to 80, accurate near 0 too.
template <class T> ALWAYS_INLINE Vec<T> expm1(Vec<T> x) {
    Exp<T> e = reduced<T>(x);
    Vec<T> value = e.scale * e.p + (e.scale - 1);
    return x < Format<T>::least ? splat<T>(-1) : value;
}

// log(1 + x) for x >= 0; not a number where x is not finite.
template <class T> ALWAYS_INLINE Vec<T> log1p(Vec<T> x) {
    using F = Format<T>;
    Vec<T> u = 1 + x;
    Vec<T> rest = x - (u - 1);  // what rounding 1 + x took off
    Bits<T> bits = (Bits<T>)u + (F::one - F::half_root);
    Bits<T> k = (bits >> F::mantissa) - (F::one >> F::mantissa);
    Bits<T> power = k << F::mantissa;
    Vec<T> m = (Vec<T>)((Bits<T>)u - power);
    Vec<T> f = (m - 1) + rest * (Vec<T>)(F::one - power);
    Vec<T> s = f / (2 + f), s2 = s * s, half = f * f * T(0.5);
    Vec<T> series = s2 * polynomial<T>(F::log, s2);
    Vec<T> n = __builtin_convertvector((Whole<T>)k, Vec<T>);
    return n * F::ln2_high - ((half - (s * (half + series) + n * F::ln2_low)) - f);
}

// The normal distribution's mass beyond |z|: Phi(-|z|).
template <class T> ALWAYS_INLINE Vec<T> normal_tail(Vec<T> z) {
    using F = Format<T>;
    Vec<T> x = absolute<T>(z);
    x = x > F::tail_end ? splat<T>(F::tail_end) : x;
    // exp(-x^2 / 2) without the error of x^2: the square of the upper half of the bits is exact.
    Vec<T> upper = (Vec<T>)((Bits<T>)x & F::upper_half);
    Vec<T> d = (upper - x) * (upper + x) * T(0.5);
    Vec<T> density = exp<T>(upper * upper * T(-0.5));
    density += density * (d + d * d * (T(0.5) + d * T(1 / 6.0)));
    return density * polynomial<T>(F::tail, (x - T(4.25)) / (x + T(4.25))) /
           (2 + T(2.8284271247461903) * x);
}

}  // namespace GLASSNET_PATH
}  // namespace glassnet
