// Raw maps of any content: what comes out keeps the invariants, and no byte that
// some entry calls other than usable lies in a usable range.
//
// Input: mem_limit (8), phys_bits (1), claims (1), then claims of (start, end, op)
// and entries of (base, length, type), as many as there are.
#include "mm/phys/memory_map.hpp"

#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

class input {
public:
    input(const u8* data, size_t size) : data_(data), size_(size) {}

    template <class T>
    bool take(T& value) {
        if (size_ < sizeof(T)) return false;
        memcpy(&value, data_, sizeof(T));
        data_ += sizeof(T);
        size_ -= sizeof(T);
        return true;
    }

private:
    const u8* data_;
    size_t size_;
};

void require(bool truth) {
    if (!truth) abort();
}

// Inclusive ends: here nothing can wrap.
bool meets(const memory_range& range, u64 first, u64 last) {
    return range.start <= last && first <= range.end - 1;
}

void check(const memory_map& map, const std::vector<e820_entry>& raw) {
    map.check_invariants();
    u64 usable = 0;
    for (const memory_range& range : map.ranges()) {
        if (range.kind != memory_kind::usable) continue;
        usable += range.size();
        for (const e820_entry& entry : raw) {
            if (entry.type == E820_RAM || entry.length == 0) continue;
            u64 last = entry.base + (entry.length - 1);
            if (last < entry.base) last = ~u64{0};
            require(!meets(range, entry.base, last));
        }
    }
    require(usable == map.usable_bytes());
    require(map.highest_usable_end() <= map.highest_ram_end());
}

class null_sink final : public text_sink {
    void write(std::string_view) override {}
};

memory_map map;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    input in(data, size);
    memory_map_options options;
    u8 bits = 0, claims = 0;
    in.take(options.mem_limit);
    in.take(bits);
    in.take(claims);
    options.phys_bits = bits % 65;

    struct claim {
        u64 start, end;
        u8 op;
    };
    std::vector<claim> list;
    for (claim c; claims-- > 0 && in.take(c.start) && in.take(c.end) && in.take(c.op);)
        list.push_back(c);
    std::vector<e820_entry> raw;
    for (e820_entry e; in.take(e.base) && in.take(e.length) && in.take(e.type);)
        raw.push_back(e);

    map.build(raw, options);
    check(map, raw);
    for (const claim& c : list) {
        const auto kind = memory_kind(1 + c.op % (memory_kinds - 1));
        if (c.op & 0x80) {
            const u64 before = map.usable_bytes();
            const auto place = map.take(c.start, u64{1} << (c.op & 63), c.end, kind);
            if (place) {
                require(c.start <= before && *place + c.start <= c.end);
                require(map.kind_at(*place) == kind);
                require(map.kind_at(*place + c.start - 1) == kind);
            }
        } else {
            map.reserve(c.start, c.end, kind);
            if (c.start < c.end) require(map.kind_at(c.start) != memory_kind::usable);
        }
        check(map, raw);
    }
    null_sink out;
    print_e820(out, raw);
    print_memory_map(out, map);
    print_map_notes(out, map);
    return 0;
}
