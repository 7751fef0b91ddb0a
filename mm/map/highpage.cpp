// Reaching the contents of any frame. What lies in the linear map is simply there;
// a frame of high memory is mapped into a slot for as long as it is looked at.
#include <cpu/irqflags.hpp>
#include "arch/i386/paging/boot_tables.hpp"
#include "mm/phys/page_alloc.hpp"

namespace {

// A page at an address. There is one slot: interrupts are off while it is used.
class mapped_frame {
public:
    explicit mapped_frame(pfn frame)
        : state_(local_irq_save()), high_(PageHighMem(*pfn_to_page(frame))) {
        address_ = high_ ? boot_slot_map(frame.address()) : phys_to_virt(frame.address());
    }
    ~mapped_frame() {
        if (high_) boot_slot_unmap();
        local_irq_restore(state_);
    }
    mapped_frame(const mapped_frame&) = delete;
    mapped_frame& operator=(const mapped_frame&) = delete;

    u32* words() const { return static_cast<u32*>(address_); }

private:
    irq_state state_;
    bool high_;
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
        if (PageHighMem(*pfn_to_page(first))) return fill(first, count, 0);
        store_words(phys_to_virt(first.address()), 0, count * words_in_page);
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
