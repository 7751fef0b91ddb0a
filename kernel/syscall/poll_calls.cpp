// poll() and ppoll().
#include "kernel/signal/signal.hpp"
#include "kernel/syscall/files.hpp"
#include "kernel/syscall/poll_wait.hpp"
#include "mm/slab/kmalloc.hpp"

namespace {

struct pollfd_abi {
    s32 fd;
    u16 events, revents;
};

class polled_files final : public poll_question {
public:
    polled_files(pollfd_abi* all, u32 count) : all_(all), count_(count) {}

    u32 ask(poll_table* table) override {
        u32 ready = 0;
        for (pollfd_abi* one = all_; one < all_ + count_; ++one) {
            one->revents = ask_one(*one, table);
            if (one->revents == 0) continue;
            ++ready;
            table = nullptr;  // there is no more waiting
        }
        return ready;
    }

private:
    static u16 ask_one(const pollfd_abi& one, poll_table* table) {
        if (one.fd < 0) return 0;
        const held_file file(static_cast<u32>(one.fd));
        if (!file) return POLLNVAL;
        return static_cast<u16>(vfs_poll(*file, table) & (one.events | POLLERR | POLLHUP));
    }

    pollfd_abi* all_;
    u32 count_;
};

// Where there are few, they lie on the stack.
class pollfd_copy {
public:
    ~pollfd_copy() {
        if (all_ != few_) kfree(all_);
    }
    result<> take(user_ptr<const pollfd_abi> from, u32 count) {
        const u32 bytes = count * static_cast<u32>(sizeof(pollfd_abi));
        if (count > usual) all_ = static_cast<pollfd_abi*>(kmalloc(bytes, GFP_KERNEL));
        if (!all_) return err{ENOMEM};
        if (copy_from_user(all_, from, bytes) != 0) return err{EFAULT};
        return {};
    }
    pollfd_abi* get() const { return all_; }

private:
    static constexpr u32 usual = 16;
    pollfd_abi few_[usual];
    pollfd_abi* all_ = few_;
};

result<u32> poll_files(user_ptr<pollfd_abi> told, u32 count, const time_limit& limit) {
    if (count > min_of(descriptor_limit(), files_struct::NR_OPEN)) return err{EINVAL};
    pollfd_copy all;
    if (const result<> taken = all.take(told, count); !taken) return err{taken.error()};
    polled_files files(all.get(), count);
    const result<u32> ready = wait_for_any(files, limit);
    if (!ready) return ready;
    for (u32 i = 0; i < count; ++i) {
        constexpr u32 at = offsetof(pollfd_abi, revents);
        const user_ptr<u16> place((told + i).raw() + at);
        if (const result<> put = put_user(all.get()[i].revents, place); !put)
            return err{EFAULT};
    }
    return ready;
}

// Whoever is stopped and continued goes on until the same end.
syscall_result poll_until(user_ptr<pollfd_abi> told, u32 count, const time_limit& limit) {
    const result<u32> ready = poll_files(told, count, limit);
    if (ready.error() != ERESTARTNOHAND) return ready;
    const auto go_on = [](restart_block& block) {
        const auto& words = block.words;
        return poll_until(user_ptr<pollfd_abi>(words[0]), words[1],
                          time_limit::at_us(words[2] | u64{words[3]} << 32));
    };
    const u64 end = limit.end_us();
    return set_restart(go_on, told.raw(), count, end, end >> 32);
}

template <class Time>
syscall_result poll_with_mask(user_ptr<pollfd_abi> told, u32 count, user_ptr<Time> time,
                              user_ptr<const u64> mask, u32 mask_bytes) {
    const result<time_limit> limit = read_limit(time, 1000000000);
    if (!limit) return err{limit.error()};
    if (mask)
        if (const result<> taken = take_mask(mask, mask_bytes); !taken) return taken;
    const result<u32> ready = poll_files(told, count, *limit);
    write_left(*limit, time, 1000000000);
    return with_mask_back(ready, static_cast<bool>(mask));
}

}  // namespace

SYSCALL_DEFINE(168, poll, user_ptr<pollfd_abi> told, u32 count, s32 milliseconds) {
    if (milliseconds < 0) return poll_until(told, count, time_limit::none());
    const u64 us = u64{1000} * static_cast<u32>(milliseconds);
    return poll_until(told, count, time_limit::after_us(us));
}

SYSCALL_DEFINE(309, ppoll, user_ptr<pollfd_abi> told, u32 count, user_ptr<timespec32> time,
               user_ptr<const u64> mask, u32 mask_bytes) {
    return poll_with_mask(told, count, time, mask, mask_bytes);
}
SYSCALL_DEFINE(414, ppoll_time64, user_ptr<pollfd_abi> told, u32 count,
               user_ptr<timespec64_abi> time, user_ptr<const u64> mask, u32 mask_bytes) {
    return poll_with_mask(told, count, time, mask, mask_bytes);
}
