// The loop of training: epochs, batches, updates, and when to stop, as in interface.py.
#pragma once
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <variant>

#include "network.hpp"
#include "team.hpp"

namespace glassnet {

// The penalty l2/2 sum W^2 + l1 sum |W| on the weights, not the biases.
struct Penalty {
    double l1, l2;
    bool none() const { return l1 == 0 && l2 == 0; }
};

using Rule = std::variant<GradientDescent, Adam, RMSprop>;

// How many vectors a rule remembers from update to update.
inline int memories(const GradientDescent& rule) { return rule.momentum != 0; }
inline int memories(const Adam&) { return 2; }
inline int memories(const RMSprop& rule) { return 1 + (rule.momentum != 0); }

template <class T> auto update_of(const Kernels<T>& k, const GradientDescent&) {
    return k.gradient_descent;
}
template <class T> auto update_of(const Kernels<T>& k, const Adam&) { return k.adam; }
template <class T> auto update_of(const Kernels<T>& k, const RMSprop&) { return k.rmsprop; }

struct Settings {
    Rule rule;
    Penalty penalty;
    int64_t batch_size, epochs, record_every;
    double stop_below;
    double clip_norm;             // infinite where gradients are not clipped
    std::vector<double> dropout;  // one rate for each hidden layer, or none

    int memories() const {
        return std::visit([](const auto& rule) { return glassnet::memories(rule); }, rule);
    }

    bool drops() const {
        return std::any_of(dropout.begin(), dropout.end(), [](double rate) { return rate > 0; });
    }
};

// What is drawn for an epoch: the key of its masks, and the order of its rows, null for all rows
// in one batch.
struct Draw {
    uint64_t key;
    const int64_t* order;
};
using Drawing = std::function<Draw()>;

// The numbers of a run: parameters, then what the rule remembers, then the last good parameters.
template <class T> struct State {
    T *values, *fallback;
    double step;
    int64_t epoch;
};

template <class T> struct Record {
    const double* rate_factors;  // (epochs,), or null where all are 1
    double* losses;              // (epochs,), or the last one only
    bool keep_losses;
    T* snapshots;  // one row after every epoch that record_every divides; may be null
    T* bad;        // (n_parameters,)
};

enum class Stop { epochs_done, loss_below, not_finite, asked };

struct Outcome {
    Stop stop;
    int64_t losses, snapshots;
};

// Asks now and then whether to stop: every 20 ms or so, however long an epoch takes.
class Watch {
  public:
    explicit Watch(std::function<bool()> ask) : ask(std::move(ask)) {}

    // `work` is about the number of multiplications since the last call.
    bool stop(double work) {
        done += work;
        if (done < 4e6) return false;
        done = 0;
        return stop_in_time();
    }

    // The same, where it is not known how much was done.
    bool stop_in_time() {
        const auto time = Clock::now();
        if (time - last < std::chrono::milliseconds(20)) return false;
        last = time;
        return ask();
    }

    bool now() { return ask(); }

  private:
    using Clock = std::chrono::steady_clock;
    std::function<bool()> ask;
    Clock::time_point last = Clock::now();
    double done = 0;
};

template <class T> class Trainer {
  public:
    Trainer(const Network& network, const Kernels<T>& kernels, const Samples<T>& samples,
            const Settings& settings, Team& team)
        : network(network), kernels(kernels), samples(samples), settings(settings), team(team),
          n(network.n_parameters), n_values(n * (1 + settings.memories())), sum(n + kernels.lanes),
          start(n_values), last_good(n_values), chunk(network.chunk()), cost(network.cost()),
          work(network, kernels, (int)std::min<int64_t>({settings.batch_size, samples.n, chunk}),
               settings.dropout),
          squares((n + SLICE - 1) / SLICE) {
        work.pass.gradient = sum.data();
        for (int l = 0; l < (int)network.layers.size(); l++)
            for (int row = 0; row < network.layers[l].n_out; row += ROWS)
                parts.push_back({l, row, std::min(row + ROWS, network.layers[l].n_out)});
    }

    // `draw` is not called where there is nothing to draw: no dropout, and one batch only.
    Outcome advance(State<T>& state, const Record<T>& record, const Drawing& draw, Watch& watch) {
        std::copy(state.fallback, state.fallback + n, last_good.data());
        const Outcome done = epochs(state, record, draw, watch);
        std::copy(last_good.data(), last_good.data() + n, state.fallback);
        return done;
    }

    // The masks of dropout from here on: the epoch's key, and the place of the first sample.
    void mask(uint64_t key, uint64_t first) {
        work.pass.key = key;
        first_place = first;
    }

    // Sum of weighted losses and, in `gradient`, the gradient of it. `rows` are `count` rows of the
    // samples, null for all of them, and `ahead` of them are known. False if asked to stop before
    // the end.
    bool loss_and_gradient(const T* parameters, const int64_t* rows, int64_t count, double* loss,
                           Watch& watch, int64_t ahead = 0) {
        Pass<T>& pass = work.pass;
        const bool resident = !rows && count <= chunk;  // x stays where it is from step to step
        pass.parameters = parameters;
        pass.weight = samples.weight;
        *loss = 0;
        for (int64_t from = 0; from < count; from += chunk) {
            const int size = (int)std::min<int64_t>(count - from, chunk);
            if (watch.stop(size * cost)) return false;
            work.shape(size);
            pass.rows = rows ? rows + from : nullptr;
            pass.rows_ahead = ahead - from;
            pass.first = first_place + (uint64_t)from;
            pass.X = samples.X + (rows ? 0 : from * network.n_in());
            pass.Y = samples.Y + (rows ? 0 : from * network.n_out());
            if (!rows && samples.weight) pass.weight = samples.weight + from;
            const bool load = !(resident && loaded);
            if (from == 0 && work.small()) {
                if (load) kernels.load(pass, 0);
                kernels.small_pass(pass);
                loaded = resident;
                *loss = pass.tile_loss[0];
                continue;
            }
            share(pass.tiles, size * cost, [&](int tile) {
                if (load) kernels.load(pass, tile);
                kernels.forward_and_backward(pass, tile);
            });
            loaded = resident;
            for (int tile = 0; tile < pass.tiles; tile++) *loss += pass.tile_loss[tile];
            share((int)parts.size(), size * cost, [&](int i) {
                kernels.gradient(pass, parts[i].layer, parts[i].from, parts[i].to, from > 0);
            });
        }
        return true;
    }

    const T* gradient() const { return sum.data(); }

  private:
    static constexpr int ROWS = 24;           // of dW that one thread takes at once
    static constexpr size_t SLICE = 1 << 14;  // of parameters, likewise
    static constexpr double WORTH = 2e6;      // multiplications below which threads do not pay

    struct Part {
        int layer, from, to;
    };
    struct Epoch {
        double loss = std::numeric_limits<double>::quiet_NaN();
        bool good = false, asked = false;
    };

    Outcome epochs(State<T>& state, const Record<T>& record, const Drawing& draw, Watch& watch) {
        Outcome done = {Stop::epochs_done, 0, 0};
        T* values = state.values;
        for (int64_t epoch = 0; epoch < settings.epochs; epoch++) {
            std::copy(values, values + n_values, start.data());
            const double step = state.step;
            rate_factor = record.rate_factors ? record.rate_factors[epoch] : 1;
            const Epoch e = one_epoch(state, draw, watch);
            const bool has_loss = !std::isnan(e.loss);
            if (has_loss) {
                record.losses[record.keep_losses ? done.losses : 0] = e.loss;
                done.losses++;
                last_good.swap(start);
            }
            if (!e.good) {
                if (!e.asked) std::copy(values, values + n, record.bad);
                const std::vector<T>& before = has_loss ? last_good : start;
                std::copy(before.begin(), before.end(), values);
                state.step = step;
                done.stop = e.asked ? Stop::asked : Stop::not_finite;
                if (e.asked) return done;
                std::copy(last_good.data(), last_good.data() + n, values);
                if (!has_loss) state.epoch = std::max<int64_t>(state.epoch - 1, 0);
                return done;
            }
            state.epoch++;
            if (record.snapshots && state.epoch % settings.record_every == 0)
                std::copy(values, values + n, record.snapshots + n * done.snapshots++);
            if (e.loss < settings.stop_below) {
                done.stop = Stop::loss_below;
                return done;
            }
        }
        return done;
    }

    template <class F> void share(int items, double work, const F& f) {
        if (work < WORTH || team.size() == 1)
            for (int i = 0; i < items; i++) f(i);
        else
            team.each(items, [&](int i, int) { f(i); });
    }

    Epoch one_epoch(State<T>& state, const Drawing& draw, Watch& watch) {
        Epoch result;
        const bool whole_batch = settings.batch_size >= samples.n;
        const auto [key, order] = whole_batch && !settings.drops() ? Draw{0, nullptr} : draw();
        double loss_sum = 0, weight_sum = 0;
        for (int64_t from = 0; from < samples.n; from += settings.batch_size) {
            const int64_t* rows = order ? order + from : nullptr;
            const int64_t count = std::min(samples.n - from, settings.batch_size);
            double loss;
            mask(key, (uint64_t)from);
            if (!loss_and_gradient(state.values, rows, count, &loss, watch, samples.n - from)) {
                result.asked = true;
                return result;
            }
            const double total = weight_of(rows, count);
            if (!settings.penalty.none()) loss += total * penalise(state.values, total);
            loss_sum += loss;
            weight_sum += total;
            if (!std::isfinite(loss)) return result;
            if (total > 0) step(state, total, count);
        }
        result.loss = loss_sum / weight_sum;
        result.good = kernels.finite(state.values, n);
        return result;
    }

    void step(State<T>& state, double total, int64_t count) {
        Update<T> u = {};
        u.scale = 1 / total * clip(total, count);
        u.step = ++state.step;
        u.parameters = state.values;
        u.gradient = sum.data();
        u.first = n_values > n ? state.values + n : nullptr;
        u.second = n_values > 2 * n ? state.values + 2 * n : nullptr;
        std::visit(
            [&](auto rule) {
                rule.learning_rate *= rate_factor;
                const auto update = update_of(kernels, rule);
                share((int)((n + SLICE - 1) / SLICE), count * cost,
                      [&](int i) { update(rule, u, i * SLICE, std::min(n, (i + 1) * SLICE)); });
            },
            settings.rule);
    }

    // What the gradient of the average is multiplied with: min(1, clip_norm / its norm).
    double clip(double total, int64_t count) {
        if (std::isinf(settings.clip_norm)) return 1;
        share((int)squares.size(), count * cost, [&](int i) {
            squares[i] = kernels.squares(sum.data() + i * SLICE, std::min(n - i * SLICE, SLICE));
        });
        double all = 0;
        for (double part : squares) all += part;
        const double norm = std::sqrt(all) / total;
        return settings.clip_norm < norm && std::isfinite(norm) ? settings.clip_norm / norm : 1;
    }

    // Adds `total` times the penalty's gradient, l2 W + l1 sign W, and returns the penalty.
    double penalise(const T* parameters, double total) {
        const auto [l1, l2] = settings.penalty;
        double squares = 0, sizes = 0;
        for (const Layer& layer : network.layers)
            for (size_t i = layer.W; i < layer.b; i++) {
                const double W = parameters[i];
                squares += W * W;
                sizes += std::abs(W);
                sum[i] += T(total * (l2 * W + l1 * ((W > 0) - (W < 0))));
            }
        return l2 / 2 * squares + l1 * sizes;
    }

    double weight_of(const int64_t* rows, int64_t count) const {
        if (!samples.weight) return (double)count;
        double total = 0;
        for (int64_t i = 0; i < count; i++) total += samples.weight[rows ? rows[i] : i];
        return total;
    }

    const Network& network;
    const Kernels<T>& kernels;
    const Samples<T> samples;
    const Settings& settings;
    Team& team;
    const size_t n, n_values;
    std::vector<T> sum;        // the gradient of the sum of losses, and room for whole vectors
    std::vector<T> start;      // all numbers at the start of the epoch
    std::vector<T> last_good;  // those that gave the last finite loss
    const int64_t chunk;
    const double cost;  // of one sample
    Workspace<T> work;
    std::vector<double> squares;  // of the gradient, slice by slice
    std::vector<Part> parts;
    bool loaded = false;
    uint64_t first_place = 0;  // of the first sample of a batch, in the order of the epoch
    double rate_factor = 1;    // of the epoch
};

}  // namespace glassnet
