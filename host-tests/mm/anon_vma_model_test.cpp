// The reverse mapping against page tables that are simply known: processes fork, end,
// split, move and merge their areas and write to pages, at random. After each step every
// page table that shows a page must be among those that a walk visits.
#include "mm/cache/rmap.hpp"

#include "host-tests/support/kernel.hpp"
#include "lib/random.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/slab_debug.hpp"

#include <test.hpp>

#include <map>
#include <memory>
#include <set>
#include <vector>

namespace {

// An area with its part of the page table: index -> page.
struct known_area : rmap_area {
    known_area(u32 pgoff, u32 pages) {
        vm_start = 0x08000000 + (pgoff << PAGE_SHIFT);
        vm_end = vm_start + (pages << PAGE_SHIFT);
        vm_pgoff = pgoff;
    }
    known_area(const known_area& from) : rmap_area(from) {}

    std::map<u32, page*> table;
};

class families {
public:
    explicit families(u64 seed) : random_(seed) {}
    ~families() {
        while (!areas_.empty()) end(0);
    }

    void step() {
        if (areas_.empty() || (areas_.size() < 3 && random_.one_in(4))) return begin();
        const u32 which = random_.below(areas_.size());
        switch (random_.below(12)) {
            case 0: case 1: if (areas_.size() < most) fork(which); break;
            case 2: end(which); break;
            case 3: if (areas_.size() < most) split(which); break;
            case 4: merge(which); break;
            case 5: if (areas_.size() < most) move(which); break;
            case 6: shrink(which); break;
            case 7: forget(which); break;
            default: write(which); break;
        }
    }

    void check() {
        std::set<page*> pages;
        for (const auto& area : areas_) {
            check_anon_vmas(*area);
            for (const auto& [index, page] : area->table) pages.insert(page);
        }
        for (page* const page : pages) check(*page);
    }

private:
    static constexpr u32 most = 14;

    void check(page& page) {
        std::set<std::pair<const rmap_area*, u32>> shown, visited;
        for (const auto& area : areas_)
            for (const auto& [index, there] : area->table)
                if (there == &page) shown.emplace(area.get(), vma_address(*area, index));
        rmap_walk(page, [&](rmap_area& area, u32 address) {
            ASSERT_GE(address, area.vm_start);
            ASSERT_LT(address, area.vm_end);
            ASSERT_TRUE(visited.emplace(&area, address).second) << "visited twice";
        });
        ASSERT_EQ(page_mapcount(page), shown.size());
        for (const auto& place : shown) ASSERT_TRUE(visited.contains(place));
    }

    // A failure in between, now and then: everything must be as it was.
    template <class Action>
    bool with_failures(Action action) {
        if (random_.one_in(3)) {
            fail_nth armed(failslab, random_.between(1, 5));
            return static_cast<bool>(action());
        }
        return static_cast<bool>(action());
    }

    void begin() {
        areas_.push_back(std::make_unique<known_area>(random_.below(1000), 1 + random_.below(8)));
    }
    void show(known_area& area, u32 index, page* page) {
        get_page(*page);
        page_add_anon_rmap(*page, area, vma_address(area, index));
        area.table[index] = page;
    }
    void hide(known_area& area, u32 index) {
        page* const page = area.table.at(index);
        area.table.erase(index);
        page_remove_rmap(*page);
        put_page(page);
    }
    void fork(u32 which) {
        known_area& parent = *areas_[which];
        auto child = std::make_unique<known_area>(parent);
        if (!with_failures([&] { return anon_vma_fork(*child, parent); })) {
            ASSERT_TRUE(child->anon_vma_chain.empty() && !child->anon_vma);
            return;
        }
        for (const auto& [index, page] : parent.table) show(*child, index, page);
        areas_.push_back(std::move(child));
    }
    void end(u32 which) {
        known_area& area = *areas_[which];
        while (!area.table.empty()) hide(area, area.table.begin()->first);
        unlink_anon_vmas(area);
        areas_.erase(areas_.begin() + which);
    }
    // A fault that writes: a fresh page, or the one that is there and nobody else's.
    void write(u32 which) {
        known_area& area = *areas_[which];
        if (!with_failures([&] { return anon_vma_prepare(area, nullptr); })) return;
        const u32 index = area.vm_pgoff + random_.below(vma_pages(area));
        const auto there = area.table.find(index);
        if (there != area.table.end() && page_mapcount(*there->second) == 1)
            return page_move_anon_rmap(*there->second, area);
        page* const fresh = alloc_page(GFP_HIGHUSER_MOVABLE);
        page_add_new_anon_rmap(*fresh, area, vma_address(area, index));
        if (there != area.table.end()) hide(area, index);
        area.table[index] = fresh;
    }
    void forget(u32 which) {
        known_area& area = *areas_[which];
        if (!area.table.empty()) hide(area, area.table.begin()->first);
    }
    // The upper part becomes an area of its own; its page-table entries stay where they are.
    void split(u32 which) {
        known_area& area = *areas_[which];
        if (vma_pages(area) < 2) return;
        const u32 border = area.vm_pgoff + 1 + random_.below(vma_pages(area) - 1);
        auto upper = std::make_unique<known_area>(area);
        upper->vm_start = vma_address(area, border);
        upper->vm_pgoff = border;
        if (!with_failures([&] { return anon_vma_clone(*upper, area); })) return;
        {
            area_update shorter(nullptr, area);
            area.vm_end = upper->vm_start;
        }
        while (!area.table.empty() && area.table.rbegin()->first >= border) {
            const auto last = std::prev(area.table.end());
            upper->table.insert(*last);
            area.table.erase(last);
        }
        areas_.push_back(std::move(upper));
    }
    // An area takes over what was split off it, if that lies right behind it still.
    void merge(u32 which) {
        known_area& area = *areas_[which];
        for (u32 other = 0; other < areas_.size(); ++other) {
            known_area& upper = *areas_[other];
            if (&upper == &area || upper.vm_start != area.vm_end ||
                upper.vm_pgoff != area.vm_pgoff + vma_pages(area) ||
                upper.anon_vma != area.anon_vma || !area.anon_vma)
                continue;
            {
                area_update longer(nullptr, area);
                area.vm_end = upper.vm_end;
            }
            area.table.merge(upper.table);
            unlink_anon_vmas(upper);
            areas_.erase(areas_.begin() + other);
            return;
        }
    }
    void move(u32 which) {
        known_area& area = *areas_[which];
        auto moved = std::make_unique<known_area>(area);
        const u32 by = random_.below(16) << 24;
        moved->vm_start += by;
        moved->vm_end += by;
        if (!with_failures([&] { return anon_vma_clone(*moved, area); })) return;
        moved->table.swap(area.table);
        unlink_anon_vmas(area);
        areas_[which] = std::move(moved);
    }
    void shrink(u32 which) {
        known_area& area = *areas_[which];
        if (vma_pages(area) < 2) return;
        const u32 first = area.vm_pgoff, last = vma_last_pgoff(area);
        const bool at_start = random_.one_in(2);
        if (area.table.contains(at_start ? first : last)) hide(area, at_start ? first : last);
        area_update shorter(nullptr, area);
        if (at_start) {
            area.vm_start += PAGE_SIZE;
            ++area.vm_pgoff;
        } else {
            area.vm_end -= PAGE_SIZE;
        }
    }

    random_source random_;
    std::vector<std::unique_ptr<known_area>> areas_;
};

void random_steps(u64 seed, u32 steps) {
    families all(seed);
    for (u32 i = 0; i < steps; ++i) {
        all.step();
        all.check();
        if (testing::Test::HasFailure()) {
            ADD_FAILURE() << "seed " << seed << ", step " << i;
            return;
        }
    }
}

}  // namespace

TEST(anon_vma_model, a_walk_visits_every_page_table_that_shows_a_page) {
    const u32 in_use = the_page_allocator().pages_in_use();
    try {
        for (u64 seed = 1; seed <= 6; ++seed) random_steps(seed, 1500);
    } catch (const kernel_panic& panic) {
        FAIL() << panic.message;
    }
    the_page_allocator().check_invariants();
    // Slabs may keep some.
    EXPECT_LE(the_page_allocator().pages_in_use(), in_use + 40);
}

namespace {

// a, forked to b: then one thing is spoilt.
class anon_vma_detectors : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(anon_vma_prepare(a, nullptr));
        ASSERT_TRUE(anon_vma_fork(b, a));
        check_anon_vmas(a);
    }
    void TearDown() override {
        check_anon_vmas(a);
        unlink_anon_vmas(b);
        unlink_anon_vmas(a);
    }
    // What is said with the value in the variable; then the old one is back.
    template <class T>
    std::string complaint_with(T& variable, T value) {
        const T before = variable;
        variable = value;
        std::string said = "none";
        try {
            check_anon_vmas(b);
        } catch (const kernel_panic& panic) {
            said = panic.message;
        }
        variable = before;
        return said;
    }

    known_area a{100, 4}, b{a};
};

#define EXPECT_NAMES(name, ...)                            \
    {                                                      \
        const std::string said = complaint_with(__VA_ARGS__); \
        EXPECT_NE(said.find(name), std::string::npos) << said; \
    }

}  // namespace

TEST_F(anon_vma_detectors, name_what_is_wrong) {
    struct anon_vma *const of_a = a.anon_vma, *const of_b = b.anon_vma;
    EXPECT_NAMES("I1", b.anon_vma_chain.front().vma, static_cast<rmap_area*>(&a));
    EXPECT_NAMES("I1", of_b->root, of_b);
    EXPECT_NAMES("I3", of_a->parent, of_b);
    EXPECT_NAMES("I4", of_a->num_children, 1u);
    EXPECT_NAMES("I4", of_b->num_active_vmas, 2u);
    EXPECT_NAMES("I4", b.anon_vma, of_a);
}

TEST_F(anon_vma_detectors, name_a_lost_reference) {
    a.anon_vma->refcount.fetch_sub(1);
    u32 unrelated = 0;
    EXPECT_NAMES("I5", unrelated, 1u);
    a.anon_vma->refcount.fetch_add(1);
}
