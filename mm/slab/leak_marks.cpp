#include "mm/slab/leak_marks.hpp"

#include "lib/string.hpp"

namespace {

constexpr gfp_t quietly = GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO;

size_t table_bytes(u32 frames) { return size_t{frames} * sizeof(void*); }

}  // namespace

constinit leak_marks::page_marks leak_marks::no_root{};

leak_marks::~leak_marks() {
    while (page* const page = pages_.pop_front()) __free_page(page);
    if (table_) free_pages_exact(table_, table_bytes(frames_));
}

bool leak_marks::init() {
    const page_allocator& pages = the_page_allocator();
    for (const zone_type type : {ZONE_DMA, ZONE_NORMAL})
        frames_ = max_of(frames_, pages.zone_at(type).frames().end.raw());
    table_ = static_cast<page_marks**>(alloc_pages_exact(table_bytes(frames_), quietly));
    if (!table_) return false;
    own(table_, static_cast<u32>((table_bytes(frames_) + PAGE_SIZE - 1) / PAGE_SIZE));
    for (u32 frame = 0; frame < frames_; ++frame)
        if (PageSlab(pages.map()[frame]) && !(table_[frame] = new_marks())) return false;
    return true;
}

void leak_marks::own(const void* start, u32 count) {
    const u32 first = page_to_pfn(virt_to_page(start)).raw();
    for (u32 frame = first; frame < first + count; ++frame) pass_over(frame);
}

leak_marks::page_marks* leak_marks::new_marks() {
    if (nr_free_ == 0) {
        void* const room = __get_free_pages(quietly, 0);
        if (!room) return nullptr;
        pages_.push_back(*virt_to_page(room));
        own(room, 1);
        free_ = static_cast<page_marks*>(room);
        nr_free_ = marks_a_page;
    }
    --nr_free_;
    return free_++;
}

leak_marks::page_marks* leak_marks::marks_at(uintptr_t address) const {
    const uintptr_t frame = (address - PAGE_OFFSET) >> PAGE_SHIFT;
    if (address < PAGE_OFFSET || frame >= frames_) return nullptr;
    page_marks* const marks = table_[frame];
    return marks == &no_root ? nullptr : marks;
}

void leak_marks::add(const void* object) {
    const auto address = reinterpret_cast<uintptr_t>(object);
    page_marks* const marks = marks_at(address);
    if (!marks) return;
    marks->live[bit_index(address) / bits_a_word] |= 1u << bit_index(address) % bits_a_word;
    ++objects_;
}

// The last object that begins at the address or before it, in its slab or one beside.
std::optional<leak_marks::place> leak_marks::last_begun(uintptr_t address) const {
    unsigned index = bit_index(address);
    u32 mask = ~0u >> (bits_a_word - 1 - index % bits_a_word);
    for (uintptr_t page = align_down(address, uintptr_t{PAGE_SIZE});; page -= PAGE_SIZE) {
        page_marks* const marks = marks_at(page);
        if (!marks) return {};
        for (unsigned word = index / bits_a_word + 1; word-- > 0; mask = ~0u) {
            const u32 begun = marks->live[word] & mask;
            if (!begun) continue;
            const unsigned last = std::bit_width(begun) - 1;
            return place{marks, word, 1u << last,
                         page + (word * bits_a_word + last) * sizeof(void*)};
        }
        index = words * bits_a_word - 1;
    }
}

void leak_marks::reach(uintptr_t address) {
    const auto begun = last_begun(address);
    if (!begun || begun->is_reached()) return;
    if (address - begun->object >= leak_object_size(reinterpret_cast<void*>(begun->object)))
        return;
    begun->marks->reached[begun->word] |= begun->bit;
}
