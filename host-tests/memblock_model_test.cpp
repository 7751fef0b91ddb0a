// memblock against two models that know nothing of regions: one colours the cells of a
// small machine, whose memory is an arena that tables grow into; the other asks for
// single addresses anywhere in the 64-bit space which call was the last to reach them.
#include "host-tests/support/kernel.hpp"
#include "mm/phys/memblock.hpp"

#include <test.hpp>

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

namespace {

class dice {
public:
    explicit dice(unsigned seed) : engine_(seed) {}
    u64 below(u64 n) { return std::uniform_int_distribution<u64>(0, n - 1)(engine_); }
    bool one_in(u64 n) { return below(n) == 0; }

private:
    std::mt19937_64 engine_;
};

// -- the coloured machine -----------------------------------------------------------

constexpr u64 cell = 32;
constexpr u64 cells = 768;
constexpr u64 machine_size = cells * cell;
alignas(4096) u8 arena[machine_size];

// Physical address 0 is the start of the arena, for as long as this lives.
class arena_as_memory {
public:
    arena_as_memory() : before_(PAGE_OFFSET) {
        PAGE_OFFSET = reinterpret_cast<uintptr_t>(arena);
    }
    ~arena_as_memory() { PAGE_OFFSET = before_; }

private:
    uintptr_t before_;
};

struct tables {
    explicit tables(size_t regions) : memory(regions), reserved(regions) {}
    std::vector<memblock_region> memory, reserved;
};

struct span_of_cells {
    u64 first, count;
    u64 base() const { return first * cell; }
    u64 size() const { return count * cell; }
};

class coloured_machine {
public:
    std::vector<char> memory = std::vector<char>(cells), reserved = memory;

    void paint(std::vector<char>& colour, span_of_cells where, bool on) {
        std::fill_n(colour.begin() + where.first, where.count, on);
    }

    // Where an allocation would be, by trying every cell.
    std::optional<u64> find(u64 count, u64 align, u64 min, u64 max, bool down) const {
        std::vector<u64> run(cells + 1);  // free cells from here on
        for (u64 c = cells; c-- > 0;) {
            const bool free = memory[c] && !reserved[c] && c * cell >= 4096 &&
                              c * cell >= min && (c + 1) * cell <= max;
            run[c] = free ? run[c + 1] + 1 : 0;
        }
        for (u64 i = 0; i < cells; ++i) {
            const u64 c = down ? cells - 1 - i : i;
            if (c * cell % align == 0 && run[c] >= count) return c * cell;
        }
        return {};
    }
};

std::vector<char> colours_of(const memblock_type& type) {
    std::vector<char> colours(cells);
    for (u32 i = 0; i < type.cnt; ++i)
        std::fill(colours.begin() + type.regions[i].base / cell,
                  colours.begin() + type.regions[i].end() / cell, 1);
    return colours;
}

// The cells of a table that has grown; tables of 4, 8 ... regions are whole cells.
std::optional<span_of_cells> own_table(const memblock_type& type,
                                       const std::vector<memblock_region>& first) {
    if (type.regions == first.data()) return {};
    const u64 at = virt_to_phys(type.regions).raw();
    const u64 bytes = type.max * sizeof(memblock_region);
    const u64 from = at / cell;
    return span_of_cells{from, (at + bytes - 1) / cell + 1 - from};
}

class comparison {
public:
    comparison(unsigned seed, bool roomy) : random_(seed), first_(4), roomy_(roomy),
                                            block_(first_.memory, first_.reserved) {
        block_.set_current_limit(machine_size);
        // What is above is left alone: there is always a place for a larger table.
        touched_ = roomy ? cells * 2 / 3 : cells;
        if (roomy) call(memory, {touched_, cells - touched_}, true);
    }

    void step() {
        const u64 first = random_.below(touched_);
        const u64 longest = touched_ - first;
        const u64 usual = random_.one_in(4) ? 200 : 12;
        const u64 length = random_.below(std::min(longest, usual));
        const span_of_cells where{first, length};
        switch (random_.below(8)) {
            case 0:
            case 1: return call(memory, where, true);
            case 2: return call(memory, where, false);
            case 3: return call(reserved, where, true);
            case 4: return call(reserved, where, false);
            default: return allocate();
        }
    }

    bool is_same() {
        block_.check_invariants();
        std::vector<char> taken = model_.reserved;
        for (const auto& table : own_tables())
            std::fill_n(taken.begin() + table.first, table.count, 1);
        return colours_of(block_.memory()) == model_.memory &&
               colours_of(block_.reserved()) == taken;
    }

    u32 failures() const { return failures_; }
    u32 largest_table() const {
        return std::max(block_.memory().max, block_.reserved().max);
    }

private:
    enum which { memory, reserved };

    std::vector<span_of_cells> own_tables() const {
        std::vector<span_of_cells> found;
        if (const auto table = own_table(block_.memory(), first_.memory))
            found.push_back(*table);
        if (const auto table = own_table(block_.reserved(), first_.reserved))
            found.push_back(*table);
        return found;
    }

    bool is_own(span_of_cells where) const {
        if (where.count == 0) return false;
        for (const span_of_cells& own : own_tables())
            if (own.first < where.first + where.count && where.first < own.first + own.count)
                return true;
        return false;
    }

    // A call may fail when it is about memblock's own, or for want of room.
    void expect_good_reason(bool about_own) {
        ++failures_;
        if (about_own) return;
        EXPECT_FALSE(roomy_);
        const auto crowded = [](const memblock_type& t) { return t.max - t.cnt < 2; };
        EXPECT_TRUE(crowded(block_.memory()) || crowded(block_.reserved()));
    }

    void call(which table, span_of_cells where, bool on) {
        const bool about_own = is_own(where) && !(table == memory && on);
        const u64 base = where.base(), size = where.size();
        const bool done = table == memory ? on ? block_.add(base, size)
                                               : block_.remove(base, size)
                          : on ? block_.reserve(base, size)
                               : block_.free(base, size);
        if (!done) return expect_good_reason(about_own);
        EXPECT_FALSE(about_own);
        model_.paint(table == memory ? model_.memory : model_.reserved, where, on);
    }

    void allocate() {
        const u64 count = 1 + random_.below(random_.one_in(4) ? 100 : 6);
        const u64 align = cell << random_.below(8);
        const u64 max = cell * (random_.one_in(2) ? touched_ : random_.below(touched_));
        const u64 min = cell * (random_.one_in(2) ? 0 : random_.below(touched_));
        const bool down = random_.one_in(2);

        coloured_machine now = model_;
        for (const auto& table : own_tables()) now.paint(now.reserved, table, true);
        const auto expected = now.find(count, align, min, max, down);
        const auto place = block_.alloc(count * cell, align, min, max,
                                        down ? memblock::top_down : memblock::bottom_up);
        if (expected && !place) return expect_good_reason(false);
        ASSERT_EQ(place, expected);
        if (place) model_.paint(model_.reserved, {*place / cell, count}, true);
    }

    dice random_;
    tables first_;
    bool roomy_;
    memblock block_;
    coloured_machine model_;
    u64 touched_;
    u32 failures_ = 0;
};

// -- the last word on an address ----------------------------------------------------

struct said {
    u64 base, size;
    bool on;

    bool reaches(u64 address) const {
        return address != ~u64{0} && address >= base && address - base < size;
    }
};

bool last_word(const std::vector<said>& calls, u64 address) {
    for (auto call = calls.rbegin(); call != calls.rend(); ++call)
        if (call->reaches(address)) return call->on;
    return false;
}

bool has(const memblock_type& type, u64 address) {
    for (u32 i = 0; i < type.cnt; ++i)
        if (address >= type.regions[i].base && address < type.regions[i].end()) return true;
    return false;
}

bool is_free(const memblock& block, u64 address) {
    for (memblock_range free; block.next_free(free);)
        if (free.contains(address)) return true;
    return false;
}

bool is_free_downwards(const memblock& block, u64 address) {
    for (memblock_range free = memblock_top; block.previous_free(free);)
        if (free.contains(address)) return true;
    return false;
}

}  // namespace

TEST(memblock_model, agrees_with_a_machine_of_coloured_cells) {
    const arena_as_memory here;
    u32 failures = 0, largest = 0;
    for (unsigned round = 0; round < 60; ++round) {
        SCOPED_TRACE(round);
        comparison both(round, round % 2 == 0);
        for (int step = 0; step < 300; ++step) {
            both.step();
            ASSERT_TRUE(both.is_same()) << "step " << step;
            if (HasFailure()) return;
        }
        failures += both.failures();
        largest = std::max(largest, both.largest_table());
    }
    EXPECT_GT(failures, 0u);
    EXPECT_GE(largest, 64u);
}

TEST(memblock_model, agrees_with_the_last_word_on_each_address_of_the_whole_space) {
    dice random(64);
    for (int round = 0; round < 300; ++round) {
        SCOPED_TRACE(round);
        tables first(128);
        memblock block(first.memory, first.reserved);
        std::vector<u64> marks = {0, 1, 4096, ~u64{0}, ~u64{0} - 1, u64{1} << 63};
        for (int i = 0; i < 6; ++i)
            marks.push_back(random.below(~u64{0}) >> random.below(64));
        const auto near_a_mark = [&] {
            return marks[random.below(marks.size())] + random.below(7) - 3;
        };
        std::vector<said> memory, reserved;
        for (int call = 0; call < 24; ++call) {
            const u64 base = near_a_mark();
            const said words{base, near_a_mark() - base, !random.one_in(3)};
            if (random.one_in(2)) {
                ASSERT_TRUE(words.on ? block.add(base, words.size)
                                     : block.remove(base, words.size));
                memory.push_back(words);
            } else {
                ASSERT_TRUE(words.on ? block.reserve(base, words.size)
                                     : block.free(base, words.size));
                reserved.push_back(words);
            }
            block.check_invariants();
        }
        for (u64 mark : marks)
            for (int step = -5; step <= 5; ++step) {
                const u64 address = mark + u64(step);
                const bool is_memory = last_word(memory, address);
                const bool is_reserved = last_word(reserved, address);
                ASSERT_EQ(has(block.memory(), address), is_memory) << std::hex << address;
                ASSERT_EQ(has(block.reserved(), address), is_reserved)
                    << std::hex << address;
                const bool free = is_memory && !is_reserved;
                ASSERT_EQ(is_free(block, address), free) << std::hex << address;
                ASSERT_EQ(is_free_downwards(block, address), free) << std::hex << address;
            }
    }
}

TEST(memblock_model, growth_that_fails_is_said_once) {
    clear_log();
    tables first(4);
    memblock block(first.memory, first.reserved);
    for (u64 i = 0; i < 4; ++i) EXPECT_TRUE(block.add(i * 0x1000, 0x800));
    EXPECT_FALSE(block.add(0x10000, 0x800));
    EXPECT_FALSE(block.add(0x10000, 0x800));
    ASSERT_EQ(kernel_log().size(), 1u);
    EXPECT_EQ(kernel_log()[0].text,
              "memblock: no memory for a table of more than 4 regions");
    EXPECT_LE(kernel_log()[0].text.size(), 65u);
}

TEST(memblock_model, the_balance_is_two_lines_even_of_64_gib) {
    clear_log();
    tables first(4);
    memblock block(first.memory, first.reserved);
    EXPECT_TRUE(block.add(0x1000, 64 * GiB - 0x1000));
    EXPECT_TRUE(block.reserve(1 * MiB, 2 * MiB + 100));
    log_balance(block);
    ASSERT_EQ(kernel_log().size(), 2u);
    EXPECT_EQ(kernel_log()[0].text,
              "memblock: 67108860 KiB = 2049 reserved + 67106811 free");
    EXPECT_EQ(kernel_log()[1].text,
              "memblock: 1 memory, 1 reserved regions, 16776702 free pages");
    for (const log_line& line : kernel_log()) EXPECT_LE(line.text.size(), 65u);
}

// Each invariant, broken by hand, is named.
TEST(memblock_model, a_broken_promise_is_named) {
    const auto complaint = [](auto breaks) -> std::string {
        tables first(4);
        memblock block(first.memory, first.reserved);
        static_cast<void>(block.add(0x1000, 0x1000));
        static_cast<void>(block.add(0x3000, 0x1000));
        block.check_invariants();
        breaks(const_cast<memblock_type&>(block.memory()));
        try {
            block.check_invariants();
        } catch (const kernel_panic& panic) {
            return panic.message;
        }
        return "nothing";
    };
    const auto expect = [&](const char* name, auto breaks) {
        const std::string text = complaint(breaks);
        EXPECT_NE(text.find(name), std::string::npos) << text;
    };
    expect("I1", [](memblock_type& t) { t.regions[0].size = 0; });
    expect("I1", [](memblock_type& t) { t.regions[0].base = 0x8000; });
    expect("I2", [](memblock_type& t) { t.regions[0].size = 0x2000; });
    expect("I3", [](memblock_type& t) { t.regions[1].size = ~u64{0}; });
    expect("I4", [](memblock_type& t) { t.regions[0].size += 8; });
    expect("I4", [](memblock_type& t) { t.cnt = 5; });
}

TEST(memblock_model, an_alignment_that_is_none_is_a_bug) {
    tables first(4);
    memblock block(first.memory, first.reserved);
    EXPECT_THROW(block.alloc(1, 0, 0, ~u64{0}, memblock::top_down), kernel_panic);
    EXPECT_THROW(block.alloc(1, 3, 0, ~u64{0}, memblock::top_down), kernel_panic);
}
