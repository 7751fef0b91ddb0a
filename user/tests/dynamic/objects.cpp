// C++ over libraries that are shared: exceptions through several of them, types compared
// across them, streams, threads and their variables, destructors at the end.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <typeinfo>
#include <vector>

namespace {

struct said_at_the_end {
    ~said_at_the_end() { std::puts("destructors run"); }
} at_the_end;

struct shape {
    virtual ~shape() = default;
    virtual int corners() const = 0;
};
struct square : shape {
    int corners() const override { return 4; }
};

// Thrown in one library's function, caught here.
template <class Exception, class Act>
void expect(const char* what, Act act) {
    try {
        act();
        std::cout << what << ": nothing was thrown\n";
    } catch (const Exception&) {
        std::cout << what << ": caught\n";
    }
}

thread_local int own = 7;

// Comes from qsort's callback, through frames of the C library.
int refuse(const void*, const void*) { throw std::runtime_error("refused"); }

}  // namespace

int main() {
    expect<std::out_of_range>("at", [] { static_cast<void>(std::string("abc").at(7)); });
    expect<std::invalid_argument>("stoi", [] { static_cast<void>(std::stoi("four")); });
    expect<std::bad_cast>("dynamic_cast", [] {
        const square one;
        struct other : shape {};
        static_cast<void>(dynamic_cast<const other&>(static_cast<const shape&>(one)));
    });
    expect<std::regex_error>("regex", [] { std::regex broken("("); });
    expect<std::runtime_error>("through qsort", [] {
        int numbers[] = {3, 1, 2};
        std::qsort(numbers, 3, sizeof numbers[0], refuse);
    });

    std::map<std::string, int> words;
    std::istringstream in("one two three two one two");
    for (std::string word; in >> word;) ++words[word];
    for (const auto& [word, count] : words) std::cout << word << ' ' << count << '\n';

    std::mutex mutex;
    std::vector<int> sums;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            for (int n = 0; n < 1000; ++n) own += i;
            const std::lock_guard held(mutex);
            sums.push_back(own);
        });
    for (std::thread& thread : threads) thread.join();
    std::sort(sums.begin(), sums.end());
    for (const int sum : sums) std::cout << sum << ' ';
    std::cout << own << '\n';

    const std::unique_ptr<shape> one = std::make_unique<square>();
    std::cout << one->corners() << ' ' << (typeid(*one) == typeid(square)) << std::endl;
    return 6;
}
