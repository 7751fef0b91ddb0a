#include "host-tests/vm/vm_print.hpp"

#include "host-tests/vm/vm_trace.hpp"

#include <cstdarg>
#include <cstdio>

namespace {

struct flag_name {
    u32 value;
    const char* name;
};

constexpr flag_name protections[] = {{1, "READ"}, {2, "WRITE"}, {4, "EXEC"},
                                     {VM_PROT_GROWSDOWN, "GROWSDOWN"},
                                     {VM_PROT_GROWSUP, "GROWSUP"}};
constexpr flag_name mmap_flags[] = {{VM_MAP_FIXED, "FIXED"},
                                    {VM_MAP_ANONYMOUS, "ANONYMOUS"},
                                    {VM_MAP_GROWSDOWN, "GROWSDOWN"},
                                    {VM_MAP_LOCKED, "LOCKED"},
                                    {VM_MAP_NORESERVE, "NORESERVE"},
                                    {VM_MAP_POPULATE, "POPULATE"},
                                    {VM_MAP_NONBLOCK, "NONBLOCK"},
                                    {VM_MAP_SYNC, "SYNC"},
                                    {VM_MAP_FIXED_NOREPLACE, "FIXED_NOREPLACE"}};
constexpr flag_name mremap_flags[] = {{1, "MAYMOVE"}, {2, "FIXED"}, {4, "DONTUNMAP"}};
constexpr flag_name msync_flags[] = {{1, "ASYNC"}, {2, "INVALIDATE"}, {4, "SYNC"}};
constexpr flag_name mlock2_flags[] = {{1, "ONFAULT"}};
constexpr flag_name mlockall_flags[] = {{1, "CURRENT"}, {2, "FUTURE"}, {4, "ONFAULT"}};
constexpr flag_name advices[] = {
    {0, "NORMAL"}, {1, "RANDOM"}, {2, "SEQUENTIAL"}, {3, "WILLNEED"}, {4, "DONTNEED"},
    {8, "FREE"}, {9, "REMOVE"}, {10, "DONTFORK"}, {11, "DOFORK"}, {18, "WIPEONFORK"},
    {19, "KEEPONFORK"}};
constexpr flag_name limits[] = {{VM_RLIMIT_DATA, "DATA"}, {VM_RLIMIT_STACK, "STACK"},
                                {VM_RLIMIT_MEMLOCK, "MEMLOCK"}, {VM_RLIMIT_AS, "AS"}};

[[gnu::format(printf, 1, 2)]] std::string print(const char* format, ...) {
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return text;
}

template <size_t N>
std::string join(u32 value, const flag_name (&names)[N], std::string text = "") {
    for (const flag_name& flag : names) {
        if ((value & flag.value) == 0) continue;
        text += (text.empty() ? "" : "|") + std::string(flag.name);
        value &= ~flag.value;
    }
    if (value != 0 || text.empty()) text += (text.empty() ? "" : "|") + print("%#x", value);
    return text;
}

template <size_t N>
std::string one_of(u32 value, const flag_name (&names)[N]) {
    for (const flag_name& flag : names)
        if (flag.value == value) return flag.name;
    return print("%d", static_cast<s32>(value));
}

// Whole pages are counted, which one can read.
std::string size(u32 bytes) {
    if (bytes % 4096 == 0 && bytes < 0x10000000) return print("%u pages", bytes / 4096);
    return print("%#x", bytes);
}

std::string mmap_text(const vm_operation& o) {
    static constexpr const char* types[] = {"no type", "SHARED", "PRIVATE",
                                            "SHARED_VALIDATE"};
    const std::string flags = join(o.flags & ~3u, mmap_flags, types[o.flags & 3]);
    const std::string where = print("%#x, ", o.address) + size(o.length);
    const auto offset = static_cast<unsigned long long>(o.offset);
    const std::string what = o.file ? print(", offset %#llx", offset) : "";
    return where + ", " + join(o.protection, protections) + ", " + flags + what;
}

}  // namespace

std::string to_text(const vm_operation& o) {
    const std::string range = print("%#x, ", o.address) + size(o.length);
    const auto arguments = [&]() -> std::string {
        switch (o.op) {
            case vm_op::mmap: return mmap_text(o);
            case vm_op::mprotect: return range + ", " + join(o.protection, protections);
            case vm_op::mremap:
                return range + " -> " + size(o.new_length) + ", " +
                       join(o.flags, mremap_flags) + print(", %#x", o.new_address);
            case vm_op::madvise: return range + ", " + one_of(o.flags, advices);
            case vm_op::msync: return range + ", " + join(o.flags, msync_flags);
            case vm_op::mlock2: return range + ", " + join(o.flags, mlock2_flags);
            case vm_op::mlockall: return join(o.flags, mlockall_flags);
            case vm_op::munlockall: return "";
            case vm_op::setrlimit:
                return one_of(o.flags, limits) + print(", %#x", o.new_length);
            case vm_op::fork: return print("%u operations", o.flags);
            case vm_op::brk:
            case vm_op::read:
            case vm_op::execute: return print("%#x", o.address);
            case vm_op::write: return print("%#x, %#x", o.address, o.value);
            case vm_op::pread: return print("%#x", static_cast<u32>(o.offset));
            case vm_op::pwrite:
                return print("%#x, %#x", static_cast<u32>(o.offset), o.value);
            case vm_op::ftruncate: return print("%#x", o.length);
            default: return range;
        }
    };
    return std::string(vm_op_names[static_cast<u32>(o.op)]) + "(" + arguments() + ")";
}

std::string answer_text(const vm_operation& o, u32 answer) {
    if (answer > 0xfffff000) {
        for (size_t i = 0; i < std::size(vm_errnos); ++i)
            if (answer == 0u - vm_errnos[i]) return std::string("-") + vm_errno_names[i];
        return print("-%u", 0 - answer);
    }
    const bool access = o.op >= vm_op::read && o.op <= vm_op::pread;
    if (!access) return print("%#x", answer);
    switch (answer) {
        case VM_EXECUTED: return "executed";
        case VM_NOT_EXECUTED: return "no ret there";
        case VM_END_OF_FILE: return "end of file";
        case VM_NO_AREA: return "SIGSEGV, no area";
        case VM_NO_RIGHT: return "SIGSEGV, no right";
        case VM_NO_FILE: return "SIGBUS";
    }
    if (answer < 0x10000) return print("%#x", answer);
    return print("signal %u, code %u%s", answer >> 8 & 0xff, answer >> 1 & 0x7f,
                 (answer & 1) != 0 ? "" : ", elsewhere");
}

std::string to_text(const vm_maps_line& line) {
    static constexpr const char* backings[] = {"", "file", "shared memory", "program"};
    std::string text = print("%08x-%08x %c%c%c%c", line.start, line.end,
                             (line.protection & VM_PROT_READ) != 0 ? 'r' : '-',
                             (line.protection & VM_PROT_WRITE) != 0 ? 'w' : '-',
                             (line.protection & VM_PROT_EXEC) != 0 ? 'x' : '-',
                             line.shared ? 's' : 'p');
    if (line.backing == vm_backing::anonymous) return text;
    return text +
           print(" %05x %s", line.page_offset, backings[static_cast<u32>(line.backing)]);
}

std::string to_text(const vm_maps& maps) {
    std::string text;
    for (u32 i = 0; i < maps.count; ++i) text += "    " + to_text(maps.lines[i]) + "\n";
    return text;
}
