// /dev/kmsg: the kernel log, a record a read(), and a line a write().
//
//     6,339,5140900,-;a line
//     |  |     |      `- its text, then a newline
//     |  |     `- microseconds since the start
//     |  `- its number
//     `- its level; of who writes, "<6>" before the text, or 4
//
// Each opening reads at a place of its own, from the oldest record on; lseek() to the end
// waits for the next one.
#include "fs/vfs/char_device.hpp"
#include "fs/vfs/poll.hpp"
#include "kernel/log/log.hpp"
#include "kernel/log/log_wait.hpp"
#include "lib/string.hpp"
#include "lib/sync/mutex.hpp"
#include "mm/slab/kmalloc.hpp"

namespace {

struct kmsg_reader {
    mutex lock{"a reader of /dev/kmsg"};
    log_reader at GUARDED_BY(lock);
};
kmsg_reader& of(open_file& file) { return *static_cast<kmsg_reader*>(file.private_data); }

result<> open(inode&, open_file& file) {
    kmsg_reader* const reader = new (GFP_KERNEL) kmsg_reader;
    if (!reader) return err{ENOMEM};
    const lock_guard held(reader->lock);
    reader->at = oldest_log_record();
    file.private_data = reader;
    return {};
}
void release(open_file& file) { kfree(file.private_data); }

// EAGAIN: there is none.
result<size_t> read_record_locked(kmsg_reader& reader, iov_iter& to) REQUIRES(reader.lock) {
    const log_reader before = reader.at;
    log_record record;
    if (!read_log(reader.at, record)) return err{EAGAIN};
    if (reader.at.missed > before.missed) {
        // The next read() goes on with this one.
        reader.at = oldest_log_record();
        return err{EPIPE};
    }
    text_buffer<log_record::max_text + 48> line;
    format_to(line, "{},{},{},-;{}\n", static_cast<u32>(record.level), record.sequence,
              record.microseconds, record.view());
    if (line.view().size() > to.count()) {
        reader.at = before;
        return err{EINVAL};
    }
    const size_t copied = to.copy_to(line.view().data(), line.view().size());
    if (copied < line.view().size()) return err{EFAULT};
    return copied;
}

result<size_t> read(open_file& file, iov_iter& to, u64&) {
    kmsg_reader& reader = of(file);
    for (;;) {
        {
            const lock_guard held(reader.lock);
            const result<size_t> done = read_record_locked(reader, to);
            if (done.error() != EAGAIN) return done;
        }
        if (file.f_flags & O_NONBLOCK) return err{EAGAIN};
        if (const auto waited = wait_for_log(); !waited) return err{waited.error()};
    }
}

result<size_t> write(open_file&, iov_iter& from, u64&) {
    char text[log_record::max_text];
    const size_t all = from.count();
    if (all > 992) return err{EINVAL};  // Linux's longest line
    const size_t kept = from.copy_from(text, min_of(all, sizeof text));
    if (kept < min_of(all, sizeof text)) return err{EFAULT};
    std::string_view line(text, kept);
    log_level level = log_level::warning;
    if (line.size() > 3 && line[0] == '<' && line[2] == '>' && line[1] >= '0' &&
        line[1] <= '7') {
        level = static_cast<log_level>(line[1] - '0');
        line.remove_prefix(3);
    }
    while (line.ends_with('\n')) line.remove_suffix(1);
    printk(level, "{}", line);
    return all;
}

result<u64> llseek(open_file& file, s64 offset, int whence) {
    if (offset != 0) return err{ESPIPE};
    kmsg_reader& reader = of(file);
    if (whence != SEEK_SET && whence != SEEK_END && whence != SEEK_DATA) return err{EINVAL};
    const lock_guard held(reader.lock);
    reader.at = oldest_log_record();
    log_record record;
    while (whence == SEEK_END && read_log(reader.at, record)) {}
    return u64{0};
}

u32 poll(open_file& file, poll_table* table) {
    if (table) table->look_again();
    kmsg_reader& reader = of(file);
    const lock_guard held(reader.lock);
    log_reader at = reader.at;
    log_record record;
    return read_log(at, record) ? POLLIN | POLLRDNORM : 0;
}

constexpr open_file_operations operations = {.open = open,
                                             .release = release,
                                             .read = read,
                                             .write = write,
                                             .llseek = llseek,
                                             .poll = poll,
                                             .keeps_own_place = true};

}  // namespace

REGISTER(char_device, kmsg_device) = {
    .name = "kmsg", .device = MKDEV(1, 11), .mode = 0644, .operations = &operations};
