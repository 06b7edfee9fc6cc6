// The Python face of the compiled engine; compiled.py is its only caller.
//
// Every array is checked here for size, so that no call from Python can reach beyond its memory.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <climits>
#include <mutex>
#include <optional>

#include "prediction.hpp"
#include "training.hpp"

namespace nb = nanobind;

namespace glassnet {

namespace baseline {
extern const InstructionSet instructions;
}
#ifdef GLASSNET_X86
namespace avx2 {
extern const InstructionSet instructions;
}
namespace avx512 {
extern const InstructionSet instructions;
}
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

template <class T, int D> using In =
    nb::ndarray<const T, nb::ndim<D>, nb::c_contig, nb::device::cpu>;
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
            require(0 <= rows.data()[i] && rows.data()[i] < n,
                    "An order names a row that is not there.");
        return {key, rows.data()};
    }

  private:
    nb::handle draw;
    nb::object drawn;
    int64_t n;
    bool ordered;  // whether there is more than one batch
};

// The samples, one row each; `weight` where they do not all count once.
template <class T> struct Data {
    In<T, 2> X, Y;
    std::optional<In<T, 1>> weight;
};

// The numbers of a run: its values are parameters, then what the rule remembers. All are written
// to.
template <class T> struct Run {
    Out<T, 1> values, fallback;
    double step;
    int64_t epoch;
};

// Where a run writes what it does: a loss an epoch, or the last one where there is room for one;
// the parameters that are not finite, if it diverges; and snapshots, where they are asked for.
template <class T> struct Log {
    Out<double, 1> losses;
    Out<T, 1> bad;
    std::optional<Out<T, 2>> snapshots;
};

using RateFactors = std::optional<In<double, 1>>;  // one an epoch
using Done = std::tuple<int, int64_t, int64_t>;  // why it ended, and how many losses and snapshots

class Model {
  public:
    Model(const std::vector<int>& sizes, const std::vector<int>& activations, int loss,
          double level, const std::string& instructions, int threads)
        : threads(threads) {
        require(sizes.size() >= 2 && activations.size() == sizes.size() - 2, "Sizes do not fit.");
        require(0 <= loss && loss < LOSS_KINDS && threads >= 1,
                "There is no such loss or thread count.");
        for (const InstructionSet* candidate : instruction_sets())
            if (candidate->name == instructions) set = candidate;
        require(set != nullptr, "This processor lacks these instructions.");
        network.loss = Loss{LossKind(loss), level};
        for (size_t l = 0; l + 1 < sizes.size(); l++) {
            const bool hidden = l + 2 < sizes.size();
            const int g = hidden ? activations[l] : int(Activation::identity);
            require(0 <= g && g < 8 && sizes[l] >= 1 && sizes[l + 1] >= 1,
                    "There is no such layer.");
            network.add(sizes[l], sizes[l + 1], Activation(g));
        }
    }

    template <class T> void activations(In<T, 1> parameters, In<T, 2> X,
                                        std::vector<std::optional<Out<T, 2>>> outputs) {
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
    double evaluate(In<T, 1> parameters, const Data<T>& data, Out<T, 2> outputs) {
        const Samples<T> samples = checked(data);
        check_parameters(parameters.shape(0));
        require((int64_t)outputs.shape(0) == samples.n && (int)outputs.shape(1) == network.n_out(),
                "The outputs do not fit.");
        std::vector<T*> to(network.layers.size());
        to.back() = outputs.data();
        nb::gil_scoped_release release;
        Team team(threads_for((double)samples.n));
        return predict(network, kernels<T>(), parameters.data(), samples, to, team);
    }

    // With dropout of these rates of hidden layers, if there are any, in the epoch of this key;
    // the first sample has this place in it.
    template <class T> double gradient(In<T, 1> parameters, const Data<T>& data, Out<T, 1> out,
                                       std::vector<double> dropout, uint64_t key, uint64_t first,
                                       nb::callable asked) {
        const Samples<T> samples = checked(data);
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

    template <class T> Done advance(const Settings& settings, const Data<T>& data,
                                    const RateFactors& rate_factors, Run<T>& run, const Log<T>& log,
                                    nb::callable draw, nb::callable asked) {
        const Samples<T> samples = checked(data);
        check_settings(settings, rate_factors);
        check_run(settings, run, log);
        Watch watch = watching(asked);
        Draws draws(draw, samples.n, settings.batch_size < samples.n);
        nb::gil_scoped_release release;
        Team team(threads_for((double)std::min(settings.batch_size, samples.n)));
        Trainer<T> trainer(network, kernels<T>(), samples, settings, team);
        State<T> state = {run.values.data(), run.fallback.data(), run.step, run.epoch};
        const Outcome done = trainer.advance(
            state, record(settings, rate_factors, log), [&] { return draws.next(); }, watch);
        run.step = state.step;
        run.epoch = state.epoch;
        return {int(done.stop), done.losses, done.snapshots};
    }

    // Many runs, each with data and settings of its own and as `advance` leaves it, shared by
    // threads.
    template <class T>
    std::vector<Done> advance_many(std::vector<Settings*> settings, std::vector<Data<T>*> data,
                                   const RateFactors& rate_factors, std::vector<Run<T>*> runs,
                                   std::vector<Log<T>*> logs, std::vector<nb::callable> draw,
                                   nb::callable asked) {
        const size_t n = runs.size();
        require(settings.size() == n && data.size() == n && logs.size() == n && draw.size() == n &&
                    n <= INT_MAX,
                "Each run must have settings, data, a log and a drawing.");
        std::vector<Samples<T>> samples;
        double work = 0;  // in rows
        for (size_t i = 0; i < n; i++) {
            require(settings[i] && data[i] && runs[i] && logs[i], "A run is missing.");
            check_settings(*settings[i], rate_factors);
            check_run(*settings[i], *runs[i], *logs[i]);
            samples.push_back(checked(*data[i]));
            work += (double)settings[i]->epochs * samples[i].n;
        }
        std::vector<Outcome> outcomes(n, {Stop::asked, 0, 0});
        std::atomic<bool> stopped{false};
        std::exception_ptr failure;
        std::mutex one_at_a_time;
        Watch asking = watching(asked);
        const auto asked_to_stop = [&] {
            std::lock_guard<std::mutex> lock(one_at_a_time);
            if (!stopped && asking.now()) stopped = true;
            return stopped.load();
        };
        const auto fail = [&] {
            std::lock_guard<std::mutex> lock(one_at_a_time);
            failure = std::current_exception();
            stopped = true;
        };
        const auto advance_one = [&](int i, Team& alone) {
            Watch watch(asked_to_stop);
            const Settings& own = *settings[i];
            Draws draws(draw[i], samples[i].n, own.batch_size < samples[i].n);
            Run<T>& run = *runs[i];
            // Numbers of its own: threads that write next to each other slow each other.
            std::vector<T> values(run.values.data(), run.values.data() + run.values.shape(0)),
                fallback(run.fallback.data(), run.fallback.data() + network.n_parameters);
            State<T> state = {values.data(), fallback.data(), run.step, run.epoch};
            Trainer<T> trainer(network, kernels<T>(), samples[i], own, alone);
            outcomes[i] = trainer.advance(
                state, record(own, rate_factors, *logs[i]), [&] { return draws.next(); }, watch);
            std::copy(values.begin(), values.end(), run.values.data());
            std::copy(fallback.begin(), fallback.end(), run.fallback.data());
            run.step = state.step;
            run.epoch = state.epoch;
        };
        {
            nb::gil_scoped_release release;
            Team team(threads_for(work));
            // Runs may each be too short to ask; and Python answers Ctrl-C in this thread only.
            std::vector<Watch> between(team.size(), Watch(asked_to_stop));
            const auto look = [&](int worker) {
                try {
                    between[worker].stop_in_time();
                } catch (...) { fail(); }
            };
            team.each((int)n,
                      [&](int i, int worker) {
                          look(worker);
                          if (stopped) return;
                          try {
                              Team alone(1);
                              advance_one(i, alone);
                          } catch (...) { fail(); }
                      },
                      [&] { look(0); });
        }
        if (failure) std::rethrow_exception(failure);
        std::vector<Done> done;
        for (const Outcome& o : outcomes) done.emplace_back(int(o.stop), o.losses, o.snapshots);
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

    static bool keeps_losses(const Settings& settings, size_t room) {
        return (int64_t)room >= settings.epochs;
    }

    template <class T>
    void check_run(const Settings& settings, const Run<T>& run, const Log<T>& log) const {
        require(run.values.shape(0) == network.n_parameters * (1 + settings.memories()),
                "The state does not fit.");
        check_parameters(run.fallback.shape(0));
        require(run.epoch >= 0, "An epoch is a count.");
        require(keeps_losses(settings, log.losses.shape(0)) || log.losses.shape(0) == 1,
                "There is no room for the losses.");
        const int64_t every = settings.record_every;
        const int64_t recorded = (run.epoch + settings.epochs) / every - run.epoch / every;
        require(!log.snapshots || ((int64_t)log.snapshots->shape(0) >= recorded &&
                                   log.snapshots->shape(1) == network.n_parameters),
                "There is no room for the snapshots.");
        check_parameters(log.bad.shape(0));
    }

    template <class T> static Record<T> record(const Settings& settings,
                                               const RateFactors& rate_factors, const Log<T>& log) {
        return {rate_factors ? rate_factors->data() : nullptr, log.losses.data(),
                keeps_losses(settings, log.losses.shape(0)),
                log.snapshots ? log.snapshots->data() : nullptr, log.bad.data()};
    }

    std::vector<double> checked_dropout(const std::vector<double>& rates) const {
        require(rates.empty() || rates.size() + 1 == network.layers.size(),
                "There must be one dropout rate for each hidden layer.");
        for (double rate : rates)
            require(0 <= rate && rate < 1, "A dropout rate is out of its range.");
        return rates;
    }

    void check_settings(const Settings& settings, const RateFactors& rate_factors) const {
        checked_dropout(settings.dropout);
        require(!rate_factors || (int64_t)rate_factors->shape(0) >= settings.epochs,
                "There must be one rate factor an epoch.");
    }

    template <class T> void check_rows(const In<T, 2>& X) const {
        require((int)X.shape(1) == network.n_in(), "X does not fit the network.");
    }

    template <class T> Samples<T> checked(const Data<T>& data) const {
        const auto& [X, Y, weight] = data;
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

// The classes and calls of one precision; `suffix` tells its classes from those of the other.
template <class T>
static void bind(nb::class_<Model>& model, nb::module_& m, const std::string& suffix) {
    using nb::arg;
    nb::class_<Data<T>>(m, ("Data" + suffix).c_str());
    m.def(
        "data",
        [](In<T, 2> X, In<T, 2> Y, std::optional<In<T, 1>> weight) {
            return Data<T>{X, Y, weight};
        },
        arg("X").noconvert(), arg("Y").noconvert(), arg("weight").noconvert().none());
    nb::class_<Run<T>>(m, ("Run" + suffix).c_str())
        .def_ro("step", &Run<T>::step)
        .def_ro("epoch", &Run<T>::epoch);
    m.def(
        "run",
        [](Out<T, 1> values, Out<T, 1> fallback, double step, int64_t epoch) {
            return Run<T>{values, fallback, step, epoch};
        },
        arg("values").noconvert(), arg("fallback").noconvert(), arg("step"), arg("epoch"));
    nb::class_<Log<T>>(m, ("Log" + suffix).c_str());
    m.def(
        "log",
        [](Out<double, 1> losses, Out<T, 1> bad, std::optional<Out<T, 2>> snapshots) {
            return Log<T>{losses, bad, snapshots};
        },
        arg("losses").noconvert(), arg("bad").noconvert(), arg("snapshots").noconvert().none());
    model.def("activations", &Model::activations<T>, arg("parameters").noconvert(),
              arg("X").noconvert(), arg("outputs"));
    model.def("gradient", &Model::gradient<T>, arg("parameters").noconvert(), arg("data"),
              arg("out").noconvert(), arg("dropout"), arg("key"), arg("first"), arg("asked"));
    model.def("evaluate", &Model::evaluate<T>, arg("parameters").noconvert(), arg("data"),
              arg("outputs").noconvert());
    model.def("advance", &Model::advance<T>, arg("settings"), arg("data"),
              arg("rate_factors").noconvert().none(), arg("run"), arg("log"), arg("draw"),
              arg("asked"));
    model.def("advance_many", &Model::advance_many<T>, arg("settings"), arg("data"),
              arg("rate_factors").noconvert().none(), arg("runs"), arg("logs"), arg("draws"),
              arg("asked"));
    m.def("elementary", &elementary<T>, arg("instructions"), arg("function"),
          arg("values").noconvert());
}

static void bind_settings(nb::module_& m) {
    using nb::arg;
    nb::class_<GradientDescent>(m, "GradientDescent")
        .def(nb::init<double, double, bool>(), arg("learning_rate"), arg("momentum"),
             arg("nesterov"));
    nb::class_<Adam>(m, "Adam").def(nb::init<double, double, double, double, double>(),
                                    arg("learning_rate"), arg("beta1"), arg("beta2"),
                                    arg("epsilon"), arg("weight_decay"));
    nb::class_<RMSprop>(m, "RMSprop")
        .def(nb::init<double, double, double, double>(), arg("learning_rate"), arg("decay"),
             arg("epsilon"), arg("momentum"));
    nb::class_<Settings>(m, "Settings")
        .def(
            "__init__",
            [](Settings* self, const Rule& rule, double l1, double l2, int64_t batch_size,
               int64_t epochs, int64_t record_every, double stop_below, double clip_norm,
               std::vector<double> dropout) {
                require(batch_size >= 1 && epochs >= 0 && record_every >= 1 && clip_norm > 0,
                        "A count is out of its range.");
                new (self) Settings{rule,         {l1, l2},   batch_size, epochs,
                                    record_every, stop_below, clip_norm,  std::move(dropout)};
            },
            arg("rule"), nb::kw_only(), arg("l1"), arg("l2"), arg("batch_size"), arg("epochs"),
            arg("record_every"), arg("stop_below"), arg("clip_norm"), arg("dropout"));
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
    bind_settings(m);
    nb::class_<Model> model(m, "Model");
    model.def(nb::init<const std::vector<int>&, const std::vector<int>&, int, double,
                       const std::string&, int>());
    bind<double>(model, m, "64");
    bind<float>(model, m, "32");
}
