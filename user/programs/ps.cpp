// The processes, as /proc/PID/stat tells of each. Who has no memory of its own is a thread
// of the kernel: its name stands in brackets. RSS is what is in memory of all that VSZ
// says is mapped; the faults are what it took to bring it there.
#include "user/lib/calls.hpp"
#include "user/lib/files.hpp"
#include "user/lib/linux.hpp"
#include "user/lib/program.hpp"

namespace {

struct process {
    std::string_view name;
    char state = '?';
    u64 fields[22] = {};  // of stat, from the fourth (ppid) on
};
// Places among those fields.
constexpr u32 ppid = 0, minflt = 6, majflt = 8, utime = 10, stime = 11, vsize = 19,
              rss = 20;

// "PID (NAME) STATE PPID ...": the name may hold anything, parentheses and blanks too.
bool parse_stat(std::string_view text, process& it) {
    const size_t open = place_of(text, '(');
    size_t close = text.size();
    while (close > open && text[close - 1] != ')') close--;
    if (close <= open + 1) return false;
    it.name = part(text, open + 1, close - open - 2);
    text.remove_prefix(close);
    const std::string_view state = take_word(text);
    if (!state.empty()) it.state = state[0];
    for (u64& field : it.fields) {
        std::string_view word = take_word(text);
        if (!word.empty() && word[0] == '-') word.remove_prefix(1);
        take_number(word, field);
    }
    return true;
}

void show(std::string_view pid) {
    char path[64], stat[1024], words[64];
    format_in(path, "/proc/{}/stat", pid);
    process it;
    if (!parse_stat(read_text(path, stat, sizeof stat), it)) return;  // it has ended
    format_in(path, "/proc/{}/cmdline", pid);
    std::string_view command = read_text(path, words, sizeof words);
    while (!command.empty() && command.back() == 0) command.remove_suffix(1);
    for (size_t i = 0; i < command.size(); i++)
        if (words[i] < ' ') words[i] = ' ';
    char in_brackets[32];
    if (command.empty()) command = format_in(in_brackets, "[{}]", it.name);
    u32 hundredths = 0;
    const u64 seconds = divide(it.fields[utime] + it.fields[stime], 100, &hundredths);
    print("{:>5} {:>5} {} {:>7} {:>6} {:>7} {:>5} {:>5}.{:02} {}\n", pid, it.fields[ppid],
          it.state, it.fields[vsize] / 1024, it.fields[rss] * (PAGE_SIZE / 1024),
          it.fields[minflt], it.fields[majflt], seconds, hundredths, part(command, 0, 31));
}

}  // namespace

PROGRAM(ps, "", "the processes: parent, state, memory in KiB, faults, time") {
    const int fd = open("/proc", O_RDONLY | O_DIRECTORY);
    if (fd < 0) return complain("ps", "/proc", fd), 1;
    print("{:>5} {:>5} {} {:>7} {:>6} {:>7} {:>5} {:>8} {}\n", "PID", "PPID", "S", "VSZ",
          "RSS", "MINFLT", "MAJFL", "TIME", "COMMAND");
    alignas(8) char buffer[2048];
    for (int got; (got = getdents(fd, buffer, sizeof buffer)) > 0;)
        for (int place = 0; place < got;) {
            const dirent64* const entry = reinterpret_cast<dirent64*>(buffer + place);
            place += entry->reclen;
            u32 pid = 0;
            if (parse_number(entry->name, pid)) show(entry->name);
        }
    close(fd);
    return 0;
}
