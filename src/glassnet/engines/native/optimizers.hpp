// Update rules on the flat vector, as in optimizers.py.
#pragma once
#include "kernels.hpp"
#include "vector.hpp"

namespace glassnet {
namespace GLASSNET_PATH {

ALWAYS_INLINE double root(double x) { return __builtin_sqrt(x); }
ALWAYS_INLINE float root(float x) { return __builtin_sqrtf(x); }

// base^n for a whole n, by squaring: pow differs between C libraries.
inline double power(double base, double n) {
    double value = 1;
    for (uint64_t rest = (uint64_t)n; rest; rest >>= 1, base *= base)
        if (rest & 1) value *= base;
    return value;
}

// W <- W - alpha g; with momentum v <- mu v + g and W <- W - alpha v, or with Nesterov's step
// W <- W - alpha (g + mu v).
template <class T>
void gradient_descent(const GradientDescent& rule, const Update<T>& u, size_t from, size_t to) {
    T* __restrict W = u.parameters;
    const T* __restrict sum = u.gradient;
    T* __restrict v = u.first;
    const T alpha = T(rule.learning_rate), mu = T(rule.momentum), scale = T(u.scale);
    if (mu == 0) {
        const T step = T(rule.learning_rate * u.scale);
        for (size_t i = from; i < to; i++) W[i] -= step * sum[i];
    } else if (!rule.nesterov) {
        for (size_t i = from; i < to; i++) {
            v[i] = mu * v[i] + scale * sum[i];
            W[i] -= alpha * v[i];
        }
    } else {
        for (size_t i = from; i < to; i++) {
            const T g = scale * sum[i];
            v[i] = mu * v[i] + g;
            W[i] -= alpha * (g + mu * v[i]);
        }
    }
}

// m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2 and, with both corrected for their start at 0,
// W <- W - alpha (m / (sqrt(v) + epsilon) + weight_decay W).
template <class T> void adam(const Adam& rule, const Update<T>& u, size_t from, size_t to) {
    T* __restrict W = u.parameters;
    const T* __restrict sum = u.gradient;
    T* __restrict m = u.first;
    T* __restrict v = u.second;
    const double b1 = rule.beta1, b2 = rule.beta2;
    const T scale = T(u.scale), keep_m = T(b1), add_m = T(1 - b1), keep_v = T(b2),
            add_v = T(1 - b2);
    const T correct_m = T(rule.learning_rate / (1 - power(b1, u.step)));
    const T correct_v = T(1 / (1 - power(b2, u.step)));
    const T epsilon = T(rule.epsilon), shrink = T(1 - rule.learning_rate * rule.weight_decay);
    for (size_t i = from; i < to; i++) {
        const T g = scale * sum[i];
        m[i] = keep_m * m[i] + add_m * g;
        v[i] = keep_v * v[i] + add_v * (g * g);
        W[i] = shrink * W[i] - correct_m * m[i] / (root(v[i] * correct_v) + epsilon);
    }
}

// s <- rho s + (1 - rho) g^2 and W <- W - alpha g / (sqrt(s) + epsilon); with momentum
// v <- mu v + g / (sqrt(s) + epsilon) and W <- W - alpha v.
template <class T> void rmsprop(const RMSprop& rule, const Update<T>& u, size_t from, size_t to) {
    T* __restrict W = u.parameters;
    const T* __restrict sum = u.gradient;
    T* __restrict s = u.first;
    T* __restrict v = u.second;
    const T scale = T(u.scale), alpha = T(rule.learning_rate), epsilon = T(rule.epsilon);
    const T keep = T(rule.decay), add = T(1 - rule.decay), mu = T(rule.momentum);
    const auto step = [&](size_t i) {
        const T g = scale * sum[i];
        s[i] = keep * s[i] + add * (g * g);
        return g / (root(s[i]) + epsilon);
    };
    if (mu == 0) {
        for (size_t i = from; i < to; i++) W[i] -= alpha * step(i);
    } else {
        for (size_t i = from; i < to; i++) {
            v[i] = mu * v[i] + step(i);
            W[i] -= alpha * v[i];
        }
    }
}

// The sum of v^2, in float64 and always in the same order
template <class T> double squares(const T* v, size_t n) {
    double parts[8] = {}, total = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++) parts[k] += (double)v[i + k] * v[i + k];
    for (; i < n; i++) total += (double)v[i] * v[i];
    for (double part : parts) total += part;
    return total;
}

// x - x is 0 for every finite x and not a number for every other.
template <class T> bool finite(const T* values, size_t n) {
    Vec<T> zero = {};
    size_t i = 0;
    for (; i + LANES<T> <= n; i += LANES<T>) zero += load(values + i) - load(values + i);
    T rest = sum<T>(zero);
    for (; i < n; i++) rest += values[i] - values[i];
    return rest == 0;
}

}  // namespace GLASSNET_PATH
}  // namespace glassnet
