// Per-CPU variables of the simulated CPUs: an array, indexed by the thread's number.
#pragma once

#include <cpu/processor.hpp>
#include "lib/types.hpp"

#include <type_traits>

#define DEFINE_PER_CPU(type, name) per_cpu_var<type> name
#define DECLARE_PER_CPU(type, name) extern per_cpu_var<type> name

template <class T>
struct per_cpu_var {
    T copies[NR_CPUS];

    constexpr per_cpu_var() : copies{} {}
    constexpr per_cpu_var(const T& initial) : copies{} {
        for (T& copy : copies) copy = initial;
    }
};

template <class T>
T& per_cpu(per_cpu_var<T>& variable, unsigned cpu) {
    return variable.copies[cpu];
}
template <class T>
T& this_cpu(per_cpu_var<T>& variable) {
    return variable.copies[smp_processor_id()];
}
template <class T>
T this_cpu_read(const per_cpu_var<T>& variable) {
    return variable.copies[smp_processor_id()];
}
template <class T>
bool this_cpu_is_zero(const per_cpu_var<T>& variable) {
    return variable.copies[smp_processor_id()] == T{};
}
template <class T>
void this_cpu_write(per_cpu_var<T>& variable, std::type_identity_t<T> value) {
    variable.copies[smp_processor_id()] = value;
}
template <class T>
void this_cpu_add(per_cpu_var<T>& variable, std::type_identity_t<T> value) {
    variable.copies[smp_processor_id()] += value;
}

// Variables made at run time (lib/sync/percpu.hpp). The copies of each lie side by
// side, as those of a static one do; so an offset counts once for every CPU.
inline constexpr size_t PERCPU_DYNAMIC_SIZE = 8192;

alignas(64) inline char host_percpu_dynamic[PERCPU_DYNAMIC_SIZE * NR_CPUS];

inline void* per_cpu_dynamic(size_t offset) { return host_percpu_dynamic + offset * NR_CPUS; }
inline size_t per_cpu_dynamic_offset(const void* variable) {
    return static_cast<size_t>(static_cast<const char*>(variable) - host_percpu_dynamic) /
           NR_CPUS;
}
