// The Python face of the compiled engine; compiled.py is its only caller.
//
// Every array is checked here for size, so that no call from Python can reach beyond its memory.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <climits>
#include <mutex>
#include <optional>

#include "prediction.hpp"
#include "training.hpp"

namespace nb = nanobind;

namespace glassnet {

namespace baseline { extern const InstructionSet instructions; }
#ifdef GLASSNET_X86
namespace avx2 { extern const InstructionSet instructions; }
namespace avx512 { extern const InstructionSet instructions; }
#endif

// Those that this processor has, best first.
static std::vector<const InstructionSet*> instruction_sets() {
    std::vector<const InstructionSet*> sets;
#ifdef GLASSNET_X86
    __builtin_cpu_init();
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        sets.push_back(&avx512::instructions);
    if (has_avx2) sets.push_back(&avx2::instructions);
#endif
    sets.push_back(&baseline::instructions);
    return sets;
}

template <class T, int D> using In = nb::ndarray<const T, nb::ndim<D>, nb::c_contig, nb::device::cpu>;
template <class T, int D> using Out = nb::ndarray<T, nb::ndim<D>, nb::c_contig, nb::device::cpu>;

static void require(bool holds, const char* sentence) {
    if (!holds) throw nb::value_error(sentence);
}

// A flag of Python's, looked at after Python has had the chance to run its signal handlers.
static Watch watching(const nb::callable& asked) {
    return Watch([asked = asked.ptr()] {
        nb::gil_scoped_acquire gil;
        if (PyErr_CheckSignals() != 0) throw nb::python_error();
        return nb::cast<bool>(nb::borrow<nb::callable>(asked)());
    });
}

// Keys and permutations drawn by Python as pairs, each kept until the next one.
class Draws {
  public:
    Draws(nb::handle draw, int64_t n, bool ordered) : draw(draw), n(n), ordered(ordered) {}
    ~Draws() {
        nb::gil_scoped_acquire gil;
        drawn = nb::object();
    }
    Draws(const Draws&) = delete;

    Draw next() {
        nb::gil_scoped_acquire gil;
        drawn = nb::borrow<nb::callable>(draw)();
        const auto [key, order] = nb::cast<std::tuple<uint64_t, nb::object>>(drawn, false);
        if (!ordered) return {key, nullptr};
        const auto rows = nb::cast<In<int64_t, 1>>(order, false);
        require((int64_t)rows.shape(0) == n, "An order must name each row once.");
        for (int64_t i = 0; i < n; i++)
            require(0 <= rows.data()[i] && rows.data()[i] < n, "An order names a row that is not there.");
        return {key, rows.data()};
    }

  private:
    nb::handle draw;
    nb::object drawn;
    int64_t n;
    bool ordered;  // whether there is more than one batch
};

class Model {
  public:
    Model(const std::vector<int>& sizes, const std::vector<int>& activations, int loss,
          const std::string& instructions, int threads)
        : threads(threads) {
        require(sizes.size() >= 2 && activations.size() == sizes.size() - 2, "Sizes do not fit.");
        require(0 <= loss && loss < 3 && threads >= 1, "There is no such loss or thread count.");
        for (const InstructionSet* candidate : instruction_sets())
            if (candidate->name == instructions) set = candidate;
        require(set != nullptr, "This processor lacks these instructions.");
        network.loss = Loss(loss);
        for (size_t l = 0; l + 1 < sizes.size(); l++) {
            const bool hidden = l + 2 < sizes.size();
            const int g = hidden ? activations[l] : int(Activation::identity);
            require(0 <= g && g < 8 && sizes[l] >= 1 && sizes[l + 1] >= 1, "There is no such layer.");
            const size_t W = network.n_parameters, b = W + (size_t)sizes[l] * sizes[l + 1];
            network.layers.push_back({sizes[l], sizes[l + 1], Activation(g), W, b, false});
            network.n_parameters = b + sizes[l + 1];
        }
    }

    template <class T>
    void activations(In<T, 1> parameters, In<T, 2> X, std::vector<std::optional<Out<T, 2>>> outputs) {
        check_parameters(parameters.shape(0));
        check_rows(X);
        require(outputs.size() == network.layers.size(), "There must be one output a layer.");
        std::vector<T*> to;
        for (size_t l = 0; l < outputs.size(); l++) {
            require(!outputs[l] || (outputs[l]->shape(0) == X.shape(0) &&
                                    (int)outputs[l]->shape(1) == network.layers[l].n_out),
                    "An output does not fit its layer.");
            to.push_back(outputs[l] ? outputs[l]->data() : nullptr);
        }
        nb::gil_scoped_release release;
        Team team(threads_for((double)X.shape(0)));
        const Samples<T> samples = {X.data(), nullptr, nullptr, (int64_t)X.shape(0)};
        predict(network, kernels<T>(), parameters.data(), samples, to, team);
    }

    // The sum of weighted losses; the outputs are written to.
    template <class T>
    double evaluate(In<T, 1> parameters, In<T, 2> X, In<T, 2> Y, std::optional<In<T, 1>> weight,
                    Out<T, 2> outputs) {
        const Samples<T> samples = checked(X, Y, weight);
        check_parameters(parameters.shape(0));
        require(outputs.shape(0) == X.shape(0) && (int)outputs.shape(1) == network.n_out(),
                "The outputs do not fit.");
        std::vector<T*> to(network.layers.size());
        to.back() = outputs.data();
        nb::gil_scoped_release release;
        Team team(threads_for((double)samples.n));
        return predict(network, kernels<T>(), parameters.data(), samples, to, team);
    }

    // With dropout of these rates of hidden layers, if there are any, in the epoch of this key;
    // the first sample has this place in it.
    template <class T>
    double gradient(In<T, 1> parameters, In<T, 2> X, In<T, 2> Y, std::optional<In<T, 1>> weight,
                    Out<T, 1> out, std::vector<double> dropout, uint64_t key, uint64_t first,
                    nb::callable asked) {
        const Samples<T> samples = checked(X, Y, weight);
        check_parameters(parameters.shape(0));
        check_parameters(out.shape(0));
        Settings settings = {};
        settings.batch_size = samples.n;
        settings.dropout = checked_dropout(dropout);
        Watch watch = watching(asked);
        nb::gil_scoped_release release;
        Team team(threads_for((double)samples.n));
        Trainer<T> trainer(network, kernels<T>(), samples, settings, team);
        double loss;
        trainer.mask(key, first);
        trainer.loss_and_gradient(parameters.data(), nullptr, samples.n, &loss, watch);
        std::copy(trainer.gradient(), trainer.gradient() + network.n_parameters, out.data());
        return loss;
    }

    // (stop, losses, snapshots, step, epoch); values, fallback, losses, snapshots and bad are
    // written to.
    template <class T>
    std::tuple<int, int64_t, int64_t, double, int64_t> advance(
        const Settings& settings, Out<T, 1> values, Out<T, 1> fallback, double step, int64_t epoch,
        In<T, 2> X, In<T, 2> Y, std::optional<In<T, 1>> weight,
        std::optional<In<double, 1>> rate_factors, Out<double, 1> losses, Out<T, 2> snapshots,
        Out<T, 1> bad, nb::callable draw, nb::callable asked) {
        const Samples<T> samples = checked(X, Y, weight);
        const int64_t recorded = (epoch + settings.epochs) / settings.record_every -
                                 epoch / settings.record_every;
        check_values(settings, values.shape(0));
        check_parameters(fallback.shape(0));
        check_parameters(bad.shape(0));
        require((int64_t)losses.shape(0) >= settings.epochs, "There is no room for the losses.");
        require(epoch >= 0 && (int64_t)snapshots.shape(0) >= recorded &&
                    snapshots.shape(1) == network.n_parameters,
                "There is no room for the snapshots.");
        check_settings(settings, rate_factors);
        Watch watch = watching(asked);
        Draws draws(draw, samples.n, settings.batch_size < samples.n);
        State<T> state = {values.data(), fallback.data(), step, epoch};
        nb::gil_scoped_release release;
        Team team(threads_for((double)std::min(settings.batch_size, samples.n)));
        Trainer<T> trainer(network, kernels<T>(), samples, settings, team);
        const Record<T> record = {rate_factors ? rate_factors->data() : nullptr, losses.data(),
                                  true, snapshots.data(), bad.data()};
        const Outcome done = trainer.advance(state, record, [&] { return draws.next(); }, watch);
        return {int(done.stop), done.losses, done.snapshots, state.step, state.epoch};
    }

    // One run for each row of values, shared by threads: [(stop, losses, step, epoch), ...]. The
    // rows of losses hold one number an epoch, or, where they have one column, the last one.
    template <class T>
    std::vector<std::tuple<int, int64_t, double, int64_t>> advance_many(
        const Settings& settings, Out<T, 2> values, Out<T, 2> fallback, std::vector<double> steps,
        std::vector<int64_t> epochs, In<T, 2> X, In<T, 2> Y, std::optional<In<T, 1>> weight,
        std::optional<In<double, 1>> rate_factors, Out<double, 2> losses,
        std::vector<nb::callable> draw, nb::callable asked) {
        const Samples<T> samples = checked(X, Y, weight);
        const size_t runs = values.shape(0);
        const bool keep_losses = losses.shape(1) != 1;
        check_values(settings, values.shape(1));
        check_parameters(fallback.shape(1));
        require(fallback.shape(0) == runs && steps.size() == runs && epochs.size() == runs &&
                    draw.size() == runs && losses.shape(0) == runs,
                "There must be one row for each run.");
        require(!keep_losses || (int64_t)losses.shape(1) >= settings.epochs,
                "There is no room for the losses.");
        check_settings(settings, rate_factors);
        std::vector<Outcome> outcomes(runs, {Stop::asked, 0, 0});
        std::atomic<bool> stopped{false};
        std::exception_ptr failure;
        std::mutex one_at_a_time;
        Watch asking = watching(asked);
        {
            nb::gil_scoped_release release;
            Team team(threads_for((double)runs * settings.epochs * samples.n));
            team.each((int)std::min<size_t>(runs, INT_MAX), [&](int run, int) {
                if (stopped) return;
                try {
                    Watch watch([&] {
                        std::lock_guard<std::mutex> lock(one_at_a_time);
                        if (!stopped && asking.now()) stopped = true;
                        return stopped.load();
                    });
                    Team alone(1);
                    Draws draws(draw[run], samples.n, settings.batch_size < samples.n);
                    // Numbers of its own: threads that write next to each other slow each other.
                    T *its_values = values.data() + run * values.shape(1),
                      *its_fallback = fallback.data() + run * network.n_parameters;
                    double* its_losses = losses.data() + run * losses.shape(1);
                    std::vector<T> own(its_values, its_values + values.shape(1)),
                        own_fallback(its_fallback, its_fallback + network.n_parameters);
                    double last_loss = 0;
                    State<T> state = {own.data(), own_fallback.data(), steps[run], epochs[run]};
                    const Record<T> record = {rate_factors ? rate_factors->data() : nullptr,
                                              keep_losses ? its_losses : &last_loss, keep_losses,
                                              nullptr, nullptr};
                    Trainer<T> trainer(network, kernels<T>(), samples, settings, alone);
                    outcomes[run] =
                        trainer.advance(state, record, [&] { return draws.next(); }, watch);
                    std::copy(own.begin(), own.end(), its_values);
                    std::copy(own_fallback.begin(), own_fallback.end(), its_fallback);
                    if (!keep_losses) *its_losses = last_loss;
                    steps[run] = state.step;
                    epochs[run] = state.epoch;
                } catch (...) {
                    std::lock_guard<std::mutex> lock(one_at_a_time);
                    failure = std::current_exception();
                    stopped = true;
                }
            });
        }
        if (failure) std::rethrow_exception(failure);
        std::vector<std::tuple<int, int64_t, double, int64_t>> done;
        for (size_t run = 0; run < runs; run++)
            done.emplace_back(int(outcomes[run].stop), outcomes[run].losses, steps[run], epochs[run]);
        return done;
    }

  private:
    template <class T> const Kernels<T>& kernels() const {
        if constexpr (sizeof(T) == 8)
            return set->float64;
        else
            return set->float32;
    }

    // Starting a thread takes as long as a few million multiplications.
    int threads_for(double rows) const { return rows * network.cost() < 2e6 ? 1 : threads; }

    void check_parameters(size_t n) const {
        require(n == network.n_parameters, "The parameters do not fit the network.");
    }

    void check_values(const Settings& settings, size_t n) const {
        require(n == network.n_parameters * (1 + settings.memories), "The state does not fit.");
    }

    std::vector<double> checked_dropout(const std::vector<double>& rates) const {
        require(rates.empty() || rates.size() + 1 == network.layers.size(),
                "There must be one dropout rate for each hidden layer.");
        for (double rate : rates) require(0 <= rate && rate < 1, "A dropout rate is out of its range.");
        return rates;
    }

    void check_settings(const Settings& settings,
                        const std::optional<In<double, 1>>& rate_factors) const {
        checked_dropout(settings.dropout);
        require(!rate_factors || (int64_t)rate_factors->shape(0) >= settings.epochs,
                "There must be one rate factor an epoch.");
    }

    template <class T> void check_rows(const In<T, 2>& X) const {
        require((int)X.shape(1) == network.n_in(), "X does not fit the network.");
    }

    template <class T>
    Samples<T> checked(const In<T, 2>& X, const In<T, 2>& Y, const std::optional<In<T, 1>>& weight) const {
        check_rows(X);
        require(X.shape(0) >= 1, "There are no samples.");
        require(Y.shape(0) == X.shape(0) && (int)Y.shape(1) == network.n_out(), "Y does not fit.");
        require(!weight || weight->shape(0) == X.shape(0), "The weights do not fit.");
        return {X.data(), Y.data(), weight ? weight->data() : nullptr, (int64_t)X.shape(0)};
    }

    Network network;
    const InstructionSet* set = nullptr;
    int threads;
};

// How many vectors the rule remembers, see optimizers.hpp.
static int vectors_of(const Settings& settings) {
    switch (settings.rule) {
        case Rule::gradient_descent: return settings.numbers[1] != 0;
        case Rule::adam: return 2;
        case Rule::rmsprop: return 1 + (settings.numbers[3] != 0);
    }
    return 0;
}

static Settings checked_settings(int rule, const std::vector<double>& numbers, int memories,
                                 double l1, double l2, int64_t batch_size, int64_t epochs,
                                 int64_t record_every, double stop_below, double clip_norm,
                                 const std::vector<double>& dropout) {
    require(0 <= rule && rule < 3 && numbers.size() <= 6, "There is no such rule.");
    Settings s = {Rule(rule),   {},         memories,  {l1, l2}, batch_size, epochs,
                  record_every, stop_below, clip_norm, dropout};
    std::copy(numbers.begin(), numbers.end(), s.numbers);
    require(memories >= vectors_of(s) && memories <= 2, "The rule remembers another number of vectors.");
    require(batch_size >= 1 && epochs >= 0 && record_every >= 1 && clip_norm > 0,
            "A count is out of its range.");
    return s;
}

template <class T> static void elementary(const std::string& name, int function, Out<T, 1> values) {
    for (const InstructionSet* set : instruction_sets())
        if (set->name == name) {
            const Kernels<T>* kernels;
            if constexpr (sizeof(T) == 8)
                kernels = &set->float64;
            else
                kernels = &set->float32;
            require(0 <= function && function <= 10 && values.shape(0) % 16 == 0,
                    "Give a function's number and whole vectors.");
            kernels->elementary(function, values.data(), values.shape(0));
        }
}

template <class T> static void bind(nb::class_<Model>& model, nb::module_& module) {
    using nb::arg;
    model.def("activations", &Model::activations<T>, arg("parameters").noconvert(),
              arg("X").noconvert(), arg("outputs"));
    model.def("gradient", &Model::gradient<T>, arg("parameters").noconvert(), arg("X").noconvert(),
              arg("Y").noconvert(), arg("weight").noconvert().none(), arg("out").noconvert(),
              arg("dropout"), arg("key"), arg("first"), arg("asked"));
    model.def("evaluate", &Model::evaluate<T>, arg("parameters").noconvert(), arg("X").noconvert(),
              arg("Y").noconvert(), arg("weight").noconvert().none(), arg("outputs").noconvert());
    model.def("advance", &Model::advance<T>, arg("settings"), arg("values").noconvert(),
              arg("fallback").noconvert(), arg("step"), arg("epoch"), arg("X").noconvert(),
              arg("Y").noconvert(), arg("weight").noconvert().none(),
              arg("rate_factors").noconvert().none(), arg("losses").noconvert(),
              arg("snapshots").noconvert(), arg("bad").noconvert(), arg("draw"), arg("asked"));
    model.def("advance_many", &Model::advance_many<T>, arg("settings"), arg("values").noconvert(),
              arg("fallback").noconvert(), arg("steps"), arg("epochs"), arg("X").noconvert(),
              arg("Y").noconvert(), arg("weight").noconvert().none(),
              arg("rate_factors").noconvert().none(), arg("losses").noconvert(), arg("draws"),
              arg("asked"));
    module.def("elementary", &elementary<T>, arg("instructions"), arg("function"),
               arg("values").noconvert());
}

}  // namespace glassnet

NB_MODULE(_native, m) {
    using namespace glassnet;
    nb::set_leak_warnings(false);  // compiled.py caches models for as long as the process lives
    m.def("instruction_sets", [] {
        std::vector<std::string> names;
        for (const InstructionSet* set : instruction_sets()) names.push_back(set->name);
        return names;
    });
    nb::class_<Settings>(m, "Settings")
        .def("__init__", [](Settings* self, int rule, std::vector<double> numbers, int memories,
                            double l1, double l2, int64_t batch_size, int64_t epochs,
                            int64_t record_every, double stop_below, double clip_norm,
                            std::vector<double> dropout) {
            new (self) Settings(checked_settings(rule, numbers, memories, l1, l2, batch_size, epochs,
                                                 record_every, stop_below, clip_norm, dropout));
        });
    nb::class_<Model> model(m, "Model");
    model.def(nb::init<const std::vector<int>&, const std::vector<int>&, int, const std::string&, int>());
    bind<double>(model, m);
    bind<float>(model, m);
}
