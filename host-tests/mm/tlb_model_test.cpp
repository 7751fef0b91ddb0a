// Page tables, gather and flushes against a TLB that keeps whatever it may: nothing that
// was freed can be reached, and after a flush nobody has more rights than the tables say.
#include "host-tests/support/modelled_tlb.hpp"
#include "host-tests/support/table_machine.hpp"
#include "lib/random.hpp"
#include "mm/map/mmu_gather.hpp"

#include <test.hpp>

namespace {

// An address space at work on one CPU: the kernel's, with global pages, or a user's.
template <class F, bool Kernel>
class address_space : public table_machine<F> {
public:
    using machine = table_machine<F>;
    static constexpr u32 busy = 8;  // pages at the beginning of each span that come and go
    static constexpr u32 spans = 3;
    // With PAE, the spans lie under two top entries.
    static constexpr u32 first_span = 0xc0000000 - machine::large_size;

    explicit address_space(u64 seed) : random_(seed) {
        for (u32 i = 0; i < small_frames; ++i) free_.push_back(frame_number(i));
        static_cast<void>(tlb_enter_space(this));
        host_tlb = &tlb_;
    }
    ~address_space() {
        host_tlb = nullptr;
        static_cast<void>(tlb_enter_space(nullptr));
    }

    void step() {
        tlb_.look_ahead();
        switch (random_.below(12)) {
        case 0: case 1: case 2: case 3: map_some(); break;
        case 4: map_large(); break;
        case 5: case 6: unmap_some(); break;
        case 7: unmap_and_free_tables(); break;
        case 8: case 9: protect_some(); break;
        case 10: tlb_.drop_space(); break;  // another task, and back
        default: toggle_lazy(); break;
        }
        tlb_.look_ahead();
        if (!lazy_) { EXPECT_FALSE(tlb_.keeps_more_than_tables()); }
        EXPECT_TRUE(this->none_lost());
        kept_ += tlb_.size();
    }

    void clear() {
        if (lazy_) toggle_lazy();
        range(0, spans * machine::large_pages);
        unmap_and_free_tables_of_range();
        EXPECT_EQ(this->memory.in_use(), 0u);
        EXPECT_EQ(used_.size(), 0u);
    }
    size_t kept() const { return kept_; }

    // ---- what a gather asks of a space ------------------------------------------------
    void flush(u32 start, u32 pages, freed_tables freed) {
        tlb_.look_ahead();
        if (!Kernel) return flush_tlb_space_range(this, start, pages, freed);
        if (freed == freed_tables::directories) return flush_tlb_all();
        flush_tlb_kernel_range(start, pages);
    }
    using page_name = pfn;
    void free_pages(const pfn* frames, u32 count) {
        for (u32 i = 0; i < count; ++i) free_page(frames[i]);
    }
    void free_page(pfn frame) {
        const u64 address = frame.address().raw();
        // A lazy CPU may keep it: it touches no user page until it has loaded CR3.
        if (Kernel || !lazy_) {
            EXPECT_FALSE(tlb_.keeps_frame(address)) << std::hex << address;
        }
        EXPECT_EQ(used_.erase(address), 1u);
        if (address < large_frames) free_.push_back(address);
        else --parts_[(address - large_frames) / machine::large_size];
    }
    void free_table(u64 table) {
        EXPECT_FALSE(tlb_.keeps_table(table)) << std::hex << table;
        this->memory.give_back(table);
    }

private:
    using gather = mmu_gather<address_space, 8>;
    static constexpr u32 small_frames = 3 * busy;
    static constexpr u64 large_frames = 0x5000'0000;

    static u64 frame_number(u32 i) { return 0x4000'0000 + u64{i} * PAGE_SIZE; }

    void range(u32 page, u32 pages) {
        address_ = first_span + page * PAGE_SIZE;
        pages_ = pages;
    }
    void any_range() {
        if (random_.one_in(4)) return range(random_.below(3) * machine::large_pages,
                                            machine::large_pages);
        const u32 first = random_.below(busy);
        range(random_.below(spans) * machine::large_pages + first,
              random_.between(1, busy - first));
    }
    page_rights any_rights() {
        const u32 bits = static_cast<u32>(random_.next());
        return {.write = (bits & 1) != 0, .user = !Kernel, .global = Kernel,
                .no_execute = (bits & 2) != 0};
    }

    // A directory that was absent is found when CR3 has been loaded.
    void see_top_entries() {
        if (F::levels == 2 || tlb_.finds(address_)) return;
        if (Kernel) flush_tlb_all();
        else flush_tlb_top_entries(this);
        EXPECT_TRUE(tlb_.finds(address_));
    }

    void map_some() {
        any_range();
        for (u32 i = 0; i < min_of(pages_, busy) && !free_.empty(); ++i) {
            const u32 at = address_ + i * PAGE_SIZE;
            if (this->tables.find(at).has_frame()) continue;
            const u64 frame = free_.back();  // the last one that was freed
            ASSERT_TRUE(this->tables.map(at, frame, 1, any_rights(), true));
            free_.pop_back();
            used_.insert(frame);
            address_ = at;
            see_top_entries();
        }
    }
    void map_large() {
        const u32 unit = random_.below(4);
        range(random_.below(spans) * machine::large_pages, machine::large_pages);
        bool is_empty = parts_[unit] == 0;
        this->tables.for_each_leaf(address_, pages_, [&](auto...) { is_empty = false; });
        if (!is_empty) return;
        const u64 frame = large_frames + u64{unit} * machine::large_size;
        ASSERT_TRUE(this->tables.map(address_, frame, pages_, any_rights(), true));
        parts_[unit] = machine::large_pages;
        for (u32 i = 0; i < pages_; ++i) used_.insert(frame + u64{i} * PAGE_SIZE);
        see_top_entries();
    }

    void unmap_range(gather& gone) {
        ASSERT_TRUE(this->tables.unmap(address_, pages_,
                                       [&](u32 at, u32 pages, unsigned level, auto raw) {
            gone.touch(at, pages);
            const pfn first = phys_to_pfn(phys_addr(F::address(raw, level)));
            for (u32 i = 0; i < pages; ++i) gone.remove_page(first + i);
        }));
    }
    void unmap_some() {
        any_range();
        gather gone(*this);
        unmap_range(gone);
    }
    void unmap_and_free_tables() {
        range(random_.below(spans) * machine::large_pages, machine::large_pages);
        if (random_.one_in(2)) range(0, spans * machine::large_pages);
        unmap_and_free_tables_of_range();
    }
    void unmap_and_free_tables_of_range() {
        gather gone(*this);
        unmap_range(gone);
        // The tables may go with the pages, or some time later.
        if (random_.one_in(2)) gone.finish();
        u32 start = address_, pages = pages_;
        if (pages == spans * machine::large_pages) start = 0x80000000, pages = 1u << 19;
        this->tables.free_tables(start, pages, [&](u64 table, unsigned level) {
            gone.remove_table(table, level);
        });
    }

    void protect_some() {
        any_range();
        const page_rights rights = any_rights();
        gather changed(*this);
        ASSERT_TRUE(this->tables.protect(address_, pages_, rights));
        changed.touch(address_, pages_);
    }

    void toggle_lazy() {
        if (Kernel) return;
        if (!lazy_) tlb_enter_lazy();
        else if (tlb_enter_space(this)) tlb_.drop_space();
        lazy_ = !lazy_;
    }

    random_source random_;
    u32 address_ = 0, pages_ = 0;
    std::vector<u64> free_;
    std::set<u64> used_;
    u32 parts_[4] = {};
    bool lazy_ = false;
    size_t kept_ = 0;
    modelled_tlb tlb_{this->mmu,
                      {first_span, first_span + machine::large_size,
                       first_span + 2 * machine::large_size},
                      busy};
};

template <class Space>
class tlb_model_test : public testing::Test {};
using spaces =
    testing::Types<address_space<two_level, true>, address_space<two_level, false>,
                   address_space<pae, true>, address_space<pae, false>>;
TYPED_TEST_SUITE(tlb_model_test, spaces);

}  // namespace

TYPED_TEST(tlb_model_test, nothing_freed_is_ever_reached) {
    for (u64 seed = 1; seed <= 4 && !this->HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        TypeParam space(seed);
        for (unsigned n = 0; n < 120 && !this->HasFailure(); ++n) space.step();
        EXPECT_GT(space.kept(), 150u);
        if (!this->HasFailure()) space.clear();
    }
}
