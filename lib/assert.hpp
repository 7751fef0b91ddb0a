// Assertions are for bugs in Loci; never for bad input or a lack of memory.
//
//     kassert(order < MAX_ORDER, "order {} of page {}", order, frame);
//
// Three tiers: static_assert for layout, kassert always on, kdebug_assert only
// where a build has chosen dear checks (DEBUG=1). The message is mandatory and
// carries the values that were wrong.
#pragma once

#include "lib/format.hpp"

#include <string_view>

// Where and what; defined by kernel/ (a panic) and by the host tests (an abort).
[[noreturn]] void assertion_failed(const char* file, int line, const char* condition,
                                   std::string_view format,
                                   std::span<const format_arg> args);

// noipa: else g++ makes a copy for each file that takes its arguments otherwise. By value: of
// what is only looked at when all is lost, no address is taken.
template <class... Args>
[[noreturn, gnu::cold, gnu::noinline, gnu::noipa]] void assertion_failed_with(
    const char* file, int line, const char* condition, format_string<Args...> format,
    Args... args) {
    const format_arg list[] = {format_arg(args)..., format_arg()};
    assertion_failed(file, line, condition, format.text, {list, sizeof...(Args)});
}

#define kassert(condition, ...)                                                      \
    (__builtin_expect(static_cast<bool>(condition), 1)                               \
         ? static_cast<void>(0)                                                      \
         : assertion_failed_with(__FILE__, __LINE__, #condition, __VA_ARGS__))

// `dear_checks` is a constexpr bool found by include path (DEBUG=1 or not): the
// condition is always compiled, and folded away where it is false.
#include <dear_checks.hpp>

#define kdebug_assert(condition, ...)                                                \
    (!dear_checks || (condition)                                                     \
         ? static_cast<void>(0)                                                      \
         : assertion_failed_with(__FILE__, __LINE__, #condition, __VA_ARGS__))
