// Update rules on the flat vector, as in optimizers.py.
#pragma once
#include "kernels.hpp"
#include "vector.hpp"

namespace glassnet {
namespace GLASSNET_PATH {

// W <- W - alpha g; with momentum v <- mu v + g and W <- W - alpha v, or with Nesterov's step
// W <- W - alpha (g + mu v). Settings: alpha, mu, nesterov.
template <class T>
inline void gradient_descent(const Update<T>& u, size_t from, size_t to) {
    T* __restrict W = u.parameters;
    const T* __restrict sum = u.gradient;
    T* __restrict v = u.first;
    const T alpha = T(u.settings[0]), mu = T(u.settings[1]), scale = T(u.scale);
    if (mu == 0) {
        const T step = T(u.settings[0] * u.scale);
        for (size_t i = from; i < to; i++) W[i] -= step * sum[i];
    } else if (u.settings[2] == 0) {
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
// Settings: alpha, b1, b2, epsilon, weight_decay.
template <class T> inline void adam(const Update<T>& u, size_t from, size_t to) {
    T* __restrict W = u.parameters;
    const T* __restrict sum = u.gradient;
    T* __restrict m = u.first;
    T* __restrict v = u.second;
    const double b1 = u.settings[1], b2 = u.settings[2];
    const T scale = T(u.scale), keep_m = T(b1), add_m = T(1 - b1), keep_v = T(b2), add_v = T(1 - b2);
    const T correct_m = T(u.settings[0] / (1 - __builtin_pow(b1, u.step)));
    const T correct_v = T(1 / (1 - __builtin_pow(b2, u.step)));
    const T epsilon = T(u.settings[3]), shrink = T(1 - u.settings[0] * u.settings[4]);
    for (size_t i = from; i < to; i++) {
        const T g = scale * sum[i];
        m[i] = keep_m * m[i] + add_m * g;
        v[i] = keep_v * v[i] + add_v * (g * g);
        T root = v[i] * correct_v;
        if constexpr (sizeof(T) == 8)
            root = __builtin_sqrt(root);
        else
            root = __builtin_sqrtf(root);
        W[i] = shrink * W[i] - correct_m * m[i] / (root + epsilon);
    }
}

template <class T> void update(const Update<T>& u, size_t from, size_t to) {
    u.rule == Rule::adam ? adam(u, from, to) : gradient_descent(u, from, to);
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
