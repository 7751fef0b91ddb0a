// What the kernel itself reads of a file: headers, by its page cache.
#pragma once

#include "lib/result.hpp"
#include "lib/types.hpp"

struct file;

// How many bytes there were up to the end of the file. ENOEXEC: it has no pages (a pipe, a
// device); ENOMEM, or what reading a page said (EIO).
result<u32> kernel_read(file& file, u64 offset, void* to, u32 bytes);

// All of them. EIO: the file ends before.
result<> kernel_read_all(file& file, u64 offset, void* to, u32 bytes);
