// A file in memory with a name and one opening: memfd, and what stands behind shared
// anonymous memory. (memory_contents.hpp has the contents.)
#pragma once

#include "mm/cache/file.hpp"
#include "mm/cache/memory_contents.hpp"

#include <string_view>

class memory_file final : public file {
public:
    // Empty, to be read and written, with one reference: fput() is the end of it. ENOMEM.
    static result<memory_file*> create(std::string_view name,
                                       u64 size_limit = memory_contents::MAX_LFS_FILESIZE);

    memory_contents& contents() { return contents_; }
    size_t read(u64 offset, void* buffer, size_t bytes) {
        return contents_.read(offset, buffer, bytes);
    }
    result<size_t> write(u64 offset, const void* buffer, size_t bytes) {
        return contents_.write(offset, buffer, bytes);
    }
    result<> truncate(u64 size) { return contents_.truncate(size); }

    memory_file(char* name, u64 size_limit);
    ~memory_file();

private:
    static const file_operations operations;

    char* const name_;  // its own, by kmalloc
    memory_contents contents_;
};

// What MAP_SHARED | MAP_ANONYMOUS maps: so many zeroes that all who map them share, a
// file that is in no folder ("/dev/zero (deleted)" in maps). ENOMEM; EFBIG where it is
// more than a file can have.
result<file*> shmem_zero_file(u64 bytes);
