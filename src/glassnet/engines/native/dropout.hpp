// Dropout, as in dropout.py: masks from a counter, the same however samples are cut into tiles.
#pragma once
#include "activations.hpp"

namespace glassnet {
namespace GLASSNET_PATH {

// The `number`-th output, from 0, of the SplitMix64 generator that is seeded with `key`
ALWAYS_INLINE uint64_t mixed(uint64_t key, uint64_t number) {
    uint64_t bits = key + 0x9e3779b97f4a7c15 * (number + 1);
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
}

// Masks a of hidden layer l in one tile, and leaves mask * g'(z) for the way back: g' needs the a
// that is then no longer there.
template <class T> __attribute__((noinline)) void drop(const Pass<T>& p, int l, int tile) {
    const Layer& layer = p.layers[l - 1];
    const int width = p.width;
    const int64_t dropped = p.drops[l].below;
    const T kept = T(p.drops[l].kept);
    const size_t first = (size_t)tile * layer.n_out * width;
    const uint64_t layer_key = mixed(p.key, l), sample = p.first + (uint64_t)tile * width;
    uint64_t keys[TILE];
    T mask[TILE];
    for (int s = 0; s < width; s++) keys[s] = mixed(layer_key, sample + s);
    for (int i = 0; i < layer.n_out; i++) {
        T* a = p.a[l] + first + (size_t)i * width;
        T* slope = p.slope[l] + first + (size_t)i * width;
        const T* z = p.z[l] ? p.z[l] + first + (size_t)i * width : nullptr;
        for (int s = 0; s < width; s++)
            slope[s] = mask[s] = (int64_t)(mixed(keys[s], i) >> 11) < dropped ? 0 : kept;
        backward(layer.g, slope, a, z, width);
        for (int s = 0; s < width; s++) a[s] *= mask[s];
    }
}

// dz from da, in place: n numbers of hidden layer l from `at` on
template <class T> inline void hidden_dz(const Pass<T>& p, int l, size_t at, size_t n) {
    T* da = p.dz[l] + at;
    if (p.slope[l])
        scale(da, p.slope[l] + at, n, [](Vec<T> slope) { return slope; });
    else
        backward(p.layers[l - 1].g, da, p.a[l] + at, p.z[l] ? p.z[l] + at : nullptr, n);
}

}  // namespace GLASSNET_PATH
}  // namespace glassnet
