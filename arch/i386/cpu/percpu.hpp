// Per-CPU variables (spec B10). The linker gathers all of them in one section,
// the template; every CPU has a copy, and %fs's base is the distance from the
// template to this CPU's copy. So `%fs:variable` is this CPU's variable in one
// instruction, without knowing which CPU this is.
#pragma once

#include <cpu/processor.hpp>
#include "lib/types.hpp"

#include <type_traits>

#define DEFINE_PER_CPU(type, name) [[gnu::section(".data.percpu")]] per_cpu_var<type> name
#define DECLARE_PER_CPU(type, name) extern per_cpu_var<type> name

template <class T>
struct per_cpu_var {
    T initial;  // the template's; touch it through the functions below only
};

// The base of each CPU's %fs; [0] is set before anything else runs.
extern uintptr_t __per_cpu_offset[NR_CPUS];
extern per_cpu_var<uintptr_t> this_cpu_offset;

template <class T>
T& per_cpu(per_cpu_var<T>& variable, unsigned cpu) {
    return *reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(&variable.initial) +
                                 __per_cpu_offset[cpu]);
}

// The caller cannot move to another CPU while it uses the result.
template <class T>
T& this_cpu(per_cpu_var<T>& variable) {
    uintptr_t offset;
    asm("movl %%fs:%1, %0" : "=r"(offset) : "m"(this_cpu_offset));
    return *reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(&variable.initial) + offset);
}

// One instruction each: safe against interrupts and being moved, no lock. The
// operand names the template, but the copy is what is touched; "memory" says so,
// or the compiler might keep what it knows of this_cpu() across these.
template <class T>
    requires(sizeof(T) == 4)
T this_cpu_read(const per_cpu_var<T>& variable) {
    T value;
    asm volatile("movl %%fs:%1, %0" : "=r"(value) : "m"(variable.initial) : "memory");
    return value;
}

template <class T>
    requires(sizeof(T) == 4)
bool this_cpu_is_zero(const per_cpu_var<T>& variable) {
    bool zero;
    asm volatile("cmpl $0, %%fs:%1" : "=@ccz"(zero) : "m"(variable.initial) : "memory");
    return zero;
}

template <class T>
    requires(sizeof(T) == 4)
void this_cpu_write(per_cpu_var<T>& variable, std::type_identity_t<T> value) {
    asm volatile("movl %1, %%fs:%0" : "=m"(variable.initial) : "r"(value) : "memory");
}

template <class T>
    requires(sizeof(T) == 4)
void this_cpu_add(per_cpu_var<T>& variable, std::type_identity_t<T> value) {
    asm volatile("addl %1, %%fs:%0" : "+m"(variable.initial) : "ri"(value)
                 : "cc", "memory");
}

// Variables made at run time (lib/sync/percpu.hpp): behind the template, and so
// behind each CPU's copy of it. The template itself has nothing there: an address
// in it is a name that %fs makes a variable of.
inline constexpr size_t PERCPU_DYNAMIC_SIZE = 8192;

extern "C" char __per_cpu_end[];

inline void* per_cpu_dynamic(size_t offset) { return __per_cpu_end + offset; }
inline size_t per_cpu_dynamic_offset(const void* variable) {
    return reinterpret_cast<uintptr_t>(variable) - reinterpret_cast<uintptr_t>(__per_cpu_end);
}
