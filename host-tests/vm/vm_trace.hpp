// The answers to a program as text, and back. One program is one line: its seed, then a
// token for each operation, and the change of the maps wherever the run lists them.
//
//      .        0                      @b7ff0     a page's address
//      =        the address asked for  :c3        a byte (1 ... 255)
//      A ... Z  -errno (vm_errnos)     ~00ffe1    below 2^24
//      s p b    a fault at the address: no area, no right, behind the end of the file
//      x n e    executed, not executed, end of the file
//      #12345678                       anything else
//
//      [3k2d+3a200008;*1f4,2;]         of the lines before, in order: keep 3, drop 2, add
//                                      rw- anonymous at 0x20000000 of 8 pages and right
//                                      behind it r-- of the file, 4 pages from page 2 on;
//                                      keep the rest
//
// The operations themselves are not written: the generator makes them again. A line's first
// digit is its protection, + 8 where shared; a, f, s, p: what is behind it (vm_backing).
#pragma once

#include "host-tests/vm/vm_program.hpp"

// By their letters, A first.
constexpr u8 vm_errnos[] = {
    12,  // A ENOMEM
    22,  // B EINVAL
    14,  // C EFAULT
    13,  // D EACCES
    17,  // E EEXIST
    11,  // F EAGAIN
    1,   // G EPERM
    16,  // H EBUSY
    9,   // I EBADF
    75,  // J EOVERFLOW
    95,  // K EOPNOTSUPP
    27,  // L EFBIG
    19,  // M ENODEV
    38,  // N ENOSYS
};
constexpr const char* vm_errno_names[] = {
    "ENOMEM", "EINVAL", "EFAULT", "EACCES",    "EEXIST",     "EAGAIN", "EPERM",
    "EBUSY",  "EBADF",  "EOVERFLOW", "EOPNOTSUPP", "EFBIG",  "ENODEV", "ENOSYS",
};

constexpr u32 VM_NO_AREA = fault_answer(VM_SIGSEGV, VM_SEGV_MAPERR, true);
constexpr u32 VM_NO_RIGHT = fault_answer(VM_SIGSEGV, VM_SEGV_ACCERR, true);
constexpr u32 VM_NO_FILE = fault_answer(VM_SIGBUS, VM_BUS_ADRERR, true);

struct vm_short_answer {
    char token;
    u32 answer;
};
constexpr vm_short_answer vm_short_answers[] = {
    {'.', 0},
    {'s', VM_NO_AREA},
    {'p', VM_NO_RIGHT},
    {'b', VM_NO_FILE},
    {'x', VM_EXECUTED},
    {'n', VM_NOT_EXECUTED},
    {'e', VM_END_OF_FILE},
};

constexpr char vm_backing_letters[] = {'a', 'f', 's', 'p'};

// Put: called with each character.
template <class Put>
class vm_trace_writer {
public:
    constexpr explicit vm_trace_writer(Put& put) : put_(put) {}

    void text(const char* words) {
        while (*words != 0) put_(*words++);
    }
    void hex(u64 value, u32 digits) {
        while (digits-- > 0) put_("0123456789abcdef"[value >> 4 * digits & 15]);
    }
    void hex(u64 value) {
        u32 digits = 1;
        while (digits < 16 && value >> 4 * digits != 0) ++digits;
        hex(value, digits);
    }

    void answer(const vm_operation& o, u32 answer) {
        for (const vm_short_answer& known : vm_short_answers)
            if (known.answer == answer) return put_(known.token);
        if (answer > 0xfffff000)
            for (u32 i = 0; i < sizeof vm_errnos; ++i)
                if (answer == 0u - vm_errnos[i]) return put_(static_cast<char>('A' + i));
        if (answer == o.address) return put_('=');
        if (answer < 256) return number(':', answer, 2);
        if (answer % 4096 == 0) return number('@', answer >> 12, 5);
        if (answer < 1u << 24) return number('~', answer, 6);
        number('#', answer, 8);
    }

    void maps(const vm_maps& before, const vm_maps& now) {
        put_('[');
        u32 old = 0, made = 0, kept = 0, dropped = 0;
        while (old < before.count || made < now.count) {
            const bool has_old = old < before.count, has_new = made < now.count;
            if (has_old && has_new && before.lines[old] == now.lines[made]) {
                count(dropped, 'd');
                ++kept, ++old, ++made;
            } else if (has_old &&
                       (!has_new || before.lines[old].start <= now.lines[made].start)) {
                count(kept, 'k');
                ++dropped, ++old;
            } else {
                count(kept, 'k');
                count(dropped, 'd');
                const u32 end = made > 0 ? now.lines[made - 1].end : 0;
                add(now.lines[made], end == now.lines[made].start);
                ++made;
            }
        }
        count(dropped, 'd');
        put_(']');
    }

private:
    void number(char token, u32 value, u32 digits) {
        put_(token);
        hex(value, digits);
    }
    void count(u32& value, char what) {
        if (value >= 100) put_(static_cast<char>('0' + value / 100));
        if (value >= 10) put_(static_cast<char>('0' + value / 10 % 10));
        if (value >= 1) put_(static_cast<char>('0' + value % 10));
        if (value >= 1) put_(what);
        value = 0;
    }
    void add(const vm_maps_line& line, bool behind) {
        put_(behind ? '*' : '+');
        hex(line.protection + (line.shared ? 8u : 0u));
        put_(vm_backing_letters[static_cast<u32>(line.backing)]);
        if (!behind) hex(line.start >> 12, 5);
        hex((line.end - line.start) >> 12);
        if (line.page_offset != 0) {
            put_(',');
            hex(line.page_offset);
        }
        put_(';');
    }

    Put& put_;
};

class vm_trace_reader {
public:
    vm_trace_reader(const char* begin, const char* end) : at_(begin), end_(end) {}

    // After a broken token everything reads as zero, and this says so.
    bool good() const { return good_; }
    bool at_end() const { return at_ == end_; }
    char peek() const { return at_ < end_ ? *at_ : 0; }
    void skip_spaces() {
        while (peek() == ' ') ++at_;
    }

    u64 hex(u32 most_digits) {
        u64 value = 0;
        u32 digits = 0;
        for (; digits < most_digits && digit(peek()) < 16; ++digits)
            value = value << 4 | digit(*at_++);
        if (digits == 0) good_ = false;
        return value;
    }

    u32 answer(const vm_operation& o) {
        const char token = take();
        for (const vm_short_answer& known : vm_short_answers)
            if (known.token == token) return known.answer;
        if (token >= 'A' && token < 'A' + static_cast<char>(sizeof vm_errnos))
            return 0u - vm_errnos[token - 'A'];
        switch (token) {
            case '=': return o.address;
            case ':': return static_cast<u32>(hex(2));
            case '@': return static_cast<u32>(hex(5)) << 12;
            case '~': return static_cast<u32>(hex(6));
            case '#': return static_cast<u32>(hex(8));
        }
        good_ = false;
        return 0;
    }

    void maps(const vm_maps& before, vm_maps& now) {
        now = vm_maps();
        u32 old = 0;
        expect('[');
        while (good_ && peek() != ']') {
            if (peek() == '+' || peek() == '*') {
                now.add(line(now.count > 0 ? now.lines[now.count - 1].end : 0));
                continue;
            }
            const u32 lines = counted();
            const char what = take();
            if (lines > before.count - old || (what != 'k' && what != 'd')) good_ = false;
            for (u32 i = 0; good_ && i < lines; ++i, ++old)
                if (what == 'k') now.add(before.lines[old]);
        }
        expect(']');
        for (; good_ && old < before.count; ++old) now.add(before.lines[old]);
    }

private:
    static u32 digit(char c) {
        if (c >= '0' && c <= '9') return static_cast<u32>(c - '0');
        return c >= 'a' && c <= 'f' ? static_cast<u32>(c - 'a' + 10) : 16;
    }
    char take() {
        if (at_ < end_) return *at_++;
        good_ = false;
        return 0;
    }
    void expect(char c) {
        if (take() != c) good_ = false;
    }
    // In decimal: the d that may follow is no digit.
    u32 counted() {
        u32 value = 0;
        if (digit(peek()) > 9) good_ = false;
        while (digit(peek()) <= 9 && value < 1000) value = value * 10 + digit(*at_++);
        return value;
    }
    vm_maps_line line(u32 end_before) {
        vm_maps_line made;
        const bool behind = take() == '*';
        const u32 kind = static_cast<u32>(hex(1));
        made.protection = kind & 7;
        made.shared = (kind & 8) != 0;
        const char backing = take();
        for (u32 i = 0; i < sizeof vm_backing_letters; ++i)
            if (vm_backing_letters[i] == backing) made.backing = static_cast<vm_backing>(i);
        made.start = behind ? end_before : static_cast<u32>(hex(5)) << 12;
        made.end = made.start + (static_cast<u32>(hex(5)) << 12);
        if (peek() == ',') {
            ++at_;
            made.page_offset = static_cast<u32>(hex(8));
        }
        expect(';');
        return made;
    }

    const char* at_;
    const char* end_;
    bool good_ = true;
};

// The layout's numbers by name: "task_size=c0000000 mmap_base=b8000000 ...".
struct vm_layout_field {
    const char* name;
    u32 vm_layout::*value;
};
constexpr vm_layout_field vm_layout_fields[] = {
    {"task_size", &vm_layout::task_size},
    {"mmap_base", &vm_layout::mmap_base},
    {"mmap_min_addr", &vm_layout::mmap_min_addr},
    {"program_start", &vm_layout::program_start},
    {"program_end", &vm_layout::program_end},
    {"start_brk", &vm_layout::start_brk},
    {"data_size", &vm_layout::data_size},
    {"stack_start", &vm_layout::stack_start},
    {"stack_end", &vm_layout::stack_end},
    {"memory_pages", &vm_layout::memory_pages},
    {"stack_limit", &vm_layout::stack_limit},
    {"memlock_limit", &vm_layout::memlock_limit},
    {"no_execute", &vm_layout::no_execute},
    {"old_dontunmap", &vm_layout::old_dontunmap},
};
