#include "kernel/process/futex.hpp"

#include "kernel/sched/task.hpp"
#include "kernel/signal/signal.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/time/user_time.hpp"
#include "lib/sync/wait_queue.hpp"
#include "mm/cache/file.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/mm.hpp"

#include <utility>

namespace {

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_REQUEUE 3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP 5
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_PRIVATE_FLAG 128
#define FUTEX_CLOCK_REALTIME 256

constexpr u32 any_bit = ~0u;

// What a word is known by: its space and address, or the file whose pages it is in. As long as
// somebody goes by the name, the file stays: the next one at its place would be taken for it.
class futex_key {
public:
    futex_key(const mm_struct& mm, u32 address) : what_(&mm), where_(address) {}
    futex_key(file& file, u64 offset)
        : what_(file.f_mapping), where_(offset), file_(get_file(&file)) {}
    futex_key(const futex_key& other)
        : what_(other.what_), where_(other.where_),
          file_(other.file_ ? get_file(other.file_) : nullptr) {}
    futex_key& operator=(const futex_key&) = delete;
    ~futex_key() {
        if (file_) fput(file_);
    }
    void swap(futex_key& other) {
        std::swap(what_, other.what_);
        std::swap(where_, other.where_);
        std::swap(file_, other.file_);
    }
    bool operator==(const futex_key& other) const {
        return what_ == other.what_ && where_ == other.where_;
    }
    u32 mixed() const {
        const u64 both = reinterpret_cast<uintptr_t>(what_) ^ where_ >> 2 ^ where_ >> 12;
        return static_cast<u32>(both * 0x9e3779b1u);
    }

private:
    const void* what_;
    u64 where_;
    file* file_ = nullptr;
};

struct bucket;

// A waiter; it lies on its stack.
struct futex_q {
    futex_key key;
    u32 bitset = any_bit;
    task_struct* task = nullptr;
    atomic<bucket*> in{nullptr};  // null: it was woken
    list_head entry{};
};

struct bucket {
    irq_spinlock lock{"a futex bucket"};
    list<futex_q, &futex_q::entry> waiters GUARDED_BY(lock);
};

constexpr u32 bucket_count = 64;

// Made at the first use: g++ 12 leaves lists zero that are elements of a static array.
bucket* buckets() {
    alignas(bucket) static u8 room[sizeof(bucket) * bucket_count];
    static bool made = false;
    auto* const all = reinterpret_cast<bucket*>(room);
    if (!made) {
        for (u32 i = 0; i < bucket_count; ++i) new (all + i) bucket;
        made = true;
    }
    return all;
}

bucket& bucket_of(const futex_key& key) {
    return buckets()[key.mixed() >> 26];
}

result<futex_key> key_of(u32 address, bool is_private) {
    if (address % sizeof(u32)) return err{EINVAL};
    if (!access_ok(address, sizeof(u32))) return err{EFAULT};
    mm_struct& mm = *current_mm();
    if (is_private) return futex_key(mm, address);
    u32 word;
    if (const auto there = get_user(word, user_ptr<const u32>(address)); !there)
        return err{EFAULT};
    const read_guard held(mm.mmap_sem);
    const vm_area_struct* const area = find_vma(mm, address);
    if (!area || area->vm_start > address) return err{EFAULT};
    if (!(area->vm_flags & VM_MAYSHARE) || !area->vm_file) return futex_key(mm, address);
    if (area->vm_flags & VM_PFNMAP) return err{EFAULT};  // no file's page
    const u64 offset = (u64{area->vm_pgoff} << PAGE_SHIFT) + (address - area->vm_start);
    return futex_key(*area->vm_file, offset);
}

// Taken out first: from then on the waiter may leave, and its stack be gone.
void wake_locked(bucket& from, futex_q& waiter) REQUIRES(from.lock) {
    task_struct& task = *waiter.task;
    from.waiters.erase(waiter);
    waiter.in.store(nullptr, memory_order::release);
    wake_up_process(task);
}

u32 wake(const futex_key& key, u32 most, u32 bitset) {
    bucket& where = bucket_of(key);
    const lock_guard held(where.lock);
    u32 woken = 0;
    for (futex_q& waiter : where.waiters.safe()) {
        if (woken == most) break;
        if (!(waiter.key == key) || !(waiter.bitset & bitset)) continue;
        wake_locked(where, waiter);
        ++woken;
    }
    return woken;
}

// Whether it was still there: nobody has woken it.
bool take_out(futex_q& waiter) {
    for (;;) {
        bucket* const where = waiter.in.load(memory_order::acquire);
        if (!where) return false;
        const lock_guard held(where->lock);
        if (waiter.in.load(memory_order::relaxed) != where) continue;  // requeued meanwhile
        where->waiters.erase(waiter);
        waiter.in.store(nullptr, memory_order::relaxed);
        return true;
    }
}

constexpr u64 for_ever = ~u64{0};

// The word is read under the lock, where nothing may sleep: if it is not there, it is brought
// first, and looked at again.
result<> queue_if_equal(futex_q& waiter, user_ptr<const u32> word, u32 expected) {
    for (;;) {
        bucket& where = bucket_of(waiter.key);
        {
            const lock_guard held(where.lock);
            u32 value;
            if (raw_get_user(value, word.raw())) {
                if (value != expected) return err{EAGAIN};
                waiter.in.store(&where, memory_order::relaxed);
                where.waiters.push_back(waiter);
                return {};
            }
        }
        u32 value;
        if (const auto got = get_user(value, word); !got) return got;
    }
}

syscall_result wait(u32 address, u32 expected, bool is_private, u64 deadline, u32 bitset);

// What was waited for until a moment goes on until that moment.
syscall_result wait_on(restart_block& block) {
    return wait(block.words[0], block.words[1], block.words[2],
                block.words[3] | u64{block.words[4]} << 32, block.words[5]);
}

syscall_result wait(u32 address, u32 expected, bool is_private, u64 deadline, u32 bitset) {
    if (!bitset) return err{EINVAL};
    const auto key = key_of(address, is_private);
    if (!key) return err{key.error()};
    futex_q waiter{.key = *key, .bitset = bitset, .task = current_task()};
    if (const auto queued = queue_if_equal(waiter, user_ptr<const u32>(address), expected); !queued)
        return err{queued.error()};
    for (;;) {
        set_current_state(TASK_INTERRUPTIBLE);
        const bool woken = !waiter.in.load(memory_order::acquire);
        const s32 ticks = deadline == for_ever ? MAX_SCHEDULE_TIMEOUT : ticks_until(deadline);
        if (woken || ticks == 0 || signal_pending()) break;
        schedule_timeout(ticks);
    }
    set_current_state(TASK_RUNNING);
    if (!take_out(waiter)) return 0u;
    if (deadline != for_ever && ticks_until(deadline) == 0) return err{ETIMEDOUT};
    if (deadline == for_ever) return err{ERESTARTSYS};
    return set_restart(wait_on, address, expected, is_private, deadline, deadline >> 32, bitset);
}

u32 waiting_for(const futex_key& key) {
    bucket& where = bucket_of(key);
    const lock_guard held(where.lock);
    u32 count = 0;
    for (const futex_q& waiter : where.waiters) count += waiter.key == key;
    return count;
}

// Both buckets are locked, the lower one first, and some that waited for the one word are
// woken, others wait for the other from then on.
result<u32> requeue(u32 from, u32 to, bool is_private, u32 to_wake, u32 to_move,
                    const u32* expected) {
    const auto source = key_of(from, is_private);
    if (!source) return err{source.error()};
    const auto target = key_of(to, is_private);
    if (!target) return err{target.error()};
    if (expected) {
        u32 value;
        if (const auto got = get_user(value, user_ptr<const u32>(from)); !got)
            return err{got.error()};
        if (value != *expected) return err{EAGAIN};
    }
    u32 done = wake(*source, to_wake, any_bit);
    if (*source == *target) return done + min_of(to_move, waiting_for(*source));
    for (u32 moved = 0; moved < to_move; ++moved) {
        futex_q* found = nullptr;
        futex_key fresh = *target;  // what it replaces goes when there is no lock
        bucket& old_place = bucket_of(*source);
        bucket& new_place = bucket_of(*target);
        const irq_state before = local_irq_save();
        bucket& first = &old_place < &new_place ? old_place : new_place;
        bucket& second = &old_place < &new_place ? new_place : old_place;
        const auto move = [&]() NO_THREAD_SAFETY_ANALYSIS {
            first.lock.lock();
            if (&first != &second) second.lock.lock();
            for (futex_q& waiter : old_place.waiters)
                if (waiter.key == *source) {
                    found = &waiter;
                    break;
                }
            if (found) {
                old_place.waiters.erase(*found);
                found->key.swap(fresh);
                found->in.store(&new_place, memory_order::relaxed);
                new_place.waiters.push_back(*found);
            }
            if (&first != &second) second.lock.unlock();
            first.lock.unlock();
        };
        move();
        local_irq_restore(before);
        if (!found) break;
        ++done;
    }
    return done;
}

// What FUTEX_WAKE_OP does to the second word: operation, its operand, and the comparison of
// what the word was that decides whether its waiters wake, too.
struct word_operation {
    u32 encoded;
    s32 operand() const { return static_cast<s32>(encoded << 8) >> 20; }
    s32 compared() const { return static_cast<s32>(encoded << 20) >> 20; }

    result<u32> apply(u32 value) const {
        const u32 by = encoded >> 31 ? 1u << (operand() & 31) : static_cast<u32>(operand());
        switch (encoded >> 28 & 7) {
            case 0: return by;
            case 1: return value + by;
            case 2: return value | by;
            case 3: return value & ~by;
            case 4: return value ^ by;
        }
        return err{ENOSYS};
    }
    result<bool> compare(s32 before) const {
        switch (encoded >> 24 & 15) {
            case 0: return before == compared();
            case 1: return before != compared();
            case 2: return before < compared();
            case 3: return before <= compared();
            case 4: return before > compared();
            case 5: return before >= compared();
        }
        return err{ENOSYS};
    }
};

// Another thread may change the word meanwhile, so it is exchanged only if nobody did.
result<u32> change_word(u32 address, const word_operation& operation) {
    for (;;) {
        u32 before;
        if (const auto got = get_user(before, user_ptr<const u32>(address)); !got)
            return err{got.error()};
        const auto after = operation.apply(before);
        if (!after) return after;
        const auto exchanged = compare_exchange_user(address, before, *after);
        if (!exchanged) return err{exchanged.error()};
        if (*exchanged) return before;
    }
}

result<u32> wake_op(u32 address, u32 other, bool is_private, u32 most, u32 most_others,
                    word_operation operation) {
    const auto key = key_of(address, is_private);
    if (!key) return err{key.error()};
    const auto other_key = key_of(other, is_private);
    if (!other_key) return err{other_key.error()};
    const auto before = change_word(other, operation);
    if (!before) return before;
    const auto also = operation.compare(static_cast<s32>(*before));
    if (!also) return err{also.error()};
    u32 woken = wake(*key, most, any_bit);
    if (*also) woken += wake(*other_key, most_others, any_bit);
    return woken;
}

template <class Timespec>
result<u64> deadline_of(u32 operation, u32 command, user_ptr<const Timespec> timeout) {
    if (!timeout || (command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET)) return for_ever;
    const auto time = get_user_time(timeout);
    if (!time) return time;
    if (command == FUTEX_WAIT) return uptime_us() + *time;
    if (!(operation & FUTEX_CLOCK_REALTIME)) return *time;
    const u64 now = realtime_us();
    return *time > now ? uptime_us() + (*time - now) : 0;
}

template <class Timespec>
syscall_result futex_call(u32 address, u32 operation, u32 value, u32 timeout, u32 other,
                          u32 value3) {
    const u32 command = operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    const bool is_private = operation & FUTEX_PRIVATE_FLAG;
    const auto deadline = deadline_of(operation, command, user_ptr<const Timespec>(timeout));
    if (!deadline) return err{deadline.error()};
    if ((operation & FUTEX_CLOCK_REALTIME) && command != FUTEX_WAIT_BITSET &&
        command != FUTEX_WAIT)
        return err{ENOSYS};
    switch (command) {
        case FUTEX_WAIT: return wait(address, value, is_private, *deadline, any_bit);
        case FUTEX_WAIT_BITSET: return wait(address, value, is_private, *deadline, value3);
        case FUTEX_WAKE: return futex_wake(address, value, is_private);
        case FUTEX_WAKE_BITSET:
            if (!value3) return err{EINVAL};
            return futex_wake(address, value, is_private, value3);
        case FUTEX_REQUEUE:
            if (static_cast<s32>(value) < 0 || static_cast<s32>(timeout) < 0) return err{EINVAL};
            return requeue(address, other, is_private, value, timeout, nullptr);
        case FUTEX_CMP_REQUEUE:
            if (static_cast<s32>(value) < 0 || static_cast<s32>(timeout) < 0) return err{EINVAL};
            return requeue(address, other, is_private, value, timeout, &value3);
        case FUTEX_WAKE_OP:
            return wake_op(address, other, is_private, value, timeout, {value3});
    }
    return err{ENOSYS};
}

}  // namespace

result<u32> futex_wake(u32 address, u32 most, bool is_private, u32 bitset) {
    const auto key = key_of(address, is_private);
    if (!key) return err{key.error()};
    return wake(*key, max_of(most, 1u), bitset);
}

SYSCALL_DEFINE(240, futex, u32 address, u32 operation, u32 value, u32 timeout, u32 other,
               u32 value3) {
    return futex_call<user_timespec32>(address, operation, value, timeout, other, value3);
}
SYSCALL_DEFINE(422, futex_time64, u32 address, u32 operation, u32 value, u32 timeout, u32 other,
               u32 value3) {
    return futex_call<user_timespec64>(address, operation, value, timeout, other, value3);
}
