// Unwinding without exceptions: what was begun is undone on every way out, unless
// the function got as far as to keep it.
//
//     scope_guard give_back([&] { zone.free(frame); });
//     if (auto e = map(frame); !e) return e;      // the frame goes back
//     give_back.dismiss();                        // it is ours now
#pragma once

#include <utility>

template <class Action>
class [[nodiscard]] scope_guard {
public:
    explicit scope_guard(Action action) : action_(std::move(action)) {}
    ~scope_guard() {
        if (armed_) action_();
    }
    scope_guard(const scope_guard&) = delete;
    scope_guard& operator=(const scope_guard&) = delete;

    void dismiss() { armed_ = false; }

private:
    Action action_;
    bool armed_ = true;
};
