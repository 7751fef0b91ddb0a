// Physical memory that may refuse to be read. What a boot loader or the firmware left
// behind can lie anywhere, also where nothing is; its readers copy every byte through
// one of these before they look at it. The kernel reaches the bytes through whatever
// mapping it has at the time, a test through an array.
#pragma once

#include "lib/types.hpp"

#include <type_traits>

class physical_reader {
public:
    // Copies `size` bytes at `physical`, or none and returns false when not all of
    // them are there to be read.
    virtual bool read(u64 physical, void* to, size_t size) const = 0;

    template <class T>
    bool read(u64 physical, T& to) const {
        static_assert(std::is_trivially_copyable_v<T>);
        return read(physical, &to, sizeof to);
    }

protected:
    constexpr physical_reader() = default;
    ~physical_reader() = default;
};
