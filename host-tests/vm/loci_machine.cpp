#include "host-tests/vm/loci_machine.hpp"

#include "host-tests/support/kernel.hpp"
#include "host-tests/support/software_cpu.hpp"
#include "mm/cache/rmap.hpp"
#include "mm/vm/accounting.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/user_pages.hpp"

#include <span>
#include <vector>

namespace {

u32 error(int code) { return -static_cast<u32>(code); }
u32 answer_of(const result<>& done) { return done ? 0 : error(done.error()); }
u32 answer_of(const result<u32>& done) { return done ? *done : error(done.error()); }

// A program's access; what it answers where it went well.
u32 answer_of(const fault_outcome& outcome, u32 address, u32 value) {
    if (outcome) return value;
    if (outcome.what == fault_outcome::out_of_memory) return error(ENOMEM);
    return fault_answer(outcome.signal, outcome.code, outcome.address == address);
}

memory_file* make_file(const char* name, std::span<const u8> contents, u32 size) {
    memory_file* const file = *memory_file::create(name);
    file->f_mode |= FMODE_EXEC;
    if (!file->write(0, contents.data(), contents.size()) || !file->truncate(size))
        throw std::bad_alloc();
    return file;
}

// Made once: there are many machines.
std::span<const u8> data_contents() {
    static const std::vector<u8> contents = [] {
        std::vector<u8> bytes;
        for (u32 at = 0; at < VM_FILE_SIZE; ++at) bytes.push_back(vm_file_byte(at));
        return bytes;
    }();
    return contents;
}

bool is_taken_for_an_error(u32 address, u32 length, u32 flags) {
    constexpr u32 most = TASK_SIZE - 0x10000;
    const bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    return fixed && address > 0xfffff000 && length <= most;
}

bool is_promised_too_late(const mm_struct& mm, u32 address, u32 length, u32 flags) {
    if (mm.rlimits[RLIMIT_AS] != RLIM_INFINITY) return false;  // asked before that
    const u32 kind = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;
    return (flags & kind) == kind && !(flags & (MAP_NORESERVE | MAP_FIXED_NOREPLACE)) &&
           length <= TASK_SIZE && address <= TASK_SIZE - length &&
           align_up(length, PAGE_SIZE) >> PAGE_SHIFT > overcommit.ram_pages;
}

constexpr u32 program_bytes = 64 * PAGE_SIZE;
constexpr u32 stack_flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC |
                            VM_GROWSDOWN | VM_ACCOUNT;

}  // namespace

linux_differences loci_machine::differences;

loci_machine::loci_machine(const vm_layout& layout)
    : mm_(mm_alloc()),
      data_(make_file("data", data_contents(), VM_FILE_SIZE)),
      program_(make_file("program", {}, program_bytes)) {
    overcommit.ram_pages = layout.memory_pages;
    mm_->rlimits[RLIMIT_STACK] = layout.stack_limit;
    mm_->rlimits[RLIMIT_MEMLOCK] = layout.memlock_limit;
    arch_pick_mmap_layout(*mm_);
    mm_->mmap_base = layout.mmap_base;
    mm_->start_brk = mm_->brk = layout.start_brk;
    mm_->start_data = layout.program_start;
    mm_->end_data = layout.program_start + layout.data_size;
    mm_->start_stack = layout.stack_end - 4;
    for (u32 i = 0; i < layout.maps.count; ++i) make_area(layout, layout.maps.lines[i]);
}

loci_machine::loci_machine(mm_struct& mm, const loci_machine& parent)
    : mm_(&mm), data_(parent.data_), program_(parent.program_) {
    get_file(data_);
    get_file(program_);
}

// What a panic has left half done gives nothing back; the panic has been told of.
loci_machine::~loci_machine() {
    try {
        finish();
    } catch (const kernel_panic&) {
    }
}

void loci_machine::finish() {
    if (!mm_) return;
    if (current_mm() == mm_) use_mm(nullptr);
    mm_struct& mm = *mm_;
    mm_ = nullptr;
    mmput(mm);
    fput(data_);
    fput(program_);
}

void loci_machine::make_area(const vm_layout& layout, const vm_maps_line& line) {
    const u32 bytes = line.end - line.start;
    if (line.end == layout.stack_end) {
        {
            const write_guard held(mm_->mmap_sem);
            if (!mmap_region_locked(*mm_, nullptr, line.start, bytes, stack_flags,
                                    line.start >> PAGE_SHIFT))
                throw std::bad_alloc();
        }
        for (u32 at = line.start; at != line.end; at += PAGE_SIZE) write(at, 0);
        return;
    }
    file* const behind = line.backing == vm_backing::program ? program_ : nullptr;
    const u32 flags = MAP_PRIVATE | MAP_FIXED | (behind ? 0 : u32{MAP_ANONYMOUS});
    if (!do_mmap(*mm_, line.start, bytes, line.protection, flags, behind, line.page_offset))
        throw std::bad_alloc();
    if (!(line.protection & VM_PROT_WRITE)) return;
    if (!anon_vma_prepare(*find_vma(*mm_, line.start), nullptr)) throw std::bad_alloc();
}

u32 loci_machine::mmap(u32 address, u32 length, u32 protection, u32 flags, bool,
                       u64 offset) {
    if (offset % PAGE_SIZE != 0) return error(EINVAL);
    file* const behind = flags & MAP_ANONYMOUS ? nullptr : data_;
    const u32 answer = answer_of(do_mmap(*mm_, address, length, protection, flags, behind,
                                         static_cast<u32>(offset >> PAGE_SHIFT)));
    if (answer == error(ENOMEM) && is_taken_for_an_error(address, length, flags)) {
        ++differences.address_taken_for_error.uses;
        return address;
    }
    if (answer == error(ENOMEM) && is_promised_too_late(*mm_, address, length, flags)) {
        ++differences.promised_too_late.uses;
        munmap(address, length);
    }
    return answer;
}
u32 loci_machine::munmap(u32 address, u32 length) {
    return answer_of(do_munmap(*mm_, address, length));
}
u32 loci_machine::mprotect(u32 address, u32 length, u32 protection) {
    return answer_of(do_mprotect(*mm_, address, length, protection));
}
u32 loci_machine::mremap(u32 address, u32 old_length, u32 new_length, u32 flags,
                         u32 new_address) {
    return answer_of(do_mremap(*mm_, address, old_length, new_length, flags, new_address));
}
u32 loci_machine::brk(u32 address) { return do_brk(*mm_, address); }
u32 loci_machine::madvise(u32 address, u32 length, u32 advice) {
    return answer_of(do_madvise(*mm_, address, length, static_cast<s32>(advice)));
}
u32 loci_machine::msync(u32 address, u32 length, u32 flags) {
    return answer_of(do_msync(*mm_, address, length, flags));
}
u32 loci_machine::mincore(u32 address, u32 length) {
    mincore_answer answer;
    const result<> done = do_mincore(
        *mm_, address, length,
        [](void* context, u32, bool resident) {
            static_cast<mincore_answer*>(context)->add(resident);
        },
        &answer);
    return done ? answer.value() : error(done.error());
}
u32 loci_machine::mlock(u32 address, u32 length) {
    return answer_of(do_mlock(*mm_, address, length, 0));
}
// The flags are the system call's to look at.
u32 loci_machine::mlock2(u32 address, u32 length, u32 flags) {
    return answer_of(do_mlock(*mm_, address, length, flags));
}
u32 loci_machine::munlock(u32 address, u32 length) {
    return answer_of(do_munlock(*mm_, address, length));
}
u32 loci_machine::mlockall(u32 flags) { return answer_of(do_mlockall(*mm_, flags)); }
u32 loci_machine::munlockall() { return answer_of(do_munlockall(*mm_)); }

u32 loci_machine::setrlimit(u32 resource, u32 soft) {
    switch (resource) {
        case VM_RLIMIT_DATA: mm_->rlimits[RLIMIT_DATA] = soft; return 0;
        case VM_RLIMIT_STACK: mm_->rlimits[RLIMIT_STACK] = soft; return 0;
        case VM_RLIMIT_MEMLOCK: mm_->rlimits[RLIMIT_MEMLOCK] = soft; return 0;
        case VM_RLIMIT_AS: mm_->rlimits[RLIMIT_AS] = soft; return 0;
    }
    return error(EINVAL);
}

u32 loci_machine::read(u32 address) {
    use_mm(mm_);
    u8 byte = 0;
    const fault_outcome outcome = the_software_cpu().read(address, &byte, 1);
    return answer_of(outcome, address, byte);
}
u32 loci_machine::write(u32 address, u8 value) {
    use_mm(mm_);
    return answer_of(the_software_cpu().write(address, &value, 1), address, 0);
}
u32 loci_machine::execute(u32 address) {
    const u32 byte = read(address);
    if (byte > 0xff) return byte;
    if (byte != VM_RETURN) return VM_NOT_EXECUTED;
    return answer_of(the_software_cpu().execute(address), address, VM_EXECUTED);
}

u32 loci_machine::pread(u32 offset) {
    u8 byte;
    return data_->read(offset, &byte, 1) == 1 ? byte : VM_END_OF_FILE;
}
u32 loci_machine::pwrite(u32 offset, u8 value) {
    const result<size_t> done = data_->write(offset, &value, 1);
    return done ? static_cast<u32>(*done) : error(done.error());
}
u32 loci_machine::ftruncate(u32 length) { return answer_of(data_->truncate(length)); }

u32 loci_machine::fork(const std::function<void(vm_machine& child)>& child) {
    const result<mm_struct*> copy = dup_mm(*mm_);
    if (!copy) return error(copy.error());
    loci_machine machine(**copy, *this);
    child(machine);
    machine.finish();
    return 0;
}

vm_backing loci_machine::backing_of(const vm_area_struct& area) const {
    if (!area.vm_file) return vm_backing::anonymous;
    if (area.vm_file == data_) return vm_backing::file;
    return area.vm_file == program_ ? vm_backing::program : vm_backing::shared_anonymous;
}

void loci_machine::maps(vm_maps& listing) {
    listing.count = 0;
    for (const vm_area_struct* area = mm_->mmap; area; area = area->vm_next) {
        u8 protection = 0;
        if (area->vm_flags & VM_READ) protection |= VM_PROT_READ;
        if (area->vm_flags & VM_WRITE) protection |= VM_PROT_WRITE;
        if (area->vm_flags & VM_EXEC) protection |= VM_PROT_EXEC;
        listing.add({.start = area->vm_start,
                     .end = area->vm_end,
                     .protection = protection,
                     .shared = (area->vm_flags & VM_MAYSHARE) != 0,
                     .backing = backing_of(*area),
                     .page_offset = area->vm_file ? area->vm_pgoff : 0});
    }
}

void loci_machine::check_invariants() {
    check_areas(*mm_);
    check_pages(*mm_);
}
