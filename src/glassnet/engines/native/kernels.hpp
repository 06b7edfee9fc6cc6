// What the loop of training asks of one instruction set: plain data and a table of functions.
#pragma once
#include <cstddef>
#include <cstdint>

namespace glassnet {

enum class Activation { sigmoid, tanh, relu, leaky_relu, elu, gelu, softplus, identity };
enum class LossKind {
    binary_cross_entropy,
    categorical_cross_entropy,
    mean_squared_error,
    mean_absolute_error,
    huber,
    poisson,
    quantile
};
constexpr int LOSS_KINDS = 7;
struct Loss {
    LossKind kind;
    double level;  // of a quantile, between 0 and 1
};

// The settings of each update rule, as in optimizers.py.
struct GradientDescent {
    double learning_rate, momentum;
    bool nesterov;
};
struct Adam {
    double learning_rate, beta1, beta2, epsilon, weight_decay;
};
struct RMSprop {
    double learning_rate, decay, epsilon, momentum;
};

// Layer l of the tutorial: z = W a + b with W (n_out, n_in), and where W and b start in the vector.
struct Layer {
    int n_in, n_out;
    Activation g;
    size_t W, b;
    bool by_sample;  // dW from vectors over inputs, not over samples: for more than a few inputs
};

// What dropout does in a hidden layer: a neuron whose number, of 53 bits, is `below` this is left
// out; one that is kept counts `kept` times.
struct Drop {
    int64_t below;
    double kept;
};

// One tile of so few vectors through a network of so few parameters is done in a single call.
constexpr int SMALL_VECTORS = 8, SMALL_NETWORK = 256;

constexpr int TILE = 64;  // samples that go through the layers together, at most

// A chunk of samples on its way through the network, in tiles of `width` columns:
// tile t of a[l] is (n_l, width), and so are those of z and dz. a[0] is x.
template <class T> struct Pass {
    const Layer* layers;
    int n_layers;
    Loss loss;
    const T* parameters;
    T* gradient;

    const T *X, *Y, *weight;  // one row a sample; weight is null where each counts once
    const int64_t* rows;      // which rows, in which order; null for all from the first
    int64_t rows_ahead;       // how many are known from there on
    int samples, tiles, width;

    T* const* a;       // by layer, 0 ... L - 1
    T* const* a_rows;  // a[l] transposed, one row of `pitch[l]` a sample, where by_sample asks
    const int* pitch;
    T* const* z;   // of hidden layers with gelu, else null
    T* const* dz;  // by layer, 1 ... L
    T *y, *w;      // tiles of (n_out, width) and (1, width)
    T* tile_loss;  // (tiles,)
    T* dots;       // (n_parameters, lanes) of small networks, see small.hpp; else null
    T* logits;     // (n_out, width) of one tile, for a loss whose outputs are wanted too

    const Drop* drops;    // by layer, 1 ... L - 1
    T* const* slope;      // mask * g'(z) of hidden layers with dropout, else null
    uint64_t key, first;  // of the epoch; and the place of the first sample in its order
};

// What one update works on, whatever the rule.
template <class T> struct Update {
    double scale;  // gradient sum -> gradient of the average
    double step;   // number of this update, from 1
    T* parameters;
    const T* gradient;
    T *first, *second;  // what the rule remembers
};

template <class T> struct Kernels {
    int lanes;
    void (*load)(const Pass<T>&, int tile);
    void (*forward)(const Pass<T>&, int tile);
    void (*forward_and_loss)(const Pass<T>&, int tile);
    void (*forward_and_backward)(const Pass<T>&, int tile);
    void (*small_pass)(const Pass<T>&);
    void (*gradient)(const Pass<T>&, int layer, int from_row, int to_row, bool add);
    // One update of the parameters [from, to).
    void (*gradient_descent)(const GradientDescent&, const Update<T>&, size_t from, size_t to);
    void (*adam)(const Adam&, const Update<T>&, size_t from, size_t to);
    void (*rmsprop)(const RMSprop&, const Update<T>&, size_t from, size_t to);
    bool (*finite)(const T*, size_t n);
    double (*squares)(const T*, size_t n);           // their sum
    void (*elementary)(int function, T*, size_t n);  // for the test of accuracy
};

struct InstructionSet {
    const char* name;
    Kernels<double> float64;
    Kernels<float> float32;
};

}  // namespace glassnet
