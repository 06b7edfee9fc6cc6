// The layers of a network, and the memory one pass through them needs.
#pragma once
#include <algorithm>
#include <cmath>
#include <memory>
#include <new>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "kernels.hpp"

namespace glassnet {

struct Network {
    std::vector<Layer> layers;
    Loss loss;
    size_t n_parameters = 0;

    // Adds the next layer, whose parameters follow those of the last one.
    void add(int n_in, int n_out, Activation g) {
        const size_t W = n_parameters, b = W + (size_t)n_in * n_out;
        layers.push_back({n_in, n_out, g, W, b, false});
        n_parameters = b + n_out;
    }

    int n_in() const { return layers.front().n_in; }
    int n_out() const { return layers.back().n_out; }

    // About what one sample costs, in multiplications: an activation costs as much as some 20.
    double cost() const {
        double neurons = 0;
        for (const Layer& layer : layers) neurons += layer.n_out;
        return (double)n_parameters + 20 * neurons;
    }

    // Samples whose a and dz are kept at once, at most: enough that threads are worth sharing
    // them, few enough for the cache. It depends on nothing else, so that sums are always cut at
    // the same places.
    int chunk() const {
        const double samples = std::min(4e6 / cost(), 16384.0);
        return std::max(512, (int)samples / TILE * TILE);
    }
};

template <class T> struct Samples {
    const T *X, *Y, *weight;  // weight is null where every sample counts once
    int64_t n;
};

inline int whole(int n, int unit) { return (n + unit - 1) / unit * unit; }

// Memory for passes of up to `most` samples, with dropout if there are rates of hidden layers.
template <class T> class Workspace {
  public:
    Workspace(const Network& network, const Kernels<T>& kernels, int most,
              const std::vector<double>& dropout = {})
        : network(network), lanes(kernels.lanes), layers(network.layers) {
        place(most, dropout);  // counts
        memory.reset(static_cast<T*>(::operator new(used * sizeof(T), std::align_val_t(64))));
        std::fill(memory.get(), memory.get() + used, T(0));
        used = 0;
        place(most, dropout);
    }

    Workspace(const Workspace&) = delete;

    // Cuts the samples into tiles of equal width.
    void shape(int samples) {
        pass.samples = samples;
        pass.tiles = (samples + TILE - 1) / TILE;
        pass.width = whole((samples + pass.tiles - 1) / pass.tiles, lanes);
    }

    // Whether the pass as it is shaped is small.hpp's.
    bool small() const {
        return pass.dots && pass.tiles == 1 && pass.width <= SMALL_VECTORS * lanes;
    }

    const Network& network;
    const int lanes;
    Pass<T> pass = {};

  private:
    struct Free {
        void operator()(T* p) const { ::operator delete(p, std::align_val_t(64)); }
    };

    // Gives every array its place in the memory; before there is any, counts what they take.
    void place(int most, const std::vector<double>& dropout) {
        const int n = (int)layers.size();
        const int samples = whole(most, lanes) + TILE;  // whatever the width: see `shape`
        const int widest = most > TILE ? TILE : whole(most, lanes);
        a.resize(n + 1), a_rows.resize(n + 1), z.resize(n + 1), dz.resize(n + 1);
        pitch.resize(n + 1), slope.resize(n + 1), drops.resize(n + 1);
        for (int l = 0; l < n; l++) {
            layers[l].by_sample = layers[l].n_in >= lanes;
            pitch[l] = whole(layers[l].n_in, lanes);
            if (pitch[l] * sizeof(T) % 2048 == 0) pitch[l] += lanes;  // rows that share cache sets
            a[l] = numbers((size_t)samples * layers[l].n_in);
            if (l == 0 || layers[l].by_sample) a_rows[l] = numbers((size_t)samples * pitch[l]);
            if (l > 0 && layers[l - 1].g == Activation::gelu)
                z[l] = numbers((size_t)samples * layers[l].n_in);
            dz[l + 1] = numbers((size_t)samples * layers[l].n_out);
        }
        for (size_t l = 1; l <= dropout.size(); l++) {
            if (dropout[l - 1] == 0) continue;
            drops[l] = {(int64_t)std::ceil(std::ldexp(dropout[l - 1], 53)),
                        1 / (1 - dropout[l - 1])};
            slope[l] = numbers((size_t)samples * layers[l - 1].n_out);
        }
        pass.layers = layers.data();
        pass.n_layers = n;
        pass.loss = network.loss;
        pass.y = numbers((size_t)samples * network.n_out());
        pass.w = numbers(samples);
        pass.logits = numbers((size_t)widest * network.n_out());
        const size_t n_parameters = network.n_parameters;
        if (n_parameters <= SMALL_NETWORK) pass.dots = numbers((n_parameters + lanes) * lanes);
        pass.tile_loss = numbers(samples / lanes + widest);
        pass.a = a.data(), pass.a_rows = a_rows.data(), pass.pitch = pitch.data();
        pass.z = z.data(), pass.dz = dz.data(), pass.slope = slope.data();
        pass.drops = drops.data();
    }

    T* numbers(size_t n) {
        const size_t line = 64 / sizeof(T), at = used;
        used += (n + line - 1) / line * line;
#ifdef __SANITIZE_ADDRESS__  // a line that nobody may touch, so that one who does is seen
        used += line;
        if (memory) ASAN_POISON_MEMORY_REGION(memory.get() + used - line, 64);
#endif
        return memory ? memory.get() + at : nullptr;
    }

    std::unique_ptr<T, Free> memory;
    size_t used = 0;
    std::vector<Layer> layers;
    std::vector<T*> a, a_rows, z, dz, slope;
    std::vector<Drop> drops;
    std::vector<int> pitch;
};

}  // namespace glassnet
