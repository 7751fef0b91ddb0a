// The contents of any frame, as the page allocator wants to reach them. What lies in the
// linear map is simply there; a frame of high memory is mapped for as long as it takes.
#include "mm/map/highmem.hpp"
#include "mm/phys/page_alloc.hpp"

namespace {

class mapped_frame {
public:
    explicit mapped_frame(pfn frame) : address_(kmap_atomic_pfn(frame)) {}
    ~mapped_frame() { kunmap_atomic(address_); }
    mapped_frame(const mapped_frame&) = delete;
    mapped_frame& operator=(const mapped_frame&) = delete;

    u32* words() const { return static_cast<u32*>(address_); }

private:
    void* address_;
};

constexpr u32 words_in_page = PAGE_SIZE / sizeof(u32);

// A page begins at a multiple of whatever string instructions like.
void store_words(void* to, u32 word, u32 count) {
    asm volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(word) : "memory");
}

class all_frames final : public frame_memory {
public:
    void clear(pfn first, u32 count) override {
        for (; count > 0; --count, ++first)
            store_words(mapped_frame(first).words(), 0, words_in_page);
    }

    [[gnu::noinline]] void fill(pfn first, u32 count, u8 byte) override {
        for (; count > 0; --count, ++first)
            store_words(mapped_frame(first).words(), byte * 0x01010101u, words_in_page);
    }

    std::optional<u64> find_other(pfn first, u32 count, u8 byte) override {
        const u32 word = byte * 0x01010101u;
        for (u32 page = 0; page < count; ++page) {
            const mapped_frame mapped(first + page);
            for (u32 i = 0; i < words_in_page; ++i) {
                const u32 wrong = mapped.words()[i] ^ word;
                if (wrong == 0) continue;
                return (u64{page} << PAGE_SHIFT) + i * sizeof(u32) + std::countr_zero(wrong) / 8;
            }
        }
        return {};
    }
};

constinit all_frames frames;

}  // namespace

frame_memory& kernel_frame_memory() { return frames; }

void clear_highpage(page* page) { frames.clear(page_to_pfn(page), 1); }
