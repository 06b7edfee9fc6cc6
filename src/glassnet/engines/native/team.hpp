// A few threads that wait for work to share, for as long as one call of the engine lasts.
//
// Which thread takes which item is left to chance, so items must not depend on one another, and
// no result on who computed it: then the numbers are the same for any number of threads.
#pragma once
#include <atomic>
#include <condition_variable>
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
        publish(nullptr, nullptr, 0);
        for (std::thread& worker : workers) worker.join();
    }

    Team(const Team&) = delete;

    int size() const { return 1 + (int)workers.size(); }

    // f(item, worker) for every item below n; returns when all are done. f must not throw.
    template <class F> void each(int n, const F& f) {
        if (workers.empty() || n == 1) {
            for (int item = 0; item < n; item++) f(item, 0);
            return;
        }
        publish([](const void* f, int item, int worker) { (*(const F*)f)(item, worker); }, &f, n);
        work(0);
        while (busy.load(std::memory_order_acquire) > 0) pause();
    }

  private:
    using Call = void (*)(const void*, int item, int worker);
    static constexpr int SPINS = 4000;  // tens of microseconds: between two steps, not between two runs

    static void pause() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#else
        std::this_thread::yield();
#endif
    }

    void publish(Call new_call, const void* new_argument, int n) {
        {
            std::lock_guard<std::mutex> lock(mutex);
            call = new_call;
            argument = new_argument;
            items = n;
            next.store(0, std::memory_order_relaxed);
            busy.store((int)workers.size(), std::memory_order_relaxed);
            round.fetch_add(1, std::memory_order_release);
        }
        published.notify_all();
    }

    void work(int worker) {
        for (int item; (item = next.fetch_add(1, std::memory_order_relaxed)) < items;)
            call(argument, item, worker);
    }

    void serve(int worker) {
        for (unsigned seen = 0;;) {
            for (int spin = 0; spin < SPINS && round.load(std::memory_order_acquire) == seen; spin++)
                pause();
            {
                std::unique_lock<std::mutex> lock(mutex);
                published.wait(lock, [&] { return round.load() != seen; });
                seen = round.load();
            }
            if (!call) return;
            work(worker);
            busy.fetch_sub(1, std::memory_order_release);
        }
    }

    std::vector<std::thread> workers;
    std::mutex mutex;
    std::condition_variable published;
    std::atomic<unsigned> round{0};
    std::atomic<int> next{0}, busy{0};
    Call call = nullptr;
    const void* argument = nullptr;
    int items = 0;
};

}  // namespace glassnet
