// A few threads that wait for work to share, for as long as one call of the engine lasts.
//
// Which thread takes which item is left to chance, so items must not depend on one another, and
// no result on who computed it: then the numbers are the same for any number of threads.
#pragma once
#ifdef __wasm__  // no threads: every item is done here
namespace glassnet {

class Team {
  public:
    explicit Team(int) {}
    Team(const Team&) = delete;

    int size() const { return 1; }

    template <class F> void each(int n, const F& f) {
        for (int item = 0; item < n; item++) f(item, 0);
    }
};

}  // namespace glassnet
#else
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace glassnet {

class Team {
  public:
    explicit Team(int threads) {
        for (int worker = 1; worker < threads; worker++)
            workers.emplace_back([this, worker] { serve(worker); });
    }

    ~Team() {
        close_round();
        call = nullptr;
        open_round();
        for (std::thread& worker : workers) worker.join();
    }

    Team(const Team&) = delete;

    int size() const { return 1 + (int)workers.size(); }

    // f(item, worker) for every item below n; returns when all are done. f must not throw.
    //
    // It waits for items, not for workers: one that the system has not let run is not missed.
    template <class F> void each(int n, const F& f) {
        each(n, f, [] {});
    }

    // The same; the caller does `meanwhile` again and again while it waits for the last items.
    template <class F, class M> void each(int n, const F& f, const M& meanwhile) {
        if (workers.empty() || n == 1) {
            for (int item = 0; item < n; item++) f(item, 0);
            return;
        }
        close_round();
        call = [](const void* f, int item, int worker) { (*(const F*)f)(item, worker); };
        argument = &f;
        items = n;
        done = 0;
        open_round();
        work(ticket.load(), 0);
        for (int spin = 0; done.load(std::memory_order_acquire) < n; spin++) {
            if (spin < SPINS) {
                pause();
            } else {
                std::this_thread::yield();
                meanwhile();
            }
        }
    }

  private:
    using Call = void (*)(const void*, int item, int worker);
    static constexpr int SPINS = 4000;  // tens of microseconds: between two steps, not two runs

    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#else
        std::this_thread::yield();
#endif
    }

    static uint32_t round_of(uint64_t ticket) { return (uint32_t)(ticket >> 32); }

    // Rounds that are open have even numbers. Between them nobody can take an item, and so the
    // call, its argument and the number of items may change.
    void close_round() { ticket = (uint64_t)(round_of(ticket) + 1) << 32; }

    void open_round() {
        {
            std::lock_guard<std::mutex> lock(mutex);
            ticket = (uint64_t)(round_of(ticket) + 1) << 32;
        }
        opened.notify_all();
    }

    // Takes items of the round that `mine` belongs to. The exchange fails once that round is over,
    // so that one who comes late to it does nothing.
    void work(uint64_t mine, int worker) {
        const uint32_t round = round_of(mine);
        while (round_of(mine) == round && (int)(uint32_t)mine < items) {
            const Call f = call;
            const void* f_argument = argument;
            if (!ticket.compare_exchange_weak(mine, mine + 1)) continue;
            f(f_argument, (int)(uint32_t)mine, worker);
            done.fetch_add(1, std::memory_order_release);
            mine = ticket.load(std::memory_order_acquire);
        }
    }

    void serve(int worker) {
        for (uint32_t seen = 0;;) {
            const auto waiting = [&] {
                const uint32_t round = round_of(ticket.load(std::memory_order_acquire));
                return round == seen || round % 2 == 1;
            };
            for (int spin = 0; spin < SPINS && waiting(); spin++) pause();
            if (waiting()) {
                std::unique_lock<std::mutex> lock(mutex);
                opened.wait(lock, [&] { return !waiting(); });
            }
            const uint64_t mine = ticket.load(std::memory_order_acquire);
            if (round_of(mine) % 2 == 1) continue;
            seen = round_of(mine);
            if (!call.load()) return;
            work(mine, worker);
        }
    }

    std::vector<std::thread> workers;
    std::mutex mutex;
    std::condition_variable opened;
    std::atomic<uint64_t> ticket{0};  // the round, and in the lower half the next item
    std::atomic<int> items{0}, done{0};
    std::atomic<Call> call{nullptr};
    std::atomic<const void*> argument{nullptr};
};

}  // namespace glassnet
#endif
