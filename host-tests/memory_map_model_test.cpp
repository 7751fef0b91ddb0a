// The memory map against models that know nothing of ranges: one paints bytes
// (in cells) on a small machine, the other judges single pages by going through
// all entries, anywhere in the 64-bit space.
#include "host-tests/support/kernel.hpp"
#include "mm/phys/memory_map.hpp"

#include <test.hpp>

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

namespace {

memory_map map;

constexpr u64 page = 4096;

enum rank { hole = -1, ram = 0 };

// As in memory_kind, but written down anew: what the rules say of each type.
int rank_of(u32 type) {
    switch (type) {
        case 1: return ram;
        case 3: return int(memory_kind::acpi_reclaimable);
        case 4: return int(memory_kind::acpi_nvs);
        case 5: return int(memory_kind::unusable);
        default: return int(memory_kind::reserved);
    }
}

int kind_of(const memory_map& map, u64 address) {
    const auto kind = map.kind_at(address);
    return kind ? int(*kind) : int(hole);
}

// -- the painted machine ------------------------------------------------------------

class painted_machine {
public:
    static constexpr u64 cell = 512;
    static constexpr u64 size = 0x180000;
    static constexpr u64 cells = size / cell;
    static constexpr u64 cells_per_page = page / cell;

    painted_machine(const std::vector<e820_entry>& raw, u64 limit)
        : pages_(size / page, hole) {
        std::vector<int> bytes(cells, hole);
        for (const e820_entry& entry : raw)
            for (u64 c = entry.base / cell; c < (entry.base + entry.length) / cell; ++c)
                bytes[c] = std::max(bytes[c], rank_of(entry.type));
        for (u64 p = 0; p < pages_.size(); ++p) {
            const auto first = bytes.begin() + p * cells_per_page;
            const auto last = first + cells_per_page;
            const int most = *std::max_element(first, last);
            const bool all_ram = std::count(first, last, ram) == s64(cells_per_page);
            pages_[p] = most > ram || all_ram ? most : int(hole);
            if (p == 0 || (p >= 0xA0 && p < 0x100)) pages_[p] = int(memory_kind::reserved);
            if (pages_[p] == ram && (p + 1) * page > limit) pages_[p] = hole;
        }
    }

    void reserve(u64 start, u64 end, memory_kind kind) {
        for (u64 p = start / page; p * page < end; ++p)
            if (pages_[p] >= ram) pages_[p] = std::max(pages_[p], int(kind));
    }

    std::optional<u64> take(u64 bytes, u64 align, u64 below, memory_kind kind) {
        const u64 wanted = (bytes + page - 1) / page;
        for (u64 start = size / page; start-- > 0;) {
            if (start * page % align != 0 || (start + wanted) * page > below) continue;
            if (start + wanted > pages_.size()) continue;
            const auto first = pages_.begin() + start;
            if (std::count(first, first + wanted, ram) != s64(wanted)) continue;
            std::fill(first, first + wanted, int(kind));
            return start * page;
        }
        return {};
    }

    const std::vector<int>& pages() const { return pages_; }
    u64 usable_bytes() const {
        return std::count(pages_.begin(), pages_.end(), ram) * page;
    }

private:
    std::vector<int> pages_;
};

class dice {
public:
    explicit dice(unsigned seed) : engine_(seed) {}
    u64 below(u64 n) { return std::uniform_int_distribution<u64>(0, n - 1)(engine_); }
    u32 type() {
        static constexpr u32 types[] = {1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5, 0, 20};
        return types[below(std::size(types))];
    }

private:
    std::mt19937_64 engine_;
};

void expect_same(const painted_machine& model) {
    map.check_invariants();
    for (u64 p = 0; p < model.pages().size(); ++p)
        ASSERT_EQ(kind_of(map, p * page), model.pages()[p]) << "page " << p;
    EXPECT_EQ(map.usable_bytes(), model.usable_bytes());
}

// -- the judged page ----------------------------------------------------------------

bool wraps(const e820_entry& e) { return e.length > 0 && e.base + (e.length - 1) < e.base; }
u64 last_byte(const e820_entry& e) {
    return wraps(e) ? ~u64{0} : e.base + e.length - 1;
}

int judged(const std::vector<e820_entry>& raw, u64 address, u64 limit) {
    const u64 first = address & ~(page - 1);
    const u64 last = first + (page - 1);
    if (last == ~u64{0}) return hole;
    if (first == 0 || (first >= 0xA0000 && first < 0x100000))
        return int(memory_kind::reserved);

    int most = hole;
    for (const e820_entry& e : raw) {
        if (e.length == 0 || rank_of(e.type) == ram) continue;
        if (e.base <= last && last_byte(e) >= first) most = std::max(most, rank_of(e.type));
    }
    if (most != hole) return most;
    // Does usable memory cover the page? Walk from its first byte to its last.
    for (u64 reached = first;;) {
        u64 next = reached;
        for (const e820_entry& e : raw)
            if (e.type == 1 && e.length > 0 && !wraps(e) && e.base <= reached &&
                last_byte(e) >= reached)
                next = std::max(next, last_byte(e) == ~u64{0} ? ~u64{0} : last_byte(e) + 1);
        if (next > last) break;
        if (next == reached) return hole;
        reached = next;
    }
    return last < limit ? int(ram) : int(hole);
}

}  // namespace

TEST(memory_map_model, agrees_with_a_machine_painted_byte_by_byte) {
    dice random(2006);
    for (int round = 0; round < 400; ++round) {
        SCOPED_TRACE(round);
        std::vector<e820_entry> raw;
        for (u64 n = random.below(25); n > 0; --n) {
            const u64 start = random.below(painted_machine::cells + 1);
            const u64 longest = painted_machine::cells - start;
            u64 length = random.below(longest + 1);
            if (random.below(2)) length = std::min(length, random.below(40));
            raw.push_back({start * painted_machine::cell, length * painted_machine::cell,
                           random.type()});
        }
        const u64 limit = random.below(3) ? ~u64{0} : random.below(painted_machine::size);
        painted_machine model(raw, limit);
        map.build(raw, {.mem_limit = limit});
        expect_same(model);
        if (HasFatalFailure()) return;

        for (int claim = 0; claim < 16; ++claim) {
            const auto kind = memory_kind(1 + random.below(memory_kinds - 1));
            if (random.below(2)) {
                const u64 start = random.below(painted_machine::size);
                const u64 end = start + 1 + random.below(std::min<u64>(
                                                painted_machine::size - start, 0x9000));
                map.reserve(start, end, kind);
                model.reserve(start, end, kind);
            } else {
                const u64 bytes = 1 + random.below(0x8000);
                const u64 align = page << random.below(5);
                const u64 below =
                    random.below(2) ? ~u64{0} : random.below(painted_machine::size);
                EXPECT_EQ(map.take(bytes, align, below, kind),
                          model.take(bytes, align, below, kind));
            }
        }
        expect_same(model);
        if (HasFatalFailure()) return;
    }
}

TEST(memory_map_model, agrees_with_pages_judged_one_by_one_in_the_whole_space) {
    dice random(86);
    for (int round = 0; round < 600; ++round) {
        SCOPED_TRACE(round);
        std::vector<u64> marks = {0, page, 0xA0000, 0x100000, ~u64{0}, u64{1} << 32};
        for (int i = 0; i < 6; ++i)
            marks.push_back(random.below(~u64{0}) >> random.below(64));
        const auto near_a_mark = [&] {
            return marks[random.below(marks.size())] + random.below(3 * page) - page;
        };
        std::vector<e820_entry> raw;
        for (u64 n = random.below(12); n > 0; --n) {
            const u64 base = near_a_mark();
            raw.push_back({base, near_a_mark() - base, random.type()});
        }
        const unsigned bits = random.below(2) ? 64 : 20 + unsigned(random.below(44));
        const u64 mem = random.below(2) ? ~u64{0} : near_a_mark();
        map.build(raw, {.mem_limit = mem, .phys_bits = bits});
        map.check_invariants();
        const u64 limit = std::min(mem, bits < 64 ? u64{1} << bits : ~u64{0});

        for (u64 mark : marks)
            for (int step = -3; step <= 3; ++step) {
                const u64 address = mark + u64(step) * page;
                ASSERT_EQ(kind_of(map, address), judged(raw, address, limit))
                    << std::hex << address;
            }
    }
}

// More entries than any boot_info holds: RAM may be given up, protection not.
TEST(memory_map_model, too_many_entries_cost_memory_but_no_protection) {
    dice random(128);
    for (int round = 0; round < 20; ++round) {
        std::vector<e820_entry> raw = {{0, 1 * GiB, E820_RAM}};
        for (int i = 0; i < 600; ++i)
            raw.push_back({2 * MiB + random.below(GiB / page) * page,
                           1 + random.below(3 * page),
                           random.below(6) ? u32(E820_RESERVED) : u32(E820_RAM)});
        map.build(raw, {});
        map.check_invariants();
        EXPECT_GT(map.tally(map_note::no_room).count, 0u);
        for (const e820_entry& entry : raw) {
            if (entry.type == E820_RAM) continue;
            EXPECT_NE(kind_of(map, entry.base), int(ram));
            EXPECT_NE(kind_of(map, entry.base + entry.length - 1), int(ram));
        }
    }
}

TEST(memory_map_model, a_broken_promise_is_named) {
    const e820_entry raw[] = {{1 * MiB, 63 * MiB, E820_RAM}};
    map.build(raw, {});
    const auto ranges = const_cast<memory_range*>(map.ranges().data());
    ranges[2].start += 1;
    try {
        map.check_invariants();
        FAIL() << "not noticed";
    } catch (const kernel_panic& panic) {
        EXPECT_NE(panic.message.find("I2"), std::string::npos) << panic.message;
    }
    EXPECT_THROW(map.reserve(0, page, memory_kind::usable), kernel_panic);
    EXPECT_THROW(map.take(page, 3, ~u64{0}, memory_kind::boot), kernel_panic);
    map.build(raw, {});
}
