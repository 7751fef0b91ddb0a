// The files that the kernel brings along: the programs of user/, so that there is something
// to run without any module, and /dev/console, which the first of them is given. An archive
// as populate_rootfs() takes it; tools/make-archive makes it while the kernel is built.
#pragma once

#include "lib/types.hpp"

#include <span>

extern const u8 builtin_archive_start[];
extern const u32 builtin_archive_size;

inline std::span<const u8> builtin_archive() {
    return {builtin_archive_start, builtin_archive_size};
}
