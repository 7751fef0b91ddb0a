// Registries: lists that are put together by the linker. A subsystem registers
// its own command, boot parameter or test in its own file; whoever walks the
// list knows none of them by name.
//
//     REGISTER(monitor_command, dmesg_command) = { .name = "dmesg", ... };
//     for (const monitor_command* c : registered<monitor_command>()) ...
//
// What is collected are pointers, one section a type: the compiler may pad
// objects as it likes, pointers lie side by side. The order is the link order.
#pragma once

#include <span>

template <class T>
struct registry_bounds;

// Once a type, beside the type.
#define DECLARE_REGISTRY(type)                                                    \
    extern "C" [[gnu::weak]] const type* const __start_registry_##type[];         \
    extern "C" [[gnu::weak]] const type* const __stop_registry_##type[];          \
    template <>                                                                   \
    struct registry_bounds<type> {                                                \
        static const type* const* begin() { return __start_registry_##type; }     \
        static const type* const* end() { return __stop_registry_##type; }        \
    }

#define REGISTER(type, name)                                                      \
    extern const type name;                                                       \
    [[gnu::used, gnu::retain, gnu::section("registry_" #type)]]                   \
    static const type* const name##_registered = &name;                           \
    const type name

template <class T>
std::span<const T* const> registered() {
    return {registry_bounds<T>::begin(), registry_bounds<T>::end()};
}
