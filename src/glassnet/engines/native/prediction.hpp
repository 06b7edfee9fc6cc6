// Every layer's a for any number of rows, in chunks that threads share.
#pragma once
#include "network.hpp"
#include "team.hpp"

namespace glassnet {

constexpr int CHUNK = 512;  // samples that one thread takes at once

// outputs[l] is (n, n_l) for layers l = 1 ... L, one row a sample; null for those not wanted.
template <class T>
void predict(const Network& network, const Kernels<T>& kernels, const T* parameters, const T* X,
             int64_t n, const std::vector<T*>& outputs, Team& team) {
    const int most = (int)std::min<int64_t>(n, CHUNK), n_layers = (int)network.layers.size();
    std::vector<std::unique_ptr<Workspace<T>>> work;
    for (int worker = 0; worker < team.size(); worker++)
        work.push_back(std::make_unique<Workspace<T>>(network, kernels, most));
    team.each((int)((n + CHUNK - 1) / CHUNK), [&](int chunk, int worker) {
        Workspace<T>& w = *work[worker];
        Pass<T>& pass = w.pass;
        const int64_t from = (int64_t)chunk * CHUNK;
        w.shape((int)std::min<int64_t>(n - from, CHUNK));
        pass.parameters = parameters;
        pass.X = X + from * network.n_in();
        for (int tile = 0; tile < pass.tiles; tile++) {
            kernels.load(pass, tile);
            kernels.forward(pass, tile);
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
}

}  // namespace glassnet
