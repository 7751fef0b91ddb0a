// Per-CPU variables of the simulated CPUs: an array, indexed by the thread's number.
#pragma once

#include <cpu/processor.hpp>

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
void this_cpu_write(per_cpu_var<T>& variable, std::type_identity_t<T> value) {
    variable.copies[smp_processor_id()] = value;
}
template <class T>
void this_cpu_add(per_cpu_var<T>& variable, std::type_identity_t<T> value) {
    variable.copies[smp_processor_id()] += value;
}
