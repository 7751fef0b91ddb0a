#include "mm/cache/memory_file.hpp"

#include "mm/cache/cache_init.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/slab/object_cache.hpp"

namespace {

constinit object_cache<memory_file> memory_files("memory_file");

// The device that files without a folder are on, as Linux's shm_mnt is the first such one.
constexpr u32 shm_device = MKDEV(0, 1);
constinit atomic<u32> last_ino{0};

memory_file& of(file& file) { return static_cast<memory_file&>(file); }

}  // namespace

bool memory_file_init() { return memory_files.init(); }

constinit const file_operations memory_file::operations = {
    .release = [](file& file) { memory_files.free(&of(file)); },
    .size =
        [](const file& file) {
            return static_cast<const memory_file&>(file).contents_.size();
        },
    .name =
        [](const file& file, text_sink& out) {
            const std::string_view name = static_cast<const memory_file&>(file).name_;
            out.write(name);
            return name.size();
        },
};

memory_file::memory_file(char* name, u64 size_limit) : name_(name), contents_(size_limit) {
    f_mode = FMODE_READ | FMODE_WRITE;
    f_mapping = &contents_.i_mapping;
    f_op = &operations;
    i_ino = last_ino.fetch_add(1, memory_order::relaxed) + 1;
    s_dev = shm_device;
}

memory_file::~memory_file() { kfree(name_); }

result<memory_file*> memory_file::create(std::string_view name, u64 size_limit) {
    char* const own_name = static_cast<char*>(kmalloc(name.size() + 1, GFP_KERNEL));
    if (!own_name) return err{ENOMEM};
    memcpy(own_name, name.data(), name.size());
    own_name[name.size()] = '\0';
    memory_file* const made = memory_files.alloc(GFP_KERNEL, own_name, size_limit);
    if (made) return made;
    kfree(own_name);
    return err{ENOMEM};
}

result<file*> shmem_zero_file(u64 bytes) {
    const result<memory_file*> made = memory_file::create("/dev/zero (deleted)");
    if (!made) return err{made.error()};
    if (const result<> sized = (*made)->truncate(bytes); !sized) {
        fput(*made);
        return err{sized.error()};
    }
    return static_cast<file*>(*made);
}
