// dmesg: the log so far, also what the console level kept from the consoles.
#include "kernel/log/log.hpp"
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "lib/parse.hpp"

#include <optional>

namespace {

constexpr std::string_view level_names[] = {"emerg",   "alert",  "crit", "err",
                                            "warning", "notice", "info", "debug"};

std::optional<log_level> parse_level(std::string_view text) {
    for (size_t i = 0; i < std::size(level_names); ++i)
        if (text == level_names[i]) return static_cast<log_level>(i);
    if (text == "warn") return log_level::warning;
    const auto number = parse_number(text);
    if (!number || *number >= std::size(level_names)) return std::nullopt;
    return static_cast<log_level>(*number);
}

struct dmesg_options {
    log_level mildest = log_level::debug;  // records above this level are left out
    u64 count = ~u64{0};                   // the last so many of the others
};

bool parse_options(const command_line& line, dmesg_options& options, text_sink& out) {
    for (size_t i = 0; i < line.count(); i += 2) {
        const std::string_view option = line.arg(i);
        const std::string_view value = line.arg(i + 1);
        if (option == "-l") {
            const auto level = parse_level(value);
            if (!level) {
                format_to(out, "dmesg: \"{}\" is no level: 0 to 7, emerg to debug\n",
                          value);
                return false;
            }
            options.mildest = *level;
        } else if (option == "-n") {
            const auto count = parse_number(value);
            if (!count) {
                format_to(out, "dmesg: \"{}\" is no number of lines\n", value);
                return false;
            }
            options.count = *count;
        } else {
            format_to(out, "dmesg: \"{}\" is no option: -l LEVEL, -n COUNT\n", option);
            return false;
        }
    }
    return true;
}

int dmesg(command_line& line, text_sink& out) {
    dmesg_options options;
    if (!parse_options(line, options, out)) return EINVAL;

    log_record record;
    const auto wanted = [&] { return record.level <= options.mildest; };
    u64 total = 0;
    log_reader reader = oldest_log_record();
    const log_reader start = reader;
    while (read_log(reader, record)) total += wanted();

    u64 to_skip = total > options.count ? total - options.count : 0;
    for (reader = start; read_log(reader, record);) {
        if (monitor_interrupted()) return EINTR;
        if (!wanted()) continue;
        if (to_skip > 0) {
            --to_skip;
            continue;
        }
        write_log_record(out, record);
    }
    return 0;
}

void complete_dmesg(completion_sink& to) {
    for (const std::string_view name : level_names) to.offer(name);
}

}  // namespace

REGISTER(monitor_command, dmesg_command) = {
    .name = "dmesg",
    .usage = "dmesg [-l LEVEL] [-n COUNT]",
    .help = "the kernel log: what is as bad as LEVEL or worse, the last COUNT lines",
    .run = dmesg,
    .complete = complete_dmesg,
};
