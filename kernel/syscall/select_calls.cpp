// select() and pselect6().
#include "kernel/syscall/files.hpp"
#include "kernel/syscall/poll_wait.hpp"
#include "mm/slab/kmalloc.hpp"

namespace {

using user_fd_set = user_ptr<u32>;

// Three sets of descriptors that are asked for, and three of those that are ready, one
// after another:
//
//     read | write | except | ready to read | ready to write | exceptional
class fd_sets final : public poll_question {
public:
    explicit fd_sets(u32 count)
        : count_(count), words_((count + 31) / 32),
          bits_(static_cast<u32*>(kzalloc(sets * 2 * bytes(), GFP_KERNEL))) {}
    ~fd_sets() { kfree(bits_); }

    // ENOMEM, EFAULT; EBADF: one of them is no descriptor.
    result<> take(const user_fd_set (&from)[3]) {
        if (!bits_) return err{ENOMEM};
        for (u32 i = 0; i < sets; ++i)
            if (from[i] && copy_from_user(set(i), from[i], bytes()) != 0)
                return err{EFAULT};
        for (u32 fd = 0; fd < count_; ++fd)
            if (wanted(fd) && !held_file(fd)) return err{EBADF};
        return {};
    }
    result<> give(const user_fd_set (&to)[3]) const {
        for (u32 i = 0; i < sets; ++i)
            if (to[i] && copy_to_user(to[i], set(sets + i), bytes()) != 0)
                return err{EFAULT};
        return {};
    }

    u32 ask(poll_table* table) override {
        u32 ready = 0;
        for (u32 fd = 0; fd < count_; ++fd) {
            const u32 asked = wanted(fd);
            if (!asked) continue;
            const held_file file(fd);
            const u32 found = file ? vfs_poll(*file, table) : POLLNVAL;
            for (u32 i = 0; i < sets; ++i) {
                if (!(asked & 1u << i) || !(found & ready_if[i])) continue;
                set(sets + i)[fd / 32] |= 1u << fd % 32;
                ++ready;
                table = nullptr;  // there is no more waiting
            }
        }
        return ready;
    }

private:
    static constexpr u32 sets = 3;
    static constexpr u32 ready_if[sets] = {
        POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR | POLLNVAL,
        POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR | POLLNVAL, POLLPRI | POLLNVAL};

    u32 bytes() const { return words_ * static_cast<u32>(sizeof(u32)); }
    u32* set(u32 which) const { return bits_ + which * words_; }
    // One bit for each of the first three sets.
    u32 wanted(u32 fd) const {
        u32 asked = 0;
        for (u32 i = 0; i < sets; ++i) asked |= (set(i)[fd / 32] >> fd % 32 & 1) << i;
        return asked;
    }

    u32 count_, words_;
    u32* bits_;
};

result<u32> select_files(s32 count, const user_fd_set (&told)[3], const time_limit& limit) {
    if (count < 0) return err{EINVAL};
    fd_sets files(min_of(static_cast<u32>(count), current_task()->files->max_fds()));
    if (const result<> taken = files.take(told); !taken) return err{taken.error()};
    const result<u32> ready = wait_for_any(files, limit);
    if (!ready) return ready;
    if (const result<> given = files.give(told); !given) return err{given.error()};
    return ready;
}

syscall_result select_timeval(s32 count, const user_fd_set (&told)[3],
                              user_ptr<timeval32> time) {
    result<time_limit> limit = time_limit::none();
    if (time) {
        timeval32 wanted;
        if (copy_from_user(&wanted, time, sizeof wanted) != 0) return err{EFAULT};
        // More than a second of microseconds is counted as seconds.
        limit = limit_of(s64{wanted.tv_sec} + wanted.tv_usec / 1000000,
                         wanted.tv_usec % 1000000, 1000000);
        if (!limit) return err{limit.error()};
    }
    const result<u32> ready = select_files(count, told, *limit);
    write_left(*limit, time, 1000000);
    return ready;
}

// The sixth argument leads to the mask and its size: there are no more registers.
struct told_mask {
    user_ptr<const u64> mask;
    u32 bytes;
};

template <class Time>
syscall_result select_with_mask(s32 count, const user_fd_set (&told)[3],
                                user_ptr<Time> time, user_ptr<const told_mask> mask) {
    told_mask given{};
    if (mask && copy_from_user(&given, mask, sizeof given) != 0) return err{EFAULT};
    const result<time_limit> limit = read_limit(time, 1000000000);
    if (!limit) return err{limit.error()};
    if (given.mask)
        if (const result<> taken = take_mask(given.mask, given.bytes); !taken) return taken;
    const result<u32> ready = select_files(count, told, *limit);
    write_left(*limit, time, 1000000000);
    return with_mask_back(ready, static_cast<bool>(given.mask));
}

}  // namespace

SYSCALL_DEFINE(142, _newselect, s32 count, user_fd_set in, user_fd_set out,
               user_fd_set except, user_ptr<timeval32> time) {
    return select_timeval(count, {in, out, except}, time);
}

SYSCALL_DEFINE(82, select, user_ptr<const u32> arguments) {
    u32 given[5];
    if (copy_from_user(given, arguments, sizeof given) != 0) return err{EFAULT};
    return select_timeval(
        static_cast<s32>(given[0]),
        {user_fd_set(given[1]), user_fd_set(given[2]), user_fd_set(given[3])},
        user_ptr<timeval32>(given[4]));
}

SYSCALL_DEFINE(308, pselect6, s32 count, user_fd_set in, user_fd_set out,
               user_fd_set except, user_ptr<timespec32> time,
               user_ptr<const told_mask> mask) {
    return select_with_mask(count, {in, out, except}, time, mask);
}
SYSCALL_DEFINE(413, pselect6_time64, s32 count, user_fd_set in, user_fd_set out,
               user_fd_set except, user_ptr<timespec64_abi> time,
               user_ptr<const told_mask> mask) {
    return select_with_mask(count, {in, out, except}, time, mask);
}
