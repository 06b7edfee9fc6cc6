// Forward pass and backpropagation of one tile, as in backprop.py; compiled once per instruction
// set.
//
//   forward    z_l = W_l a_{l-1} + b_l        a_l = g_l(z_l)             with a_0 = x
//   backward   dW_l = dz_l a_{l-1}'           db_l = dz_l 1
//              da_{l-1} = W_l' dz_l           dz_{l-1} = da_{l-1} * g'(z_{l-1})
#include "kernels.hpp"

#include "dropout.hpp"
#include "losses.hpp"
#include "optimizers.hpp"
#include "products.hpp"
#include "small.hpp"

namespace glassnet {
namespace GLASSNET_PATH {

// Transposes (n_rows, n_columns) into (n_columns, n_rows), a square of lanes at a time. Both
// pitches must be whole vectors; rows that are missing from the last square count as zeros.
template <class T, int S = 1> ALWAYS_INLINE void transpose_square(Vec<T>* v) {
    constexpr auto lanes = std::make_integer_sequence<int, LANES<T>>{};
#pragma GCC unroll 16
    for (int i = 0; i < LANES<T>; i++)
        if (!(i & S)) exchange<T, S>(v[i], v[i + S], lanes);
    if constexpr (2 * S < LANES<T>) transpose_square<T, 2 * S>(v);
}

template <class T>
inline void transpose(const T* from, int n_rows, int n_columns, int pitch, T* to, int to_pitch) {
    constexpr int L = LANES<T>;
    for (int i = 0; i < n_rows; i += L)
        for (int j = 0; j < n_columns; j += L) {
            Vec<T> v[L];
#pragma GCC unroll 16
            for (int r = 0; r < L; r++)
                v[r] = i + r < n_rows ? load(from + (size_t)(i + r) * pitch + j) : Vec<T>{};
            transpose_square<T>(v);
            T* corner = to + (size_t)j * to_pitch + i;
#pragma GCC unroll 16
            for (int c = 0; c < L; c++)
                if (j + c < n_columns) store<T>(corner + (size_t)c * to_pitch, v[c]);
        }
}

// x, y and w of one tile from the rows of X, Y and weight; columns beyond the samples are 0.
template <class T> void load_tile(const Pass<T>& p, int tile) {
    const int n_in = p.layers[0].n_in, n_out = p.layers[p.n_layers - 1].n_out, width = p.width;
    T* x_rows = p.a_rows[0] + (size_t)tile * width * p.pitch[0];
    T* y = p.y + (size_t)tile * n_out * width;
    T* w = p.w + (size_t)tile * width;
    for (int s = 0; s < width; s++) {
        const int sample = tile * width + s;
        T* x_row = x_rows + (size_t)s * p.pitch[0];
        if (sample >= p.samples) {
            __builtin_memset(x_row, 0, n_in * sizeof(T));
            for (int k = 0; k < n_out; k++) y[(size_t)k * width + s] = 0;
            w[s] = 0;
            continue;
        }
        const size_t row = p.rows ? (size_t)p.rows[sample] : (size_t)sample;
        if (p.rows && sample + width < p.rows_ahead) {
            // Rows in random order come from afar: those of the next tile are sent for now.
            const size_t next = (size_t)p.rows[sample + width];
            __builtin_prefetch(p.X + next * n_in);
            __builtin_prefetch(p.X + next * n_in + n_in - 1);
            __builtin_prefetch(p.Y + next * n_out);
        }
        __builtin_memcpy(x_row, p.X + row * n_in, n_in * sizeof(T));
        if (p.Y)
            for (int k = 0; k < n_out; k++) y[(size_t)k * width + s] = p.Y[row * n_out + k];
        w[s] = p.weight ? p.weight[row] : T(1);
    }
    transpose(x_rows, width, n_in, p.pitch[0], p.a[0] + (size_t)tile * n_in * width, width);
}

// z_l = W_l a_{l-1} + b_l for all layers and a_l = g_l(z_l) for the hidden ones.
template <class T> inline void forward_to_logits(const Pass<T>& p, int tile) {
    const int width = p.width;
    for (int l = 0; l < p.n_layers; l++) {
        const Layer& layer = p.layers[l];
        const bool hidden = l + 1 < p.n_layers;
        const size_t n = (size_t)layer.n_out * width;
        T* z = (hidden ? p.a[l + 1] : p.dz[l + 1]) + tile * n;
        Product<T> product = {};
        product.A = {p.parameters + layer.W, 0, (size_t)layer.n_in, 1};
        product.B = {p.a[l] + (size_t)tile * layer.n_in * width, 0, (size_t)width, 1};
        product.start = p.parameters + layer.b;
        product.C = z;
        product.C_row = width;
        product.segments = 1;
        product.n_k = layer.n_in;
        multiply(product, 0, layer.n_out, width);
        if (!hidden) continue;
        if (p.z[l + 1]) __builtin_memcpy(p.z[l + 1] + tile * n, z, n * sizeof(T));
        activate(layer.g, z, n);
        if (p.slope[l + 1]) drop(p, l + 1, tile);
    }
}

template <class T> void forward(const Pass<T>& p, int tile) {
    forward_to_logits(p, tile);
    const int n_out = p.layers[p.n_layers - 1].n_out;
    output_activation(p.loss, p.dz[p.n_layers] + (size_t)tile * n_out * p.width, n_out, p.width);
}

// The outputs as `forward` leaves them, and the loss.
template <class T> void forward_and_loss(const Pass<T>& p, int tile) {
    forward_to_logits(p, tile);
    const int n_out = p.layers[p.n_layers - 1].n_out, width = p.width;
    T* z = p.dz[p.n_layers] + (size_t)tile * n_out * width;
    __builtin_memcpy(p.logits, z, (size_t)n_out * width * sizeof(T));
    p.tile_loss[tile] = loss_and_dz(p.loss, p.logits, p.y + (size_t)tile * n_out * width,
                                    p.w + (size_t)tile * width, n_out, width, p.weight != nullptr);
    output_activation(p.loss, z, n_out, width);
}

template <class T> void forward_and_backward(const Pass<T>& p, int tile) {
    forward_to_logits(p, tile);
    const int n_out = p.layers[p.n_layers - 1].n_out, width = p.width;
    p.tile_loss[tile] = loss_and_dz(p.loss, p.dz[p.n_layers] + (size_t)tile * n_out * width,
                                    p.y + (size_t)tile * n_out * width, p.w + (size_t)tile * width,
                                    n_out, width, p.weight != nullptr);
    for (int l = p.n_layers - 1; l > 0; l--) {
        const Layer& layer = p.layers[l];
        const size_t n = (size_t)layer.n_in * width;
        T* da = p.dz[l] + tile * n;
        const T* a = p.a[l] + tile * n;
        Product<T> product = {};
        product.A = {p.parameters + layer.W, 0, 1, (size_t)layer.n_in};
        product.B = {p.dz[l + 1] + (size_t)tile * layer.n_out * width, 0, (size_t)width, 1};
        product.C = da;
        product.C_row = width;
        product.segments = 1;
        product.n_k = layer.n_out;
        multiply(product, 0, layer.n_in, width);
        hidden_dz(p, l, tile * n, n);
        if (layer.by_sample)
            transpose(a, layer.n_in, width, width, p.a_rows[l] + (size_t)tile * width * p.pitch[l],
                      p.pitch[l]);
    }
}

// Rows [from, to) of dW_l = dz_l a_{l-1}' and of db_l, summed over all samples of the pass.
template <class T> void gradient(const Pass<T>& p, int l, int from, int to, bool add) {
    const Layer& layer = p.layers[l];
    Dots<T> d = {};
    d.dz = p.dz[l + 1];
    d.a = p.a[l];
    d.dz_tile = (size_t)layer.n_out * p.width;
    d.a_tile = (size_t)layer.n_in * p.width;
    d.tiles = p.tiles;
    d.width = p.width;
    d.n_in = layer.n_in;
    d.dW = p.gradient + layer.W;
    d.db = p.gradient + layer.b;
    d.add = add;
    if (!layer.by_sample) return dots_and_bias(d, from, to);
    dots_rows<T, 0, true>(d, from, to, 0);
    Product<T> product = {};
    product.A = {d.dz, d.dz_tile, (size_t)p.width, 1};
    product.B = {p.a_rows[l], (size_t)p.width * p.pitch[l], (size_t)p.pitch[l], 1};
    product.C = d.dW;
    product.C_row = layer.n_in;
    product.segments = p.tiles;
    product.n_k = p.width;
    product.add = add;
    multiply(product, from, to, layer.n_in);
}

// Functions by number: the activations, then exp, expm1 and log1p. n must be whole vectors.
template <class T> void elementary(int function, T* values, size_t n) {
    switch (function) {
        case 8:
            return apply(values, n, [](Vec<T> v) { return exp<T>(v); });
        case 9:
            return apply(values, n, [](Vec<T> v) { return expm1<T>(v); });
        case 10:
            return apply(values, n, [](Vec<T> v) { return log1p<T>(v); });
        default:
            return activate(Activation(function), values, n);
    }
}

template <class T> constexpr Kernels<T> kernels = {LANES<T>,
                                                   load_tile<T>,
                                                   forward<T>,
                                                   forward_and_loss<T>,
                                                   forward_and_backward<T>,
                                                   small_pass<T>,
                                                   gradient<T>,
                                                   gradient_descent<T>,
                                                   adam<T>,
                                                   rmsprop<T>,
                                                   finite<T>,
                                                   squares<T>,
                                                   elementary<T>};

#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)
extern const InstructionSet instructions;
const InstructionSet instructions = {TEXT(GLASSNET_PATH), kernels<double>, kernels<float>};

}  // namespace GLASSNET_PATH
}  // namespace glassnet
