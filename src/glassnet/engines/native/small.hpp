// One whole pass of a small network over few samples: loss and gradient in a single call.
//
// Here a call, a switch or a block's edges cost as much as the arithmetic between them. So all
// samples are one tile of V vectors, V known to the compiler, and the rows of a layer are taken
// one by one. The products of a gradient's dots stay vectors until the end, in the order of the
// parameters, where their lanes are summed for LANES parameters at once.
#pragma once
#include "dropout.hpp"
#include "losses.hpp"

namespace glassnet {
namespace GLASSNET_PATH {

// V vectors of sum_k w[k w_step] rows[k], on top of `start`
template <class T, int V>
ALWAYS_INLINE void combine(T start, const T* w, size_t w_step, const T* rows, int n_k, T* to) {
    constexpr int L = LANES<T>;
    Vec<T> c[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; v++) c[v] = splat<T>(start);
    for (int k = 0; k < n_k; k++, w += w_step, rows += V * L)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) c[v] += *w * load(rows + v * L);
#pragma GCC unroll 8
    for (int v = 0; v < V; v++) store<T>(to + v * L, c[v]);
}

// The vectors whose lanes add up to dW = dz a' and db = dz 1.
template <class T, int V>
ALWAYS_INLINE void dots_of_layer(const Layer& layer, const T* dz, const T* a, T* dots) {
    constexpr int L = LANES<T>;
    T *dW = dots + layer.W * L, *db = dots + layer.b * L;
    for (int i = 0; i < layer.n_out; i++, dz += V * L, db += L) {
        Vec<T> d[V], total = {};
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) total += d[v] = load(dz + v * L);
        store<T>(db, total);
        for (int j = 0; j < layer.n_in; j++, dW += L) {
            Vec<T> dot = d[0] * load(a + j * V * L);
#pragma GCC unroll 8
            for (int v = 1; v < V; v++) dot += d[v] * load(a + (j * V + v) * L);
            store<T>(dW, dot);
        }
    }
}

template <class T, int V> inline void small_pass_of(const Pass<T>& p) {
    constexpr int L = LANES<T>, width = V * L;
    const int last = p.n_layers;
    for (int l = 0; l < last; l++) {
        const Layer& layer = p.layers[l];
        const T *W = p.parameters + layer.W, *b = p.parameters + layer.b;
        const bool hidden = l + 1 < last;
        T* z = hidden ? p.a[l + 1] : p.dz[l + 1];
        for (int i = 0; i < layer.n_out; i++)
            combine<T, V>(b[i], W + (size_t)i * layer.n_in, 1, p.a[l], layer.n_in, z + i * width);
        if (!hidden) continue;
        const size_t n = (size_t)layer.n_out * width;
        if (p.z[l + 1]) __builtin_memcpy(p.z[l + 1], z, n * sizeof(T));
        activate(layer.g, z, n);
        if (p.slope[l + 1]) drop(p, l + 1, 0);
    }
    p.tile_loss[0] = loss_and_dz(p.loss, p.dz[last], p.y, p.w, p.layers[last - 1].n_out, width,
                                 p.weight != nullptr);
    for (int l = last - 1; l > 0; l--) {
        const Layer& layer = p.layers[l];
        const T* W = p.parameters + layer.W;
        for (int j = 0; j < layer.n_in; j++)
            combine<T, V>(0, W + j, layer.n_in, p.dz[l + 1], layer.n_out, p.dz[l] + j * width);
        dots_of_layer<T, V>(layer, p.dz[l + 1], p.a[l], p.dots);
        hidden_dz(p, l, 0, (size_t)layer.n_in * width);
    }
    dots_of_layer<T, V>(p.layers[0], p.dz[1], p.a[0], p.dots);
    const size_t n = p.layers[last - 1].b + p.layers[last - 1].n_out;
    for (size_t i = 0; i < n; i += L) {
        Vec<T> v[L];
#pragma GCC unroll 16
        for (int k = 0; k < L; k++) v[k] = load(p.dots + (i + k) * L);
        store<T>(p.gradient + i, sums<T>(v));
    }
}

template <class T> void small_pass(const Pass<T>& p) {
    switch (p.width / LANES<T>) {
        case 1:
            return small_pass_of<T, 1>(p);
        case 2:
            return small_pass_of<T, 2>(p);
        case 3:
            return small_pass_of<T, 3>(p);
        case 4:
            return small_pass_of<T, 4>(p);
        case 5:
            return small_pass_of<T, 5>(p);
        case 6:
            return small_pass_of<T, 6>(p);
        case 7:
            return small_pass_of<T, 7>(p);
        case 8:
            return small_pass_of<T, 8>(p);
    }
}

}  // namespace GLASSNET_PATH
}  // namespace glassnet
