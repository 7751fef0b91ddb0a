// shmctl(): what is told of segments, and what their owners change.
#include "kernel/ipc/shm_segment.hpp"
#include "kernel/sched/task.hpp"

namespace {

#define IPC_RMID 0
#define IPC_SET 1
#define IPC_STAT 2
#define IPC_INFO 3
#define SHM_LOCK 11
#define SHM_UNLOCK 12
#define SHM_STAT 13
#define SHM_INFO 14

constexpr u32 SHM_DEST = 01000;  // in the mode that IPC_STAT tells

struct user_shmid64 {
    u32 key, uid, gid, cuid, cgid;
    u16 mode, pad1, seq, pad2;
    u32 unused1, unused2;
    u32 segsz, atime, atime_high, dtime, dtime_high, ctime, ctime_high, cpid, lpid, nattch;
    u32 unused4, unused5;
};
static_assert(sizeof(user_shmid64) == 84);

struct user_shm_info {
    s32 used_ids;
    u32 total, resident, swapped, swap_attempts, swap_successes;
};
struct user_shminfo64 {
    u32 shmmax, shmmin, shmmni, shmseg, shmall, unused[4];
};

user_shmid64 description_of(const shm_segment& segment) {
    user_shmid64 told{};
    told.key = segment.removed ? 0 : segment.key;
    told.uid = segment.uid;
    told.gid = segment.gid;
    told.cuid = segment.cuid;
    told.cgid = segment.cgid;
    told.mode = static_cast<u16>(segment.mode | (segment.removed ? SHM_DEST : 0));
    told.seq = static_cast<u16>(segment.id / segment_seq_step);
    told.segsz = segment.bytes;
    told.atime = segment.atime;
    told.dtime = segment.dtime;
    told.ctime = segment.ctime;
    told.cpid = segment.creator;
    told.lpid = segment.last_pid;
    told.nattch = segment.nattch;
    return told;
}

u32 highest_place_locked() REQUIRES(segments_lock) {
    u32 highest = 0;
    for (u32 i = 0; i < most_segments; ++i)
        if (segments[i]) highest = i;
    return highest;
}

syscall_result tell_about_all(u32 command, u32 to) {
    u32 used = 0, total = 0, resident = 0, highest;
    {
        const lock_guard held(segments_lock);
        highest = highest_place_locked();
        for (const shm_segment* const segment : segments) {
            if (!segment) continue;
            ++used;
            total += (segment->bytes - 1) / PAGE_SIZE + 1;
            resident += segment->memory->f_mapping->nrpages;
        }
    }
    const auto told =
        command == SHM_INFO
            ? put_user(user_shm_info{static_cast<s32>(used), total, resident, 0, 0, 0},
                       user_ptr<user_shm_info>(to))
            : put_user(user_shminfo64{largest_segment, 1, most_segments, most_segments, largest_segment, {}},
                       user_ptr<user_shminfo64>(to));
    if (!told) return told;
    return highest;
}

syscall_result tell_about(u32 id, bool by_place, u32 to) {
    user_shmid64 told;
    u32 answer = 0;
    {
        const lock_guard held(segments_lock);
        shm_segment* segment = nullptr;
        if (by_place) {
            if (id < most_segments) segment = segments[id];
        } else if (const auto found = find_segment_locked(id)) {
            segment = *found;
        }
        if (!segment) return err{EINVAL};
        if (!may_use(*segment, 04)) return err{EACCES};
        told = description_of(*segment);
        if (by_place) answer = segment->id;
    }
    if (const auto put = put_user(told, user_ptr<user_shmid64>(to)); !put) return put;
    return answer;
}

bool is_owner(const shm_segment& segment) {
    const u32 who = current_task()->cred.euid;
    return who == 0 || who == segment.uid || who == segment.cuid;
}

syscall_result change(u32 id, u32 command, u32 from) {
    user_shmid64 wanted{};
    if (command == IPC_SET) {
        if (const auto got = get_user(wanted, user_ptr<const user_shmid64>(from)); !got)
            return got;
    }
    const lock_guard held(segments_lock);
    const auto found = find_segment_locked(id);
    if (!found) return err{found.error()};
    shm_segment& segment = **found;
    if (!is_owner(segment)) return err{EPERM};
    switch (command) {
        case IPC_SET:
            segment.uid = wanted.uid;
            segment.gid = wanted.gid;
            segment.mode = wanted.mode & 0777;
            segment.ctime = now_seconds();
            break;
        case IPC_RMID:
            segment.removed = true;
            if (segment.nattch == 0) leave_table_locked(segment);
            break;
    }
    return 0u;
}

}  // namespace

syscall_result control_segment(u32 id, u32 command, u32 buffer) {
    switch (command & ~IPC_64) {
        case IPC_INFO:
        case SHM_INFO: return tell_about_all(command & ~IPC_64, buffer);
        case IPC_STAT: return tell_about(id, false, buffer);
        case SHM_STAT: return tell_about(id, true, buffer);
        case IPC_SET:
        case IPC_RMID:
        case SHM_LOCK:
        case SHM_UNLOCK: return change(id, command & ~IPC_64, buffer);
    }
    return err{EINVAL};
}
