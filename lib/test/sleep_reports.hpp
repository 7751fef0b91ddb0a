// For tests of what may sleep: reports of might_sleep are counted, not logged.
#pragma once

#include "lib/sync/preempt.hpp"

class sleep_reports {
public:
    // On a system that is up, or not yet.
    explicit sleep_reports(bool up = true) : was_up_(scheduling_possible) {
        before_ = set_sleep_reporter([](const char* what, const atomic_context& context) {
            what_ = what;
            context_ = context;
            ++count_;
        });
        scheduling_possible = up;
        count_ = 0;
        what_ = nullptr;
        context_ = {};
    }
    ~sleep_reports() {
        scheduling_possible = was_up_;
        set_sleep_reporter(before_);
    }
    sleep_reports(const sleep_reports&) = delete;
    sleep_reports& operator=(const sleep_reports&) = delete;

    unsigned count() const { return count_; }
    // Of the last one.
    const char* what() const { return what_; }
    const atomic_context& context() const { return context_; }

private:
    static inline constinit unsigned count_ = 0;
    static inline constinit const char* what_ = nullptr;
    static inline constinit atomic_context context_{};

    bool was_up_;
    sleep_reporter before_;
};
