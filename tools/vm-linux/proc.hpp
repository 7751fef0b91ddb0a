// What Linux says of itself under /proc, as the runner reads it.
#pragma once

#include "host-tests/vm/vm_trace.hpp"
#include "tools/vm-linux/linux_calls.hpp"

inline char proc_text[65536];

inline const char* read_proc(const char* path) {
    const u32 file = open_file(path, O_RDONLY_);
    u32 length = 0;
    while (length < sizeof proc_text - 1) {
        const u32 got = linux_call(NR_read, file, address_of(proc_text + length),
                                   sizeof proc_text - 1 - length);
        if (failed(got) || got == 0) break;
        length += got;
    }
    linux_call(NR_close, file);
    proc_text[length] = 0;
    return proc_text;
}

inline u64 take_hex(const char*& at) {
    u64 value = 0;
    for (;; ++at) {
        if (*at >= '0' && *at <= '9') value = value << 4 | static_cast<u32>(*at - '0');
        else if (*at >= 'a' && *at <= 'f')
            value = value << 4 | static_cast<u32>(*at - 'a' + 10);
        else return value;
    }
}

inline void skip_word(const char*& at) {
    while (*at != ' ' && *at != '\n' && *at != 0) ++at;
    while (*at == ' ') ++at;
}

inline vm_backing backing_of(const char* path) {
    if (starts_with(path, "/tmp/file")) return vm_backing::file;
    if (starts_with(path, "/dev/zero")) return vm_backing::shared_anonymous;
    if (starts_with(path, "/runner")) return vm_backing::program;
    return vm_backing::anonymous;
}

// 20000000-20008000 rw-p 00000000 00:00 0    /a/path
inline vm_maps_line take_line(const char*& at) {
    vm_maps_line line;
    line.start = static_cast<u32>(take_hex(at));
    ++at;
    line.end = static_cast<u32>(take_hex(at));
    ++at;
    line.protection = static_cast<u8>((at[0] == 'r' ? VM_PROT_READ : 0) |
                                      (at[1] == 'w' ? VM_PROT_WRITE : 0) |
                                      (at[2] == 'x' ? VM_PROT_EXEC : 0));
    line.shared = at[3] == 's';
    skip_word(at);
    line.page_offset = static_cast<u32>(take_hex(at) >> 12);  // nine digits, perhaps
    while (*at == ' ') ++at;
    for (int words = 0; words < 2; ++words) skip_word(at);
    line.backing = backing_of(at);
    while (*at != '\n' && *at != 0) ++at;
    if (*at == '\n') ++at;
    return line;
}

inline void list_maps(vm_maps& listing) {
    listing.count = 0;
    for (const char* at = read_proc("/proc/self/maps"); *at != 0;)
        listing.add(take_line(at));
}
