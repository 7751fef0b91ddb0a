// The C++ library: exceptions, streams, threads, 100 MB of vectors.
#include <atomic>
#include <condition_variable>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct counted {
    counted() { ++alive; }
    counted(const counted&) { ++alive; }
    ~counted() { --alive; }
    static std::atomic<int> alive;
};
std::atomic<int> counted::alive{0};

[[gnu::noinline]] int deep(int n) {
    counted here;
    if (n == 0) throw std::runtime_error("from the depth");
    return deep(n - 1) + 1;
}

struct base {
    virtual ~base() = default;
    virtual std::string name() const { return "base"; }
};
struct derived : base {
    std::string name() const override { return "derived"; }
};

void exceptions() {
    try {
        deep(100);
    } catch (const std::exception& e) {
        std::cout << e.what() << ", alive " << counted::alive << '\n';
    }
    try {
        std::vector<int>().at(3);
    } catch (const std::out_of_range&) {
        std::cout << "out of range\n";
    }
    try {
        std::vector<char> all(3000u << 20);
        std::cout << "3000 MiB\n";
    } catch (const std::exception&) {
        std::cout << "no room for 3000 MiB\n";
    }
    std::unique_ptr<base> it = std::make_unique<derived>();
    std::cout << it->name() << ' ' << (dynamic_cast<derived*>(it.get()) != nullptr) << '\n';
}

void memory() {
    std::vector<std::vector<int>> all;
    for (int i = 0; i < 100; ++i) all.emplace_back(1 << 18, i);  // 1 MiB each
    long long sum = 0;
    for (const auto& one : all) sum += std::accumulate(one.begin(), one.end(), 0LL);
    std::cout << "100 MiB, sum " << sum << '\n';
    std::vector<int> growing;
    for (int i = 0; i < 5000000; ++i) growing.push_back(i);
    std::cout << growing.back() << ' ' << growing.size() << '\n';
}

void threads() {
    std::mutex mutex;
    std::condition_variable ready;
    std::vector<std::thread> all;
    std::map<int, std::string> results;
    bool go = false;
    for (int i = 0; i < 6; ++i)
        all.emplace_back([&, i] {
            std::unique_lock lock(mutex);
            ready.wait(lock, [&] { return go; });
            std::ostringstream text;
            try {
                throw i * 1.5;
            } catch (double value) {
                text << "thread " << i << " threw " << value;
            }
            results[i] = text.str();
        });
    {
        std::lock_guard lock(mutex);
        go = true;
    }
    ready.notify_all();
    for (std::thread& one : all) one.join();
    for (const auto& [number, text] : results) std::cout << number << ": " << text << '\n';
    std::future<int> later = std::async(std::launch::async, [] { return deep(5); });
    try {
        later.get();
    } catch (const std::exception& e) {
        std::cout << "a future threw: " << e.what() << '\n';
    }
}

struct at_end {
    ~at_end() { std::cout << "the last destructor" << std::endl; }
} last;

}  // namespace

int main() {
    exceptions();
    memory();
    threads();
    std::string line;
    int words = 0;
    while (std::cin >> line) ++words;
    std::cout << words << " words\n";
    return 0;
}
