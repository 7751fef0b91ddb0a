// /dev/random, /dev/urandom and getrandom(): they differ in nothing but their names, as the
// first number is as good as any.
#include "fs/vfs/char_device.hpp"
#include "kernel/random/random.hpp"
#include "kernel/syscall/syscall.hpp"
#include "lib/sync/sleep.hpp"

namespace {

constexpr size_t some_bytes = 128;

result<size_t> give(iov_iter& to) {
    size_t done = 0;
    while (to.count() > 0) {
        u8 bytes[some_bytes];
        const size_t wanted = min_of(to.count(), sizeof bytes);
        get_random_bytes(bytes, wanted);
        const size_t copied = to.copy_to(bytes, wanted);
        done += copied;
        if (copied < wanted) break;
        // Who asks for a great many can be ended.
        if (done % PAGE_SIZE == 0 && signal_pending()) break;
    }
    if (done == 0 && to.count() > 0) return err{EFAULT};
    return done;
}

result<size_t> read(open_file&, iov_iter& to, u64&) { return give(to); }

result<size_t> write(open_file&, iov_iter& from, u64&) {
    size_t done = 0;
    while (from.count() > 0) {
        u8 bytes[some_bytes];
        const size_t wanted = min_of(from.count(), sizeof bytes);
        const size_t copied = from.copy_from(bytes, wanted);
        add_randomness({bytes, copied});
        done += copied;
        if (copied < wanted) break;
        if (done % PAGE_SIZE == 0 && signal_pending()) break;
    }
    if (done == 0) return err{EFAULT};
    return done;
}

constexpr open_file_operations operations = {.read = read, .write = write};

}  // namespace

REGISTER(char_device, random_device) = {
    .name = "random", .device = MKDEV(1, 8), .mode = 0666, .operations = &operations};
REGISTER(char_device, urandom_device) = {
    .name = "urandom", .device = MKDEV(1, 9), .mode = 0666, .operations = &operations};

SYSCALL_DEFINE(355, getrandom, user_ptr<void> buffer, u32 count, u32 flags) {
    constexpr u32 GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4;
    if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) return err{EINVAL};
    if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        return err{EINVAL};
    count = min_of(count, MAX_RW_COUNT);
    if (!access_ok(buffer.raw(), count)) return err{EFAULT};
    iov_iter to = iov_iter::of_user(buffer, count);
    return give(to);
}
