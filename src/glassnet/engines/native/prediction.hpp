// Every layer's a for any number of rows, and the loss, in chunks that threads share.
#pragma once
#include "network.hpp"
#include "team.hpp"

namespace glassnet {

constexpr int CHUNK = 512;  // samples that one thread takes at once

// `count` samples from `first` on, as one tile; returns their loss.
template <class T> double predict_tile(Workspace<T>& work, const Kernels<T>& kernels,
                                       const T* parameters, const Samples<T>& samples,
                                       int64_t first, int count, const std::vector<T*>& outputs) {
    Pass<T>& pass = work.pass;
    const Network& network = work.network;
    const int n_layers = (int)network.layers.size();
    work.shape(count);
    pass.parameters = parameters;
    pass.X = samples.X + first * network.n_in();
    pass.Y = samples.Y ? samples.Y + first * network.n_out() : nullptr;
    pass.weight = samples.weight ? samples.weight + first : nullptr;
    kernels.load(pass, 0);
    pass.Y ? kernels.forward_and_loss(pass, 0) : kernels.forward(pass, 0);
    for (int l = 1; l <= n_layers; l++) {
        if (!outputs[l - 1]) continue;
        const int n_l = network.layers[l - 1].n_out;
        const T* a = l < n_layers ? pass.a[l] : pass.dz[l];
        T* to = outputs[l - 1] + first * n_l;
        for (int s = 0; s < count; s++)
            for (int k = 0; k < n_l; k++) *to++ = a[(size_t)k * pass.width + s];
    }
    return pass.Y ? pass.tile_loss[0] : 0;
}

// outputs[l] is (n, n_l) for layers l = 1 ... L, one row a sample; null for those not wanted.
// Returns the sum of weighted losses where there are Y, else 0.
template <class T> double predict(const Network& network, const Kernels<T>& kernels,
                                  const T* parameters, const Samples<T>& samples,
                                  const std::vector<T*>& outputs, Team& team) {
    const int64_t n = samples.n;
    const int chunks = (int)((n + CHUNK - 1) / CHUNK);
    std::vector<double> losses(chunks);
    std::vector<std::unique_ptr<Workspace<T>>> work;
    for (int worker = 0; worker < team.size(); worker++)
        work.push_back(
            std::make_unique<Workspace<T>>(network, kernels, (int)std::min<int64_t>(n, TILE)));
    team.each(chunks, [&](int chunk, int worker) {
        const int64_t from = (int64_t)chunk * CHUNK, to = std::min(n, from + CHUNK);
        for (int64_t first = from; first < to; first += TILE)
            losses[chunk] += predict_tile(*work[worker], kernels, parameters, samples, first,
                                          (int)std::min<int64_t>(to - first, TILE), outputs);
    });
    double loss = 0;
    for (double part : losses) loss += part;
    return loss;
}

}  // namespace glassnet
