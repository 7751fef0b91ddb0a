#include "kernel/ipc/shm.hpp"

#include "kernel/ipc/shm_segment.hpp"
#include "kernel/sched/task.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

constinit mutex segments_lock{"shared memory segments"};
constinit shm_segment* segments[most_segments] GUARDED_BY(segments_lock) = {};

namespace {

#define IPC_PRIVATE 0
#define IPC_CREAT 01000
#define IPC_EXCL 02000
#define SHM_NORESERVE 010000
#define SHM_RDONLY 010000
#define SHM_RND 020000
#define SHM_REMAP 040000
#define SHM_EXEC 0100000

constinit u32 next_seq GUARDED_BY(segments_lock) = 0;

void put_segment_locked(shm_segment& segment) REQUIRES(segments_lock) {
    if (--segment.users) return;
    fput(segment.memory);
    vm_unacct_memory(segment.promised_pages);
    kfree(&segment);
}

}  // namespace

void leave_table_locked(shm_segment& segment) {
    shm_segment*& place = segments[segment.id % segment_seq_step];
    if (place != &segment) return;
    place = nullptr;
    put_segment_locked(segment);
}

result<shm_segment*> find_segment_locked(u32 id) {
    shm_segment* const found =
        id % segment_seq_step < most_segments ? segments[id % segment_seq_step] : nullptr;
    if (!found || found->id != id) return err{EINVAL};
    return found;
}

bool may_use(const shm_segment& segment, u32 wanted) {
    const task_cred& who = current_task()->cred;
    if (who.euid == 0) return true;
    u32 granted = segment.mode;
    if (who.euid == segment.uid || who.euid == segment.cuid)
        granted >>= 6;
    else if (who.egid == segment.gid || who.egid == segment.cgid)
        granted >>= 3;
    return (wanted & ~granted & 07) == 0;
}

namespace {

// ---- an attachment ---------------------------------------------------------------------------

struct shm_file final : file {
    shm_segment* segment;
};

shm_segment& segment_of(const vm_area_struct& area) {
    return *static_cast<shm_file*>(area.vm_file)->segment;
}

void shm_open(vm_area_struct& area) {
    const lock_guard held(segments_lock);
    shm_segment& segment = segment_of(area);
    ++segment.nattch;
    segment.atime = now_seconds();
    segment.last_pid = current_task()->tgid;
}

void shm_close(vm_area_struct& area) {
    const lock_guard held(segments_lock);
    shm_segment& segment = segment_of(area);
    --segment.nattch;
    segment.dtime = now_seconds();
    segment.last_pid = current_task()->tgid;
    if (segment.nattch == 0 && segment.removed) leave_table_locked(segment);
}

constexpr vm_operations_struct shm_vm_ops = {.open = shm_open, .close = shm_close};

result<> shm_mmap(file&, vm_area_struct& area) {
    area.vm_ops = &shm_vm_ops;
    shm_open(area);
    return {};
}

void shm_release(file& attachment) {
    auto& mine = static_cast<shm_file&>(attachment);
    {
        const lock_guard held(segments_lock);
        put_segment_locked(*mine.segment);
    }
    mine.~shm_file();
    kfree(&mine);
}

constexpr file_operations shm_file_operations = {
    .release = shm_release,
    .size = [](const file& attachment) -> u64 {
        return static_cast<const shm_file&>(attachment).segment->bytes;
    },
    .name = [](const file& attachment, text_sink& out) -> size_t {
        format_to(out, "/SYSV{:08x} (deleted)",
                  static_cast<const shm_file&>(attachment).segment->key);
        return 23;
    },
    .mmap = shm_mmap,
};

// The segment has one user more: this.
shm_file* attachment_of(shm_segment& segment, bool read_only) {
    void* const room = kmalloc(sizeof(shm_file), GFP_KERNEL);
    if (!room) return nullptr;
    auto* const made = new (room) shm_file;
    made->segment = &segment;
    made->f_mode = FMODE_READ | FMODE_EXEC | (read_only ? 0 : FMODE_WRITE);
    made->f_flags = read_only ? 0 : 2;
    made->f_mapping = segment.memory->f_mapping;
    made->f_op = &shm_file_operations;
    made->i_ino = segment.id;
    made->s_dev = segment.memory->s_dev;
    return made;
}

// ---- making ----------------------------------------------------------------------------

shm_segment* find_key_locked(u32 key) REQUIRES(segments_lock) {
    for (shm_segment* const segment : segments)
        if (segment && segment->key == key && !segment->removed) return segment;
    return nullptr;
}

result<u32> create_locked(u32 key, u32 bytes, u32 mode) REQUIRES(segments_lock) {
    if (bytes == 0 || bytes > largest_segment) return err{EINVAL};
    u32 place = 0;
    while (place < most_segments && segments[place]) ++place;
    if (place == most_segments) return err{ENOSPC};
    auto* const segment = static_cast<shm_segment*>(kmalloc(sizeof(shm_segment), GFP_KERNEL));
    if (!segment) return err{ENOMEM};
    const u32 promised = mode & SHM_NORESERVE ? 0 : (bytes - 1) / PAGE_SIZE + 1;
    if (promised && !vm_enough_memory(*current_mm(), promised)) {
        kfree(segment);
        return err{ENOMEM};
    }
    const auto memory = memory_file::create("SYSV");
    if (!memory || !(*memory)->truncate(bytes)) {
        if (memory) fput(*memory);
        vm_unacct_memory(promised);
        kfree(segment);
        return err{ENOMEM};
    }
    const task_struct& me = *current_task();
    const u32 id = next_seq * segment_seq_step + place;
    next_seq = (next_seq + 1) % 65536;
    *segment = {.memory = *memory, .key = key, .bytes = bytes, .promised_pages = promised,
                .uid = me.cred.euid, .gid = me.cred.egid,
                .cuid = me.cred.euid, .cgid = me.cred.egid, .mode = mode & 0777,
                .id = id, .creator = me.tgid, .last_pid = 0,
                .atime = 0, .dtime = 0, .ctime = now_seconds(),
                .nattch = 0, .users = 1, .removed = false};
    segments[place] = segment;
    return id;
}

result<u32> get_segment(u32 key, u32 bytes, u32 flags) {
    const lock_guard held(segments_lock);
    shm_segment* const found = key == IPC_PRIVATE ? nullptr : find_key_locked(key);
    if (!found) {
        if (key != IPC_PRIVATE && !(flags & IPC_CREAT)) return err{ENOENT};
        return create_locked(key, bytes, flags);
    }
    if ((flags & IPC_CREAT) && (flags & IPC_EXCL)) return err{EEXIST};
    if (!may_use(*found, (flags >> 6 | flags >> 3 | flags) & 07)) return err{EACCES};
    if (found->bytes < bytes) return err{EINVAL};
    return found->id;
}

result<shm_file*> open_segment(u32 id, u32 flags) {
    const lock_guard held(segments_lock);
    const auto found = find_segment_locked(id);
    if (!found) return err{found.error()};
    const bool read_only = flags & SHM_RDONLY;
    const u32 wanted = 04 | (read_only ? 0 : 02) | (flags & SHM_EXEC ? 01 : 0);
    if (!may_use(**found, wanted)) return err{EACCES};
    shm_file* const attachment = attachment_of(**found, read_only);
    if (!attachment) return err{ENOMEM};
    ++(*found)->users;
    return attachment;
}

result<u32> attach(u32 id, u32 address, u32 flags) {
    constexpr u32 MAP_SHARED = 1, MAP_FIXED = 0x10, MAP_FIXED_NOREPLACE = 0x100000;
    if (address % PAGE_SIZE) {
        if (!(flags & SHM_RND)) return err{EINVAL};
        address &= ~(PAGE_SIZE - 1);
    }
    if (!address && (flags & SHM_REMAP)) return err{EINVAL};
    const auto opened = open_segment(id, flags);
    if (!opened) return err{opened.error()};
    const u32 prot = 1 | (flags & SHM_RDONLY ? 0 : 2) | (flags & SHM_EXEC ? 4 : 0);
    const u32 fixed = !address ? 0 : flags & SHM_REMAP ? MAP_FIXED : MAP_FIXED_NOREPLACE;
    const u32 bytes = (*opened)->segment->bytes;
    const auto mapped =
        do_mmap(*current_mm(), address, bytes, prot, MAP_SHARED | fixed, *opened, 0);
    fput(*opened);
    if (!mapped && mapped.error() == EEXIST) return err{EINVAL};
    return mapped;
}

// The first area that this attachment still has at or behind an address.
struct piece {
    u32 start = 0, bytes = 0;
    const file* of = nullptr;
};
piece next_piece(u32 attached_at, u32 from, const file* of) {
    mm_struct& mm = *current_mm();
    const read_guard held(mm.mmap_sem);
    for (const vm_area_struct* area = find_vma(mm, from); area; area = area->vm_next) {
        if (area->vm_ops != &shm_vm_ops || (of && area->vm_file != of)) continue;
        if (area->vm_start - attached_at != area->vm_pgoff << PAGE_SHIFT) continue;
        return {area->vm_start, area->vm_end - area->vm_start, area->vm_file};
    }
    return {};
}

result<> detach(u32 address) {
    if (address % PAGE_SIZE) return err{EINVAL};
    piece found = next_piece(address, address, nullptr);
    if (!found.bytes) return err{EINVAL};
    while (found.bytes) {
        if (const auto gone = do_munmap(*current_mm(), found.start, found.bytes); !gone)
            return gone;
        found = next_piece(address, found.start + found.bytes, found.of);
    }
    return {};
}

}  // namespace

u32 shm_segments() {
    const lock_guard held(segments_lock);
    u32 count = 0;
    for (const shm_segment* const segment : segments) count += segment != nullptr;
    return count;
}

SYSCALL_DEFINE(395, shmget, u32 key, u32 bytes, u32 flags) {
    return get_segment(key, bytes, flags);
}
SYSCALL_DEFINE(397, shmat, u32 id, u32 address, u32 flags) { return attach(id, address, flags); }
SYSCALL_DEFINE(398, shmdt, u32 address) { return detach(address); }
SYSCALL_DEFINE(396, shmctl, u32 id, u32 command, u32 buffer) {
    return control_segment(id, command | IPC_64, buffer);
}

// The call that had them all, before each had a number.
SYSCALL_DEFINE(117, ipc, u32 call, u32 first, u32 second, u32 third, u32 pointer) {
    constexpr u32 SHMAT = 21, SHMDT = 22, SHMGET = 23, SHMCTL = 24;
    switch (call & 0xffff) {
        case SHMAT: {
            const auto at = attach(first, pointer, second);
            if (!at) return err{at.error()};
            return put_user(*at, user_ptr<u32>(third));
        }
        case SHMDT: return detach(pointer);
        case SHMGET: return get_segment(first, second, third);
        case SHMCTL:
            // The old structure, of 16-bit numbers, is long out of use.
            if (!(second & IPC_64)) return err{EINVAL};
            return control_segment(first, second, pointer);
    }
    return err{ENOSYS};
}
