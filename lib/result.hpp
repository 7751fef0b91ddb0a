// result<T>: a value or an errno. What can fail in more than one way returns
// one; what can only run out of memory returns null or an empty optional.
//
//     result<pfn> find(...);
//     if (auto frame = find(...)) use(*frame);
//     else return err{frame.error()};
//
// T is trivially copyable or movable and cheap: handles, addresses, pointers.
#pragma once

#include "lib/assert.hpp"
#include "lib/errno.hpp"
#include "lib/types.hpp"

#include <optional>
#include <utility>

// An errno on its way out: `return err{ENOMEM};`. It is positive: 0 would be a
// success that holds nothing.
struct err {
    int code;

    constexpr int checked() const {
        kassert(code > 0, "a failure with errno {}", code);
        return code;
    }
};

template <class T = void>
class [[nodiscard]] result {
public:
    constexpr result(T value) : value_(std::move(value)) {}
    constexpr result(err e) : code_(e.checked()) {}

    constexpr explicit operator bool() const { return value_.has_value(); }
    // The errno; 0 when there is a value.
    constexpr int error() const { return code_; }

    constexpr T& operator*() {
        kassert(value_.has_value(), "value taken from a result with errno {}", code_);
        return *value_;
    }
    constexpr const T& operator*() const {
        kassert(value_.has_value(), "value taken from a result with errno {}", code_);
        return *value_;
    }
    constexpr T* operator->() { return &**this; }
    constexpr const T* operator->() const { return &**this; }

    constexpr T value_or(T fallback) const { return value_ ? *value_ : fallback; }

private:
    std::optional<T> value_;
    int code_ = 0;
};

template <>
class [[nodiscard]] result<void> {
public:
    constexpr result() = default;
    constexpr result(err e) : code_(e.checked()) {}

    constexpr explicit operator bool() const { return code_ == 0; }
    constexpr int error() const { return code_; }

private:
    int code_ = 0;
};

// The errno's name ("ENOMEM"), or "errno ?" when it is none of ours.
const char* errno_name(int code);
