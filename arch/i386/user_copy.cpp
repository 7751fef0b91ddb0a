#include "arch/i386/user_copy.hpp"

#include "arch/i386/extable.hpp"
#include "arch/i386/protection.hpp"

namespace {

// Where there is SMAP, a user's pages are open to the kernel between these two. A trap in
// between closes them for its handler, and opens them again by restoring the flags.
class user_pages_open {
public:
    user_pages_open() : closed_(smap_is_on()) {
        if (closed_) asm volatile(".byte 0x0f, 0x01, 0xcb" ::: "memory", "cc");  // stac
    }
    ~user_pages_open() {
        if (closed_) asm volatile(".byte 0x0f, 0x01, 0xca" ::: "memory", "cc");  // clac
    }
    user_pages_open(const user_pages_open&) = delete;
    user_pages_open& operator=(const user_pages_open&) = delete;

private:
    const bool closed_;
};

// By words, then by bytes. A word that faults is tried byte by byte, up to the one that
// cannot be had.
u32 copy(u32 to, u32 from, u32 bytes) {
    const user_pages_open open;
    const u32 rest = bytes & 3;
    u32 count = bytes >> 2;
    asm volatile("1: rep movsl\n\t"
                 "movl %[rest], %%ecx\n"
                 "2: rep movsb\n"
                 "3:\n\t"
                 ".pushsection .text.fixup, \"ax\"\n"
                 "4: leal (%[rest], %%ecx, 4), %%ecx\n\t"
                 "jmp 2b\n\t"
                 ".popsection\n\t" EXTABLE("1b", "4b") EXTABLE("2b", "3b")
                 : "+c"(count), "+D"(to), "+S"(from)
                 : [rest] "r"(rest)
                 : "memory");
    return count;
}

u32 clear(u32 to, u32 bytes) {
    const user_pages_open open;
    const u32 rest = bytes & 3;
    u32 count = bytes >> 2;
    asm volatile("1: rep stosl\n\t"
                 "movl %[rest], %%ecx\n"
                 "2: rep stosb\n"
                 "3:\n\t"
                 ".pushsection .text.fixup, \"ax\"\n"
                 "4: leal (%[rest], %%ecx, 4), %%ecx\n\t"
                 "jmp 2b\n\t"
                 ".popsection\n\t" EXTABLE("1b", "4b") EXTABLE("2b", "3b")
                 : "+c"(count), "+D"(to)
                 : [rest] "r"(rest), "a"(0)
                 : "memory");
    return count;
}

u32 number(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

}  // namespace

u32 raw_copy_from_user(void* to, u32 from, u32 bytes) { return copy(number(to), from, bytes); }
u32 raw_copy_to_user(u32 to, const void* from, u32 bytes) {
    return copy(to, number(from), bytes);
}
u32 raw_clear_user(u32 to, u32 bytes) { return clear(to, bytes); }
