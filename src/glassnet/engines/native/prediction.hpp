// Every layer's a for any number of rows, and the loss, in chunks that threads share.
#pragma once
#include "network.hpp"
#include "team.hpp"

namespace glassnet {

constexpr int CHUNK = 512;  // samples that one thread takes at once

// outputs[l] is (n, n_l) for layers l = 1 ... L, one row a sample; null for those not wanted.
// Returns the sum of weighted losses where there are Y, else 0.
template <class T>
double predict(const Network& network, const Kernels<T>& kernels, const T* parameters,
               const Samples<T>& samples, const std::vector<T*>& outputs, Team& team) {
    const int64_t n = samples.n;
    const int most = (int)std::min<int64_t>(n, CHUNK), n_layers = (int)network.layers.size();
    const int chunks = (int)((n + CHUNK - 1) / CHUNK);
    std::vector<double> losses(chunks);
    std::vector<std::unique_ptr<Workspace<T>>> work;
    for (int worker = 0; worker < team.size(); worker++)
        work.push_back(std::make_unique<Workspace<T>>(network, kernels, most));
    team.each(chunks, [&](int chunk, int worker) {
        Workspace<T>& w = *work[worker];
        Pass<T>& pass = w.pass;
        const int64_t from = (int64_t)chunk * CHUNK;
        w.shape((int)std::min<int64_t>(n - from, CHUNK));
        pass.parameters = parameters;
        pass.X = samples.X + from * network.n_in();
        pass.Y = samples.Y ? samples.Y + from * network.n_out() : nullptr;
        pass.weight = samples.weight ? samples.weight + from : nullptr;
        for (int tile = 0; tile < pass.tiles; tile++) {
            kernels.load(pass, tile);
            pass.Y ? kernels.forward_and_loss(pass, tile) : kernels.forward(pass, tile);
            if (pass.Y) losses[chunk] += pass.tile_loss[tile];
            const int first = tile * pass.width, last = std::min(first + pass.width, pass.samples);
            for (int l = 1; l <= n_layers; l++) {
                if (!outputs[l - 1]) continue;
                const int n_l = network.layers[l - 1].n_out;
                const T* a = (l < n_layers ? pass.a[l] : pass.dz[l]) + (size_t)tile * n_l * pass.width;
                T* to = outputs[l - 1] + (from + first) * n_l;
                for (int s = 0; s < last - first; s++)
                    for (int k = 0; k < n_l; k++) *to++ = a[(size_t)k * pass.width + s];
            }
        }
    });
    double loss = 0;
    for (double part : losses) loss += part;
    return loss;
}

}  // namespace glassnet
