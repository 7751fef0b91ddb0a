// For the tests of boot/: a piece of physical memory with a loader's structures
// in it, beyond which nothing can be read.
#pragma once

#include "boot/multiboot.hpp"
#include "lib/test/scratch.hpp"

#include <string_view>

class memory_image final : public physical_reader {
public:
    static constexpr u32 base = 0x10000;
    static constexpr u32 capacity = 8192;

    using physical_reader::read;
    bool read(u64 physical, void* to, size_t size) const override {
        if (physical < base || physical - base > size_ || size > size_ - (physical - base))
            return false;
        for (size_t i = 0; i < size; ++i)
            static_cast<u8*>(to)[i] = bytes()[physical - base + i];
        return true;
    }

    void clear(u32 size = capacity) {
        for (u8& byte : bytes()) byte = 0;
        size_ = size;
        next_ = base;
    }
    // Nothing at or above `end` can be read from now on.
    void end_at(u32 end) { size_ = end - base; }

    template <class T>
    void put(u32 at, const T& value) {
        for (size_t i = 0; i < sizeof(T); ++i)
            bytes()[at - base + i] = reinterpret_cast<const u8*>(&value)[i];
    }
    void put_text(u32 at, std::string_view text) {
        for (char c : text) bytes()[at++ - base] = static_cast<u8>(c);
    }

    // Appending: each call begins where the last one ended.
    u32 here() const { return next_; }
    void go_to(u32 at) { next_ = at; }
    template <class T>
    u32 add(const T& value) {
        const u32 at = next_;
        put(at, value);
        next_ += sizeof(T);
        return at;
    }
    u32 add_text(std::string_view text) {  // and its end
        const u32 at = next_;
        put_text(at, text);
        next_ += static_cast<u32>(text.size());
        put(next_++, u8{0});
        return at;
    }

private:
    static auto bytes() -> u8 (&)[capacity] { return scratch_as<u8[capacity]>(); }

    u32 size_ = capacity;
    u32 next_ = base;
};

// One of each for all tests, since they are too large for a kernel stack.
inline memory_image test_image;
inline boot_info test_boot_info;

inline bool has_note(const boot_info& boot, std::string_view part) {
    for (u32 i = 0; i < boot.note_count; ++i) {
        const std::string_view note = boot.notes[i];
        if (note.find(part) != std::string_view::npos) return true;
    }
    return false;
}
