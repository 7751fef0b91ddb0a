#include "fs/vfs/file_lock.hpp"

#include "lib/sync/wait_queue.hpp"
#include "mm/slab/kmalloc.hpp"

namespace {

constinit sleeping_lock lock_of_locks{"the locks of files"};
constinit list<file_lock, &file_lock::all> locks GUARDED_BY(lock_of_locks);
constinit wait_queue_head one_is_gone{"who waits for a file's lock"};
// For who waits: each change is another number.
constinit relaxed<u32> changes = 0;

bool same_owner(const file_lock& a, const file_lock& b) {
    return a.file == b.file && a.kind == b.kind && a.owner == b.owner;
}
bool meet(const file_lock& a, const file_lock& b) {
    return a.start <= b.end && b.start <= a.end;
}
bool touch(const file_lock& a, const file_lock& b) {
    return a.start <= b.end + 1 && b.start <= a.end + 1;
}

const file_lock* in_the_way(const file_lock& wanted) REQUIRES(lock_of_locks) {
    if (wanted.type == file_lock::none) return nullptr;
    for (const file_lock& other : locks) {
        if (other.file != wanted.file || other.kind != wanted.kind) continue;
        if (other.owner == wanted.owner || !meet(other, wanted)) continue;
        if (other.type == file_lock::write || wanted.type == file_lock::write)
            return &other;
    }
    return nullptr;
}

void remove(inode& file, file_lock& gone) REQUIRES(lock_of_locks) {
    locks.erase(gone);
    file.i_locks -= 1;
    kfree(&gone);
}
void add(inode& file, file_lock* fresh) REQUIRES(lock_of_locks) {
    locks.push_back(*fresh);
    file.i_locks += 1;
}

// The owner's locks make room: those inside go, those of the same type become part of it
// (I2). One that lies around it is cut in two, for which there is a spare one.
void make_room(inode& file, file_lock& wanted, file_lock*& spare) REQUIRES(lock_of_locks) {
    for (file_lock& mine : locks.safe()) {
        if (!same_owner(mine, wanted)) continue;
        if (mine.type == wanted.type && touch(mine, wanted)) {
            wanted.start = min_of(wanted.start, mine.start);
            wanted.end = max_of(wanted.end, mine.end);
            remove(file, mine);
            continue;
        }
        if (!meet(mine, wanted)) continue;
        const bool before = mine.start < wanted.start, behind = mine.end > wanted.end;
        if (before && behind) {
            *spare = mine;
            spare->start = wanted.end + 1;
            add(file, std::exchange(spare, nullptr));
        }
        if (before) mine.end = wanted.start - 1;
        else if (behind) mine.start = wanted.end + 1;
        else remove(file, mine);
    }
}

void tell_change() {
    changes += 1;
    wake_up_all(one_is_gone);
}

// A lock of the whole file is given up before another one is asked for: two who have it shared
// and want it alone would wait for each other.
void give_up_other(inode& file, const file_lock& wanted) {
    bool found = false;
    {
        lock_guard held(lock_of_locks);
        for (file_lock& mine : locks.safe()) {
            if (!same_owner(mine, wanted) || mine.type == wanted.type) continue;
            remove(file, mine);
            found = true;
        }
    }
    if (found) tell_change();
}

}  // namespace

result<> set_file_lock(inode& file, const file_lock& wanted, bool wait) {
    file_lock* spare = new (GFP_KERNEL) file_lock;
    file_lock* const fresh = new (GFP_KERNEL) file_lock(wanted);
    int failed = spare && fresh ? 0 : ENOMEM;
    bool placed = false;
    if (!failed) fresh->file = &file;
    if (!failed && wanted.kind == file_lock::whole) give_up_other(file, *fresh);
    while (!failed && !placed) {
        const u32 seen = changes;
        {
            lock_guard held(lock_of_locks);
            placed = !in_the_way(*fresh);
            if (placed) {
                make_room(file, *fresh, spare);
                if (fresh->type != file_lock::none) add(file, fresh);
            }
        }
        if (placed) tell_change();
        else if (!wait) failed = EAGAIN;
        else
            failed = wait_event_interruptible(one_is_gone, [&] {
                         return changes != seen;
                     }).error();
    }
    kfree(spare);
    if (!placed || wanted.type == file_lock::none) kfree(fresh);
    if (failed) return err{failed};
    return {};
}

file_lock test_file_lock(const inode& file, const file_lock& wanted) {
    file_lock asked = wanted;
    asked.file = &file;
    lock_guard held(lock_of_locks);
    if (const file_lock* const other = in_the_way(asked)) return *other;
    asked.type = file_lock::none;
    return asked;
}

void forget_file_locks(inode& file, const void* owner) {
    if (file.i_locks == 0) return;
    {
        lock_guard held(lock_of_locks);
        for (file_lock& one : locks.safe())
            if (one.file == &file && one.owner == owner) remove(file, one);
    }
    tell_change();
}
