#include "mm/vm/shared_zeroes.hpp"

#include "mm/cache/memory_file.hpp"
#include "mm/vm/accounting.hpp"

namespace {

u32 pages_of(const file& file) { return static_cast<u32>(file.size() >> PAGE_SHIFT); }

// A file in memory in all things, but that it ends with a promise. All of them have the
// same operations below.
const file_operations* memory_operations = nullptr;

constexpr file_operations promised_operations = {
    .release =
        [](file& file) {
            vm_unacct_memory(pages_of(file));
            memory_operations->release(file);
        },
    .size = [](const file& file) { return memory_operations->size(file); },
    .name = [](const file& file, text_sink& out) { return memory_operations->name(file, out); },
};

}  // namespace

result<file*> shared_zeroes(const mm_struct& mm, u32 pages, u32 vm_flags) {
    const bool promised = !(vm_flags & VM_NORESERVE);
    if (promised && !vm_enough_memory(mm, pages)) return err{ENOMEM};
    const result<file*> made = shmem_zero_file(u64{pages} << PAGE_SHIFT);
    if (!made) {
        if (promised) vm_unacct_memory(pages);
        return made;
    }
    if (promised) {
        memory_operations = (*made)->f_op;
        (*made)->f_op = &promised_operations;
    }
    return made;
}
