// Activation functions g(z) over whole rows, each next to its derivative, as in activations.py.
//
// z turns into a in place. The derivatives need a alone, so that z need not be kept, but for
// gelu, which is not monotonic.
#pragma once
#include "functions.hpp"
#include "kernels.hpp"

namespace glassnet {
namespace GLASSNET_PATH {

// g(z) = 1 / (1 + exp(-z)), with e = exp(-|z|), which cannot overflow
template <class T> ALWAYS_INLINE Vec<T> sigmoid(Vec<T> z) {
    Vec<T> e = exp<T>(-absolute<T>(z));
    return (z >= 0 ? splat<T>(1) : e) / (1 + e);
}

// g(z) = (exp(2z) - 1) / (exp(2z) + 1), from expm1 to be accurate near 0; beyond 22 it is 1
template <class T> ALWAYS_INLINE Vec<T> tanh(Vec<T> z) {
    Vec<T> size = absolute<T>(z);
    Vec<T> e = expm1<T>(2 * (size > 22 ? splat<T>(22) : size));
    Vec<T> a = e / (e + 2);
    return z < 0 ? -a : a;
}

// g(z) = max(z, 0) + log(1 + exp(-|z|))
template <class T> ALWAYS_INLINE Vec<T> softplus(Vec<T> z) {
    return (z < 0 ? Vec<T>{} : z) + log1p<T>(exp<T>(-absolute<T>(z)));
}

// g(z) = z Phi(z), Phi the normal distribution function
template <class T> ALWAYS_INLINE Vec<T> gelu(Vec<T> z) {
    Vec<T> tail = normal_tail<T>(z);
    return z * (z > 0 ? 1 - tail : tail);
}

// g'(z) = Phi(z) + z phi(z), phi the normal density
template <class T> ALWAYS_INLINE Vec<T> gelu_derivative(Vec<T> z, Vec<T> a) {
    Vec<T> Phi = z == 0 ? splat<T>(0.5) : a / z;
    return Phi + z * exp<T>(z * z * T(-0.5)) * T(0.39894228040143267794);
}

// Applies f to n numbers, a multiple of the lanes.
template <class T, class F> ALWAYS_INLINE void apply(T* values, size_t n, F f) {
    for (size_t i = 0; i < n; i += LANES<T>) store<T>(values + i, f(load(values + i)));
}

// a = g(z), in place; n numbers
template <class T> inline void activate(Activation g, T* z, size_t n) {
    switch (g) {
        case Activation::sigmoid:
            return apply(z, n, [](Vec<T> v) { return sigmoid<T>(v); });
        case Activation::tanh:
            return apply(z, n, [](Vec<T> v) { return tanh<T>(v); });
        case Activation::relu:
            return apply(z, n, [](Vec<T> v) { return v <= 0 ? Vec<T>{} : v; });
        case Activation::leaky_relu:
            return apply(z, n, [](Vec<T> v) { return v > 0 ? v : v * T(0.01); });
        case Activation::elu:
            return apply(z, n, [](Vec<T> v) { return v > 0 ? v : expm1<T>(v); });
        case Activation::gelu:
            return apply(z, n, [](Vec<T> v) { return gelu<T>(v); });
        case Activation::softplus:
            return apply(z, n, [](Vec<T> v) { return softplus<T>(v); });
        case Activation::identity:
            return;
    }
}

// dz = da * g'(z), in place; a (and for gelu z) as n numbers
template <class T, class F> ALWAYS_INLINE void scale(T* da, const T* a, size_t n, F derivative) {
    for (size_t i = 0; i < n; i += LANES<T>)
        store<T>(da + i, load(da + i) * derivative(load(a + i)));
}

template <class T> inline void backward(Activation g, T* da, const T* a, const T* z, size_t n) {
    const Vec<T> one = splat<T>(1);
    switch (g) {
        case Activation::sigmoid:
            return scale(da, a, n, [=](Vec<T> v) { return v * (1 - v); });
        case Activation::tanh:
            return scale(da, a, n, [=](Vec<T> v) { return 1 - v * v; });
        case Activation::relu:
            return scale(da, a, n, [=](Vec<T> v) { return v > 0 ? one : Vec<T>{}; });
        case Activation::leaky_relu:
            return scale(da, a, n, [=](Vec<T> v) { return v > 0 ? one : splat<T>(T(0.01)); });
        case Activation::elu:
            return scale(da, a, n, [=](Vec<T> v) { return v > 0 ? one : v + 1; });
        case Activation::gelu:
            for (size_t i = 0; i < n; i += LANES<T>)
                store<T>(da + i, load(da + i) * gelu_derivative<T>(load(z + i), load(a + i)));
            return;
        case Activation::softplus:  // a = log(1 + exp(z)), so 1 / (1 + exp(-z)) = 1 - exp(-a)
            return scale(da, a, n, [=](Vec<T> v) { return -expm1<T>(-v); });
        case Activation::identity:
            return;
    }
}

}  // namespace GLASSNET_PATH
}  // namespace glassnet
