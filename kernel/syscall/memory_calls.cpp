// brk, mmap and their kin: what a program asks of its address space (mm/vm/mm.hpp).
#include "fs/vfs/files_struct.hpp"
#include "kernel/sched/task.hpp"
#include "kernel/syscall/files.hpp"
#include "kernel/syscall/syscall.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

namespace {

constexpr u32 MAP_PRIVATE = 2, MAP_TYPE = 0xf, MAP_ANONYMOUS = 0x20;
constexpr u32 PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4;
constexpr u32 READ_IMPLIES_EXEC = 0x0400000;

// Programs without a word about their stack's rights expect to execute what they read.
u32 implied(u32 prot) {
    const bool implies = current_task()->personality & READ_IMPLIES_EXEC;
    return implies && (prot & PROT_READ) ? prot | PROT_EXEC : prot;
}

syscall_result map(u32 address, u32 bytes, u32 prot, u32 flags, file* file, u32 pgoff) {
    return do_mmap(*current_mm(), address, bytes, implied(prot), flags, file, pgoff);
}

// /dev/zero: anonymous memory, as programs had it before there was MAP_ANONYMOUS.
syscall_result map_zeroes(const open_file& zero, u32 address, u32 bytes, u32 prot, u32 flags) {
    const bool writes = (flags & MAP_TYPE) != MAP_PRIVATE && (prot & PROT_WRITE);
    const u32 wanted = FMODE_READ | (writes ? FMODE_WRITE : 0);
    if ((zero.f_mode & wanted) != wanted) return err{EACCES};
    return map(address, bytes, prot, flags | MAP_ANONYMOUS, nullptr, 0);
}

syscall_result map(u32 address, u32 bytes, u32 prot, u32 flags, u32 fd, u32 pgoff) {
    if (flags & MAP_ANONYMOUS) return map(address, bytes, prot, flags, nullptr, pgoff);
    const held_file file(fd);
    if (!file) return err{EBADF};
    if (file->f_ops && file->f_ops->maps_zeroes)
        return map_zeroes(*file, address, bytes, prot, flags);
    return map(address, bytes, prot, flags, &*file, pgoff);
}

}  // namespace

SYSCALL_DEFINE(45, brk, u32 address) {
    return do_brk(*current_mm(), address);
}

SYSCALL_DEFINE(192, mmap2, u32 address, u32 bytes, u32 prot, u32 flags, u32 fd, u32 pgoff) {
    return map(address, bytes, prot, flags, fd, pgoff);
}

namespace {

struct user_mmap_args {
    u32 address, bytes, prot, flags, fd, offset;
};

}  // namespace

SYSCALL_DEFINE(90, mmap, user_ptr<const user_mmap_args> pointer) {
    user_mmap_args args;
    if (const auto got = get_user(args, pointer); !got) return got;
    if (args.offset % PAGE_SIZE) return err{EINVAL};
    return map(args.address, args.bytes, args.prot, args.flags, args.fd,
               args.offset / PAGE_SIZE);
}

SYSCALL_DEFINE(91, munmap, u32 address, u32 bytes) {
    return do_munmap(*current_mm(), address, bytes);
}

SYSCALL_DEFINE(125, mprotect, u32 address, u32 bytes, u32 prot) {
    return do_mprotect(*current_mm(), address, bytes, implied(prot));
}

SYSCALL_DEFINE(163, mremap, u32 address, u32 old_bytes, u32 new_bytes, u32 flags,
               u32 new_address) {
    return do_mremap(*current_mm(), address, old_bytes, new_bytes, flags, new_address);
}

SYSCALL_DEFINE(219, madvise, u32 address, u32 bytes, s32 advice) {
    return do_madvise(*current_mm(), address, bytes, advice);
}

SYSCALL_DEFINE(144, msync, u32 address, u32 bytes, u32 flags) {
    return do_msync(*current_mm(), address, bytes, flags);
}

SYSCALL_DEFINE(150, mlock, u32 address, u32 bytes) {
    return do_mlock(*current_mm(), address, bytes, 0);
}

SYSCALL_DEFINE(376, mlock2, u32 address, u32 bytes, u32 flags) {
    constexpr u32 ONFAULT = 1;
    if (flags & ~ONFAULT) return err{EINVAL};
    return do_mlock(*current_mm(), address, bytes, flags);
}

SYSCALL_DEFINE(151, munlock, u32 address, u32 bytes) {
    return do_munlock(*current_mm(), address, bytes);
}

SYSCALL_DEFINE(152, mlockall, u32 flags) {
    return do_mlockall(*current_mm(), flags);
}

SYSCALL_DEFINE(153, munlockall) {
    return do_munlockall(*current_mm());
}

namespace {

// A page's answers at a time: mmap_sem is not held while the program's memory is written.
struct residency {
    u8 answers[256];
    static void note(void* context, u32 index, bool resident) {
        static_cast<residency*>(context)->answers[index] = resident;
    }
};

}  // namespace

SYSCALL_DEFINE(218, mincore, u32 address, u32 bytes, user_ptr<u8> answers) {
    if (address % PAGE_SIZE) return err{EINVAL};
    if (!access_ok(address, bytes)) return err{ENOMEM};
    const u32 pages = bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);
    if (!access_ok(answers.raw(), pages)) return err{EFAULT};
    residency some;
    for (u32 done = 0; done < pages;) {
        const u32 count = min_of(pages - done, static_cast<u32>(sizeof some.answers));
        const auto looked = do_mincore(*current_mm(), address + done * PAGE_SIZE,
                                       count * PAGE_SIZE, residency::note, &some);
        if (!looked) return looked;
        if (copy_to_user(answers + done, some.answers, count) != 0) return err{EFAULT};
        done += count;
    }
    return 0u;
}
