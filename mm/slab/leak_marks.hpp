// What a search for leaks notes of the objects in slabs: which are in use, which were
// reached, which were read.
//
//     table, by frame    | 0 | 0 | * | * | 0 | ...       a pointer for each frame
//                                  |
//     page_marks                   live      0100000100000001...   a bit for each word
//                                  reached   0000000100000000...   of the page: there
//                                  read      0000000100000000...   an object begins
//
// From any address the object is found by going back to the last one that begins there
// or before.
//
// The marks come from pages, ten to a page, and go back with the destructor.
#pragma once

#include "mm/slab/slab_strategy.hpp"

class leak_marks {
public:
    leak_marks() = default;
    ~leak_marks();
    leak_marks(const leak_marks&) = delete;
    leak_marks& operator=(const leak_marks&) = delete;

    // Makes room for each page that is a slab's now. False: no memory.
    [[nodiscard]] bool init();
    // An object in use. One in a slab that came later is not known.
    void add(const void* object);

    // The object that the address lies in, if there is one, is reached.
    void reach(uintptr_t address);

    // Each object that was reached and not yet read: `read(start, size)` may reach more.
    // False: there was none.
    template <class Read>
    bool read_reached(Read read);
    template <class Visit>
    void for_each_unreached(Visit visit) const;

    u32 objects() const { return objects_; }
    // A page that is no root, as those that the marks are in.
    void pass_over(u32 frame) {
        if (frame < frames_) table_[frame] = &no_root;
    }
    bool is_passed_over(u32 frame) const { return table_[frame] == &no_root; }

private:
    static constexpr unsigned bits_a_word = 32;
    static constexpr unsigned words = PAGE_SIZE / sizeof(void*) / bits_a_word;
    struct page_marks {
        u32 live[words], reached[words], read[words];
    };
    static constexpr u32 marks_a_page = PAGE_SIZE / sizeof(page_marks);
    static page_marks no_root;  // stands in the table where there is no slab

    struct place {
        page_marks* marks;
        unsigned word;
        u32 bit;
        uintptr_t object;
        bool is_reached() const { return marks->reached[word] & bit; }
    };
    page_marks* marks_at(uintptr_t address) const;
    std::optional<place> last_begun(uintptr_t address) const;
    page_marks* new_marks();
    void own(const void* pages, u32 count);

    static unsigned bit_index(uintptr_t address) {
        return static_cast<unsigned>(address % PAGE_SIZE / sizeof(void*));
    }
    // Of the lowest of the bits.
    static void* object_at(u32 frame, unsigned word, u32 bits) {
        const size_t index =
            word * bits_a_word + static_cast<unsigned>(std::countr_zero(bits));
        return static_cast<char*>(phys_to_virt(pfn(frame).address())) +
               index * sizeof(void*);
    }
    // `each(marks, frame, word)`
    template <class Each>
    void for_each_word(Each each) const {
        for (u32 frame = 0; frame < frames_; ++frame)
            if (page_marks* const marks = table_[frame]; marks && marks != &no_root)
                for (unsigned word = 0; word < words; ++word) each(*marks, frame, word);
    }

    page_marks** table_ = nullptr;
    u32 frames_ = 0;
    page_list pages_;
    page_marks* free_ = nullptr;
    u32 nr_free_ = 0;
    u32 objects_ = 0;
};

// How much of an object in use is its owner's.
inline size_t leak_object_size(const void* object) {
    page* const page = virt_to_page(object);
    slab_strategy& strategy = *page->slab_cache->strategy;
    return strategy.usable_size(*strategy.cache_of(page, object), object);
}

template <class Read>
bool leak_marks::read_reached(Read read) {
    bool found = false;
    for_each_word([&](page_marks& marks, u32 frame, unsigned word) {
        while (const u32 wanted = marks.reached[word] & ~marks.read[word]) {
            found = true;
            marks.read[word] |= wanted & -wanted;
            const void* const object = object_at(frame, word, wanted);
            read(object, leak_object_size(object));
        }
    });
    return found;
}

template <class Visit>
void leak_marks::for_each_unreached(Visit visit) const {
    for_each_word([&](const page_marks& marks, u32 frame, unsigned word) {
        for (u32 left = marks.live[word] & ~marks.reached[word]; left; left &= left - 1)
            visit(object_at(frame, word, left));
    });
}
