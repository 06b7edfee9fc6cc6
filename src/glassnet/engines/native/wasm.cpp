// The face of the compiled engine in WebAssembly: C functions on plain structs.
//
// webassembly.py is their only caller. It has the same structs, field by field, and checks the
// size of every array before it calls, for nothing is checked here. Arrays are of double where a
// number takes 8 `bytes`, else of float.
#include "prediction.hpp"
#include "training.hpp"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace glassnet {

namespace baseline {
extern const InstructionSet instructions;
}

// The samples, one row each; Y and weight may be null.
struct Arrays {
    const void *X, *Y, *weight;
    int64_t n;
};

struct Plan {
    double rule[5];  // the fields of GradientDescent, Adam or RMSprop, in their order
    double l1, l2, stop_below, clip_norm;
    int64_t rule_number, batch_size, epochs, record_every, n_dropout;
    const double *dropout, *rate_factors;
};

// The numbers of a run, and where it writes what it does; snapshots may be null.
struct Progress {
    double step;
    int64_t epoch, keep_losses, stop, n_losses, n_snapshots;
    void *values, *fallback;
    double* losses;
    void *bad, *snapshots;
};

struct Masks {
    uint64_t key, first;
    int64_t n_dropout;
    const double* dropout;
};

// What Python draws, into `key` and `order`, and whether it asks to stop. `order` is null where
// there is one batch only.
struct Calls {
    uint64_t key;
    int64_t* order;
    void (*draw)();
    int (*asked)();
};

template <class T> static const Kernels<T>& kernels() {
    if constexpr (sizeof(T) == 8)
        return baseline::instructions.float64;
    else
        return baseline::instructions.float32;
}

template <class T> static Samples<T> samples_of(const Arrays& a) {
    return {(const T*)a.X, (const T*)a.Y, (const T*)a.weight, a.n};
}

static Rule rule_of(const Plan& plan) {
    const double* r = plan.rule;
    if (plan.rule_number == 0) return GradientDescent{r[0], r[1], r[2] != 0};
    if (plan.rule_number == 1) return Adam{r[0], r[1], r[2], r[3], r[4]};
    return RMSprop{r[0], r[1], r[2], r[3]};
}

template <class T> static double outputs(const Network& network, const void* parameters,
                                         const Arrays& arrays, void* const* to) {
    Team alone(1);
    const std::vector<T*> wanted((T* const*)to, (T* const*)to + network.layers.size());
    return predict(network, kernels<T>(), (const T*)parameters, samples_of<T>(arrays), wanted,
                   alone);
}

template <class T> static double gradient(const Network& network, const void* parameters,
                                          const Arrays& arrays, const Masks& masks,
                                          const Calls& calls, void* out) {
    Settings settings = {};
    settings.batch_size = arrays.n;
    settings.dropout.assign(masks.dropout, masks.dropout + masks.n_dropout);
    Watch watch([&] { return calls.asked() != 0; });
    Team alone(1);
    Trainer<T> trainer(network, kernels<T>(), samples_of<T>(arrays), settings, alone);
    double loss;
    trainer.mask(masks.key, masks.first);
    trainer.loss_and_gradient((const T*)parameters, nullptr, arrays.n, &loss, watch);
    std::copy(trainer.gradient(), trainer.gradient() + network.n_parameters, (T*)out);
    return loss;
}

template <class T> static void advance(const Network& network, const Plan& plan,
                                       const Arrays& arrays, Progress& run, const Calls& calls) {
    const Settings settings = {rule_of(plan),     {plan.l1, plan.l2},
                               plan.batch_size,   plan.epochs,
                               plan.record_every, plan.stop_below,
                               plan.clip_norm,    {plan.dropout, plan.dropout + plan.n_dropout}};
    const Record<T> record = {plan.rate_factors, run.losses, run.keep_losses != 0,
                              (T*)run.snapshots, (T*)run.bad};
    State<T> state = {(T*)run.values, (T*)run.fallback, run.step, run.epoch};
    const Drawing draw = [&] {
        calls.draw();
        return Draw{calls.key, calls.order};
    };
    Watch watch([&] { return calls.asked() != 0; });
    Team alone(1);
    Trainer<T> trainer(network, kernels<T>(), samples_of<T>(arrays), settings, alone);
    const Outcome done = trainer.advance(state, record, draw, watch);
    run.step = state.step, run.epoch = state.epoch;
    run.stop = (int64_t)done.stop, run.n_losses = done.losses, run.n_snapshots = done.snapshots;
}

}  // namespace glassnet

using namespace glassnet;

// The sizes of the structs in bytes, for webassembly.py to compare with its own.
EXPORT int glassnet_struct_bytes(int number) {
    const size_t bytes[] = {sizeof(Arrays), sizeof(Plan), sizeof(Progress), sizeof(Masks),
                            sizeof(Calls)};
    return (int)bytes[number];
}

EXPORT Network* glassnet_network(int n_layers, const int* sizes, const int* activations, int loss,
                                 double level) {
    Network* network = new Network;
    network->loss = Loss{LossKind(loss), level};
    for (int l = 0; l < n_layers; l++)
        network->add(sizes[l], sizes[l + 1], Activation(activations[l]));
    return network;
}

EXPORT void glassnet_free(Network* network) { delete network; }

// outputs[l] of each layer, null for those not wanted. Returns the loss where there is a Y.
EXPORT double glassnet_outputs(const Network* network, int bytes, const void* parameters,
                               const Arrays* arrays, void* const* to) {
    return (bytes == 8 ? outputs<double> : outputs<float>)(*network, parameters, *arrays, to);
}

EXPORT double glassnet_gradient(const Network* network, int bytes, const void* parameters,
                                const Arrays* arrays, const Masks* masks, const Calls* calls,
                                void* out) {
    return (bytes == 8 ? gradient<double> : gradient<float>)(*network, parameters, *arrays, *masks,
                                                             *calls, out);
}

EXPORT void glassnet_advance(const Network* network, int bytes, const Plan* plan,
                             const Arrays* arrays, Progress* run, const Calls* calls) {
    (bytes == 8 ? advance<double> : advance<float>)(*network, *plan, *arrays, *run, *calls);
}

EXPORT void glassnet_elementary(int bytes, int function, void* values, size_t n) {
    if (bytes == 8)
        kernels<double>().elementary(function, (double*)values, n);
    else
        kernels<float>().elementary(function, (float*)values, n);
}
