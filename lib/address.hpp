// Addresses that cannot be mixed up.
//
//     phys_addr   what the bus sees; 64 bits wide under PAE, 32 without
//     virt_addr   what a kernel pointer holds, as a number
//     user_addr   an address of a user program: 32 bits everywhere
//     pfn         a page frame number: phys_addr >> PAGE_SHIFT
//
// Conversion is explicit (`raw()`), except for the one the linear map defines:
// virt_to_phys and phys_to_virt differ by PAGE_OFFSET (spec A5). What is not in the
// linear map has no such address, and DEBUG=1 says so; the end of the map, where ranges
// end, may be asked for.
#pragma once

#include <cpu/layout.hpp>  // PAGE_OFFSET, phys_raw: the machine's
#include "lib/assert.hpp"
#include "lib/format.hpp"
#include "lib/types.hpp"

#include <compare>

inline constexpr unsigned PAGE_SHIFT = 12;
inline constexpr u32 PAGE_SIZE = 1u << PAGE_SHIFT;
inline constexpr u32 PAGE_MASK = ~(PAGE_SIZE - 1);

inline constexpr u64 KiB = 1024;
inline constexpr u64 MiB = 1024 * KiB;
inline constexpr u64 GiB = 1024 * MiB;

template <class Tag, std::unsigned_integral Raw>
class address {
public:
    using raw_type = Raw;

    constexpr address() = default;
    constexpr explicit address(Raw raw) : raw_(raw) {}

    constexpr Raw raw() const { return raw_; }
    constexpr bool is_aligned(Raw alignment) const { return ::is_aligned(raw_, alignment); }
    constexpr address align_down(Raw alignment) const {
        return address(::align_down(raw_, alignment));
    }
    constexpr address align_up(Raw alignment) const {
        return address(::align_up(raw_, alignment));
    }
    constexpr Raw page_offset() const { return raw_ & (PAGE_SIZE - 1); }

    constexpr auto operator<=>(const address&) const = default;
    constexpr address& operator+=(Raw bytes) { return raw_ += bytes, *this; }
    constexpr address& operator-=(Raw bytes) { return raw_ -= bytes, *this; }
    friend constexpr address operator+(address a, Raw bytes) { return address(a.raw_ + bytes); }
    friend constexpr address operator-(address a, Raw bytes) { return address(a.raw_ - bytes); }
    friend constexpr Raw operator-(address a, address b) { return a.raw_ - b.raw_; }

    friend void format_value(text_sink& out, const format_spec& spec, address a) {
        format_spec hex = spec;
        hex.type = 'x';
        if (hex.width == 0) {
            hex.prefix = hex.zero_pad = true;
            hex.width = 2 + 2 * sizeof(Raw);
        }
        format_unsigned(out, hex, a.raw_);
    }

private:
    Raw raw_ = 0;
};

using phys_addr = address<struct physical_tag, phys_raw>;
using virt_addr = address<struct virtual_tag, uintptr_t>;
using user_addr = address<struct user_tag, u32>;

class pfn {
public:
    constexpr pfn() = default;
    constexpr explicit pfn(u32 number) : number_(number) {}
    constexpr u32 raw() const { return number_; }
    constexpr phys_addr address() const {
        return phys_addr(static_cast<phys_raw>(static_cast<phys_raw>(number_) << PAGE_SHIFT));
    }

    constexpr auto operator<=>(const pfn&) const = default;
    constexpr pfn& operator++() { return ++number_, *this; }
    constexpr pfn& operator+=(u32 frames) { return number_ += frames, *this; }
    friend constexpr pfn operator+(pfn a, u32 frames) { return pfn(a.number_ + frames); }
    friend constexpr pfn operator-(pfn a, u32 frames) { return pfn(a.number_ - frames); }
    friend constexpr u32 operator-(pfn a, pfn b) { return a.number_ - b.number_; }

    friend void format_value(text_sink& out, const format_spec& spec, pfn frame) {
        format_unsigned(out, spec, frame.number_);
    }

private:
    u32 number_ = 0;
};

constexpr pfn phys_to_pfn(phys_addr address) {
    return pfn(static_cast<u32>(address.raw() >> PAGE_SHIFT));
}

// Half-open: start is in, end is not.
template <class Point>
struct range {
    Point start{};
    Point end{};

    constexpr bool empty() const { return !(start < end); }
    constexpr auto size() const { return empty() ? Point{} - Point{} : end - start; }
    constexpr bool contains(Point p) const { return start <= p && p < end; }
    constexpr bool contains(const range& r) const {
        return r.empty() || (start <= r.start && r.end <= end);
    }
    constexpr bool intersects(const range& r) const {
        return !empty() && !r.empty() && start < r.end && r.start < end;
    }
    constexpr range intersection(const range& r) const {
        const range both{max_of(start, r.start), min_of(end, r.end)};
        return both.empty() ? range{} : both;
    }
    constexpr bool operator==(const range&) const = default;
};

using phys_range = range<phys_addr>;
using virt_range = range<virt_addr>;
using pfn_range = range<pfn>;

template <class T>
virt_addr virt_of(const T* pointer) {
    return virt_addr(reinterpret_cast<uintptr_t>(pointer));
}

// How many bytes the linear map has. As long as there is no paging it is all addresses;
// who builds it says where it ends.
extern uintptr_t linear_map_bytes;

// Whether a pointer leads into the linear map.
inline bool virt_addr_valid(const volatile void* pointer) {
    return reinterpret_cast<uintptr_t>(pointer) - PAGE_OFFSET < linear_map_bytes;
}

// Linear map only.
inline phys_addr virt_to_phys(const volatile void* pointer) {
    kdebug_assert(reinterpret_cast<uintptr_t>(pointer) - PAGE_OFFSET <= linear_map_bytes,
                  "virt_to_phys: {} is not in the linear map",
                  virt_addr(reinterpret_cast<uintptr_t>(pointer)));
    return phys_addr(
        static_cast<phys_raw>(reinterpret_cast<uintptr_t>(pointer) - PAGE_OFFSET));
}

template <class T = void>
T* phys_to_virt(phys_addr address) {
    kdebug_assert(address.raw() <= linear_map_bytes,
                  "phys_to_virt: {} is not in the linear map", address);
    return reinterpret_cast<T*>(static_cast<uintptr_t>(address.raw()) + PAGE_OFFSET);
}
