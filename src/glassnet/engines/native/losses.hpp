// Losses from the logits z of the last layer, each with its gradient dz, as in losses.py.
//
// Rows are outputs, columns are samples; z (n_out, width) turns into dz in place, times the
// weight of each sample. The columns that pad a tile have weight 0, and so count for nothing.
#pragma once
#include "activations.hpp"

namespace glassnet {
namespace GLASSNET_PATH {

constexpr int LARGEST_EXPONENT = 80;  // as in activations.py: exp of more is that of this

// max(z, 0) - y z + log(1 + exp(-|z|)) and dz = a - y
//
// Where all weights are 1 the logarithms of the samples are taken at once, from the product of
// the (1 + e) = 1 + p. Its p is kept, not 1 + p, so that no small e is rounded away; over one
// tile the product stays below 2^64.
template <class T>
inline T binary_cross_entropy(T* z, const T* y, const T* w, int width, bool weighted) {
    Vec<T> loss = {}, p = {};
    for (int i = 0; i < width; i += LANES<T>) {
        Vec<T> z_i = load(z + i), y_i = load(y + i), w_i = load(w + i);
        Vec<T> e = exp<T>(-absolute<T>(z_i));
        Vec<T> linear = (z_i <= 0 ? Vec<T>{} : z_i) - y_i * z_i;
        if (weighted) {
            loss += w_i * (linear + log1p<T>(e));
        } else {
            loss += w_i * linear;
            p += e * w_i * (1 + p);
        }
        Vec<T> a = (z_i >= 0 ? splat<T>(1) : e) / (1 + e);
        store<T>(z + i, (a - y_i) * w_i);
    }
    return sum<T>(weighted ? loss : loss + log1p<T>(p));
}

// The largest z of each column
template <class T> ALWAYS_INLINE Vec<T> largest(const T* z, int n_out, int width) {
    Vec<T> top = load(z);
    for (int k = 1; k < n_out; k++) {
        Vec<T> z_k = load(z + (size_t)k * width);
        top = z_k <= top ? top : z_k;  // not a number wins
    }
    return top;
}

// log sum_j exp(z_j - max z) - sum_k y_k (z_k - max z) and dz = a - y
template <class T>
inline T categorical_cross_entropy(T* z, const T* y, const T* w, int n_out, int width) {
    Vec<T> loss = {};
    for (int i = 0; i < width; i += LANES<T>) {
        Vec<T> top = largest(z + i, n_out, width), total = {}, chosen = {};
        for (int k = 0; k < n_out; k++) {
            size_t at = (size_t)k * width + i;
            Vec<T> z_k = load(z + at) - top, e = exp<T>(z_k);
            total += e;
            chosen += load(y + at) * z_k;
            store<T>(z + at, e);
        }
        Vec<T> w_i = load(w + i);
        loss += w_i * (log1p<T>(total - 1) - chosen);
        for (int k = 0; k < n_out; k++) {
            size_t at = (size_t)k * width + i;
            store<T>(z + at, (load(z + at) / total - load(y + at)) * w_i);
        }
    }
    return sum<T>(loss);
}

// The losses of a regression are means over the outputs of a loss of each, which is here with its
// slope dL/dz.
template <class T> struct Entry {
    Vec<T> loss, slope;
};

// log y for y > 0
template <class T> ALWAYS_INLINE Vec<T> log(Vec<T> y) {
    Vec<T> logarithm = log1p<T>(y >= 1 ? y - 1 : (1 - y) / y);
    return y >= 1 ? logarithm : -logarithm;
}

template <class T> ALWAYS_INLINE Entry<T> entry(Loss loss, Vec<T> z, Vec<T> y) {
    const Vec<T> d = z - y, none = {};
    switch (loss.kind) {
        case LossKind::mean_absolute_error:
            return {absolute<T>(d), d * 0 + (d > 0 ? splat<T>(1) : d < 0 ? splat<T>(-1) : none)};
        case LossKind::huber: {
            Vec<T> slope = d > 1 ? splat<T>(1) : d < -1 ? splat<T>(-1) : d;
            return {slope * (d - slope / 2), slope};
        }
        case LossKind::poisson: {  // a = exp(z), of y log(y / a) - y + a
            Vec<T> a = exp<T>(z > LARGEST_EXPONENT ? splat<T>(LARGEST_EXPONENT) : z);
            return {y > 0 ? y * (log<T>(y) - z) - y + a : a, a - y};
        }
        case LossKind::quantile: {
            Vec<T> slope = d > 0   ? splat<T>(T(1 - loss.level))
                           : d < 0 ? splat<T>(T(-loss.level))
                                   : none;
            return {slope * d, slope};
        }
        default:  // mean squared error
            return {d * d, 2 * d};
    }
}

template <class T>
inline T mean_of_entries(Loss loss, T* z, const T* y, const T* w, int n_out, int width) {
    Vec<T> total = {};
    for (int i = 0; i < width; i += LANES<T>) {
        Vec<T> w_i = load(w + i), losses = {};
        for (int k = 0; k < n_out; k++) {
            size_t at = (size_t)k * width + i;
            Entry<T> e = entry<T>(loss, load(z + at), load(y + at));
            losses += e.loss;
            store<T>(z + at, e.slope * (T(1) / n_out) * w_i);
        }
        total += w_i * (losses / T(n_out));
    }
    return sum<T>(total);
}

template <class T>
inline T loss_and_dz(Loss loss, T* z, const T* y, const T* w, int n_out, int width, bool weighted) {
    switch (loss.kind) {
        case LossKind::binary_cross_entropy: {
            T total = 0;
            for (size_t k = 0; k < (size_t)n_out * width; k += width)
                total += binary_cross_entropy(z + k, y + k, w, width, weighted);
            return total;
        }
        case LossKind::categorical_cross_entropy:
            return categorical_cross_entropy(z, y, w, n_out, width);
        default:
            return mean_of_entries(loss, z, y, w, n_out, width);
    }
}

// a of the last layer, in place of z: sigmoid, softmax, exp or identity, as the loss has it
template <class T> inline void output_activation(Loss loss, T* z, int n_out, int width) {
    if (loss.kind == LossKind::binary_cross_entropy)
        activate(Activation::sigmoid, z, (size_t)n_out * width);
    if (loss.kind == LossKind::poisson)
        for (int i = 0; i < n_out * width; i += LANES<T>) {
            Vec<T> z_i = load(z + i);
            store<T>(z + i, exp<T>(z_i > LARGEST_EXPONENT ? splat<T>(LARGEST_EXPONENT) : z_i));
        }
    if (loss.kind != LossKind::categorical_cross_entropy) return;
    for (int i = 0; i < width; i += LANES<T>) {
        Vec<T> top = largest(z + i, n_out, width), total = {};
        for (int k = 0; k < n_out; k++) {
            Vec<T> e = exp<T>(load(z + (size_t)k * width + i) - top);
            total += e;
            store<T>(z + (size_t)k * width + i, e);
        }
        for (int k = 0; k < n_out; k++) {
            T* at = z + (size_t)k * width + i;
            store<T>(at, load(at) / total);
        }
    }
}

}  // namespace GLASSNET_PATH
}  // namespace glassnet
