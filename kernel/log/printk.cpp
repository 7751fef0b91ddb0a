#include "kernel/log/log.hpp"

#include "kernel/log/log_line.hpp"
#include "lib/atomic.hpp"
#include "lib/boot_param.hpp"
#include "lib/clock.hpp"
#include "lib/console.hpp"
#include "lib/parse.hpp"
#include "lib/spinlock.hpp"

namespace {

constexpr int default_loglevel = 7;  // Linux's: everything but debug
constexpr int quiet_loglevel = 4;    // errors and worse
constexpr int debug_loglevel = 10;   // as high as Linux's

constinit char log_storage[log_size];
constinit irq_spinlock log_lock("the kernel log");
constinit log_buffer the_log GUARDED_BY(log_lock) {log_storage};

constinit atomic<int> loglevel{default_loglevel};
constinit atomic<bool> ignore_loglevel{false};
constinit atomic<bool> somebody_shows{false};
constinit log_reader shower;  // belongs to whoever set somebody_shows

bool is_shown(log_level level) { return static_cast<int>(level) < console_loglevel(); }

bool next_record(log_reader& reader, log_record& record) {
    lock_guard held(log_lock);
    return the_log.read(reader, record);
}

bool anything_pending() {
    lock_guard held(log_lock);
    return shower.sequence < the_log.next_sequence();
}

void show_pending() {
    log_record record;
    // A record stored after the last read and before the flag falls would wait for
    // the next printk, so the question is asked again behind it.
    do {
        if (somebody_shows.exchange(true, memory_order::acquire)) return;
        while (next_record(shower, record)) {
            if (is_shown(record.level)) write_log_record(console_out(), record);
        }
        somebody_shows.store(false, memory_order::release);
    } while (anything_pending());
}

struct origin {
    log_level level;
    u64 microseconds;
};

void store_line(void* context, std::string_view line, bool truncated) {
    const origin& from = *static_cast<const origin*>(context);
    lock_guard held(log_lock);
    the_log.append(from.level, from.microseconds, line, truncated);
}

}  // namespace

// Not inlined: the splitter's line and the shower's record share no stack frame.
[[gnu::noinline]] static void store(log_level level, std::string_view format,
                                    std::span<const format_arg> args) {
    origin from{level, uptime_us()};
    log_line_splitter lines(store_line, &from);
    vformat(lines, format, args);
    lines.finish();
}

void vprintk(log_level level, std::string_view format, std::span<const format_arg> args) {
    store(level, format, args);
    show_pending();
}

int console_loglevel() {
    if (ignore_loglevel.load(memory_order::relaxed)) return debug_loglevel;
    return loglevel.load(memory_order::relaxed);
}
void set_console_loglevel(int level) { loglevel.store(level, memory_order::relaxed); }

void write_log_record(text_sink& out, const log_record& record) {
    const u32 seconds = static_cast<u32>(record.microseconds / 1'000'000);
    const u32 rest = static_cast<u32>(record.microseconds % 1'000'000);
    text_buffer<log_record::max_text + 32> line;  // one write, so that no line is torn
    format_to(line, "[{:5}.{:06}] {}{}\n", seconds, rest, record.view(),
              record.truncated ? "..." : "");
    out.write(line.view());
}

void replay_log(text_sink& to, u64 from) {
    log_record record;
    log_reader reader = oldest_log_record();
    while (reader.sequence < shower.sequence && next_record(reader, record)) {
        if (record.sequence >= from && is_shown(record.level)) write_log_record(to, record);
    }
}

u64 shown_log_sequence() { return shower.sequence; }

log_reader oldest_log_record() {
    lock_guard held(log_lock);
    return the_log.oldest();
}

bool read_log(log_reader& reader, log_record& record) {
    return next_record(reader, record);
}

void log_enter_panic() {
    log_lock.break_lock();
    somebody_shows.store(false, memory_order::release);
    set_console_loglevel(max_of(console_loglevel(), default_loglevel));
}

REGISTER(boot_param, loglevel_param) = {
    .name = "loglevel",
    .help = "N: show log records below level N (0 to 10) on the consoles",
    .set =
        [](std::string_view value) {
            const auto level = parse_number(value);
            if (!level || *level > debug_loglevel) return false;
            set_console_loglevel(static_cast<int>(*level));
            return true;
        },
};

// The bare words take no value.
REGISTER(boot_param, quiet_param) = {
    .name = "quiet",
    .help = "show errors only on the consoles",
    .set =
        [](std::string_view value) {
            if (value.empty()) set_console_loglevel(quiet_loglevel);
            return value.empty();
        },
};

REGISTER(boot_param, debug_param) = {
    .name = "debug",
    .help = "show debug messages on the consoles too",
    .set =
        [](std::string_view value) {
            if (value.empty()) set_console_loglevel(debug_loglevel);
            return value.empty();
        },
};

REGISTER(boot_param, ignore_loglevel_param) = {
    .name = "ignore_loglevel",
    .help = "show every log record, whatever other words say",
    .set =
        [](std::string_view value) {
            if (value.empty()) ignore_loglevel.store(true, memory_order::relaxed);
            return value.empty();
        },
};
