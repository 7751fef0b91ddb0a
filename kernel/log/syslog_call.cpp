// syslog(): the kernel log for programs, as dmesg and klogd read it. Lines are
//
//     <6>[    0.010368] a line
//      `- its level
//
// Who reads all takes the newest that fit, whole lines. Who reads what is unread takes it away
// from the others, byte by byte.
#include "kernel/log/log.hpp"
#include "kernel/log/log_wait.hpp"
#include "kernel/sched/task.hpp"
#include "kernel/syscall/syscall.hpp"
#include "lib/sync/mutex.hpp"

namespace {

enum action : u32 {
    CLOSE, OPEN, READ, READ_ALL, READ_CLEAR, CLEAR, CONSOLE_OFF, CONSOLE_ON, CONSOLE_LEVEL,
    SIZE_UNREAD, SIZE_BUFFER
};

constexpr int least_level = 1, most_level = 8;

constinit mutex reading;
constinit log_reader unread GUARDED_BY(reading);
constinit u32 part_read GUARDED_BY(reading) = 0;  // bytes of the next unread line
constinit u64 cleared GUARDED_BY(reading) = 0;    // READ_ALL begins there
constinit int saved_level GUARDED_BY(reading) = 0;

// A record as a line: view() is good until the next one.
class log_lines {
public:
    explicit log_lines(log_reader from) : at(from) {}

    bool next() {
        if (!read_log(at, record_)) return false;
        line_.clear();
        format_to(line_, "<{}>", static_cast<u32>(record_.level));
        write_log_record(line_, record_);
        return true;
    }
    u64 sequence() const { return record_.sequence; }
    std::string_view view() const { return line_.view(); }

    log_reader at;

private:
    log_record record_;
    text_buffer<log_record::max_text + 48> line_;
};

log_reader oldest_uncleared() REQUIRES(reading) {
    log_reader at = oldest_log_record();
    log_record record;
    for (log_reader next = at; at.sequence < cleared && read_log(next, record);) at = next;
    return at;
}

u32 bytes_from(log_reader start) {
    u32 bytes = 0;
    for (log_lines lines(start); lines.next();) bytes += static_cast<u32>(lines.view().size());
    return bytes;
}

syscall_result read_all(user_ptr<char> to, u32 room, bool clear) {
    const lock_guard held(reading);
    const log_reader start = oldest_uncleared();
    u32 too_much = bytes_from(start);
    u32 done = 0;
    log_lines lines(start);
    while (lines.next()) {
        const u32 bytes = static_cast<u32>(lines.view().size());
        if (too_much > room) {
            too_much -= bytes;
            continue;
        }
        if (bytes > room - done) break;  // lines have come meanwhile
        if (copy_to_user(to + done, lines.view().data(), bytes) > 0) return err{EFAULT};
        done += bytes;
    }
    if (clear) cleared = lines.at.sequence;
    return done;
}

syscall_result read_unread(user_ptr<char> to, u32 room) {
    u32 done = 0;
    while (done == 0) {
        {
            const lock_guard held(reading);
            log_lines lines(unread);
            while (done < room && lines.next()) {
                const std::string_view line = lines.view();
                part_read = min_of(part_read, static_cast<u32>(line.size()));
                const u32 bytes =
                    min_of(room - done, static_cast<u32>(line.size()) - part_read);
                if (copy_to_user(to + done, line.data() + part_read, bytes) > 0)
                    return done ? syscall_result(done) : err{EFAULT};
                done += bytes;
                part_read += bytes;
                if (part_read < line.size()) break;
                part_read = 0;
                unread = lines.at;
            }
        }
        if (done > 0) break;
        if (const auto waited = wait_for_log(); !waited) return waited;
    }
    return done;
}

void turn_console(bool on) {
    const lock_guard held(reading);
    if (on == (saved_level == 0)) return;
    if (!on) saved_level = console_loglevel();
    set_console_loglevel(on ? saved_level : least_level);
    if (on) saved_level = 0;
}

}  // namespace

SYSCALL_DEFINE(103, syslog, u32 what, user_ptr<char> buffer, s32 length) {
    const bool for_all = what == READ_ALL || what == SIZE_BUFFER;
    if (!for_all && current_task()->cred.euid != 0) return err{EPERM};
    const bool reads = what == READ || what == READ_ALL || what == READ_CLEAR;
    if (reads && (!buffer || length < 0)) return err{EINVAL};
    if (reads && length == 0) return 0u;
    const u32 room = static_cast<u32>(length);
    if (reads && !access_ok(buffer.raw(), room)) return err{EFAULT};
    switch (what) {
        case CLOSE:
        case OPEN: return 0u;
        case READ: return read_unread(buffer, room);
        case READ_ALL: return read_all(buffer, room, false);
        case READ_CLEAR: return read_all(buffer, room, true);
        case CLEAR: {
            const lock_guard held(reading);
            log_lines lines(oldest_uncleared());
            while (lines.next()) {}
            cleared = lines.at.sequence;
            return 0u;
        }
        case CONSOLE_OFF: turn_console(false); return 0u;
        case CONSOLE_ON: turn_console(true); return 0u;
        case CONSOLE_LEVEL:
            if (length < least_level || length > most_level) return err{EINVAL};
            set_console_loglevel(length);
            return 0u;
        case SIZE_UNREAD: {
            const lock_guard held(reading);
            const u32 bytes = bytes_from(unread);
            return bytes - min_of(bytes, part_read);
        }
        case SIZE_BUFFER: return static_cast<u32>(log_size);
        default: return err{EINVAL};
    }
}
