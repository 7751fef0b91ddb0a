#include "arch/i386/user_copy.hpp"

#include "arch/i386/faulting_access.hpp"
#include "arch/i386/protection.hpp"

#define USER_COPY [[gnu::section(".text.user_copy"), gnu::noinline]]
#define ALWAYS_INLINE [[gnu::always_inline]] inline

namespace {

// Where there is SMAP, a user's pages are open to the kernel between these two. A trap in
// between closes them for its handler, and opens them again by restoring the flags.
class user_pages_open {
public:
    ALWAYS_INLINE user_pages_open() {
        if (smap_is_on()) asm volatile(".byte 0x0f, 0x01, 0xcb" ::: "memory", "cc");  // stac
    }
    ALWAYS_INLINE ~user_pages_open() {
        if (smap_is_on()) asm volatile(".byte 0x0f, 0x01, 0xca" ::: "memory", "cc");  // clac
    }
    user_pages_open(const user_pages_open&) = delete;
    user_pages_open& operator=(const user_pages_open&) = delete;
};

// By words, then by bytes. A word that faults is tried byte by byte, up to the one that
// cannot be had.
ALWAYS_INLINE u32 copy(u32 to, u32 from, u32 bytes) {
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

ALWAYS_INLINE u32 clear(u32 to, u32 bytes) {
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

USER_COPY u32 raw_copy_from_user(void* to, u32 from, u32 bytes) {
    return copy(number(to), from, bytes);
}
USER_COPY u32 raw_copy_to_user(u32 to, const void* from, u32 bytes) {
    return copy(to, number(from), bytes);
}
USER_COPY u32 raw_clear_user(u32 to, u32 bytes) { return clear(to, bytes); }

// ---- one value -----------------------------------------------------------------------------

// Specialised by name: what a compiler makes of a template goes to a section of its own.
#define LOCI_USER_VALUE(type)                                   \
    template <>                                                 \
    USER_COPY bool raw_get_user<type>(type & value, u32 from) { \
        const user_pages_open open;                             \
        return read_or_fault(value, from);                      \
    }                                                           \
    template <>                                                 \
    USER_COPY bool raw_put_user<type>(type value, u32 to) {     \
        const user_pages_open open;                             \
        return write_or_fault(value, to);                       \
    }
LOCI_USER_VALUE(u8)
LOCI_USER_VALUE(u16)
LOCI_USER_VALUE(u32)

USER_COPY bool raw_compare_exchange_user(u32 to, u32& value, u32 desired) {
    const user_pages_open open;
    u32 done = 1;
    u32 found = value;
    asm volatile("1: lock cmpxchgl %[desired], (%[to])\n"
                 "2:\n\t"
                 ".pushsection .text.fixup, \"ax\"\n"
                 "3: xorl %[done], %[done]\n\t"
                 "jmp 2b\n\t"
                 ".popsection\n\t" EXTABLE("1b", "3b")
                 : "+a"(found), [done] "+r"(done)
                 : [to] "r"(to), [desired] "r"(desired)
                 : "memory", "cc");
    value = found;
    return done;
}
