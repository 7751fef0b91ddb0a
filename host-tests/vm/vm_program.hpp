// Random programs of memory operations, the same on every machine that runs them.
//
// A program is a seed, or the bytes of a fuzz target (vm_source.hpp). The generator turns
// it into operations one by one, and is told each answer before it makes the next, since
// good operations hit what earlier ones made:
//
//      seed -> generator -> operation -> machine -> answer -> sink (prints, compares)
//                  ^                                   |
//                  +-----------------------------------+
//
// Two machines see the same program for as long as they answer the same, which is just as
// long as anyone wants to know. The machine is real Linux (tools/vm-linux), the plain model
// (host-tests/models), or Loci. This header is compiled into a program without a C
// library, for Linux: it uses no containers and allocates nothing.
//
//  G1  The same seed, layout and answers give the same operations on every machine.
//  G2  No operation touches layout.program: there the runner itself lives under Linux.
//  G3  No operation makes more than POPULATE_PAGES resident at once, but for what
//      RLIMIT_MEMLOCK allows to be locked: 512 MiB are enough for any program.
//  G4  No answer depends on how much memory is free. One request is either far below all
//      memory there is, or far above it.
//
// A fork's child takes the next operations, and its parent goes on behind them: the child
// has a copy of the generator, with numbers of its own.
#pragma once

#include "host-tests/vm/vm_operation.hpp"
#include "host-tests/vm/vm_places.hpp"

class vm_generator : private vm_places {
public:
    vm_generator(vm_source source, const vm_layout& layout)
        : vm_places(source, layout), file_size_(VM_FILE_SIZE) {}

    // The generator of a fork's child.
    vm_generator child() {
        vm_generator copy = *this;
        copy.source_ = source_.child();
        copy.depth_ = depth_ + 1;
        return copy;
    }

    // Nothing more to make operations of.
    bool is_dry() const { return source_.is_dry(); }

    vm_operation next() {
        vm_operation made;
        made.op = choose();
        fill(made);
        keep_off_the_program(made);
        return made;
    }

    // What the machine answered to the operation.
    void learn(const vm_operation& done, u32 answer) {
        if (is_error(answer)) return;
        if (done.op == vm_op::mmap) remember({answer, page_align(done.length)});
        if (done.op == vm_op::mremap) remember({answer, page_align(done.new_length)});
        if (done.op == vm_op::brk) brk_ = answer;
        if (done.op == vm_op::ftruncate) file_size_ = done.length;
    }

private:
    static constexpr u32 POPULATE_PAGES = 64;
    static constexpr u32 MAX_DEPTH = 2;

    static constexpr bool is_error(u32 answer) { return answer > 0xfffff000; }

    vm_op choose() {
        static constexpr u8 weights[VM_OPS] = {
            26, 8, 10, 10, 4, 9, 1, 4, 4, 1, 2, 1, 1, 2, 2, 11, 15, 3, 2, 3, 2,
        };
        static constexpr u32 sum = [] {
            u32 all = 0;
            for (const u8 weight : weights) all += weight;
            return all;
        }();
        // Something to work on comes first.
        if (!remembers(6) && percent(50)) return vm_op::mmap;
        u32 roll = source_.below(sum);
        u32 op = 0;
        while (roll >= weights[op]) roll -= weights[op++];
        if (op == static_cast<u32>(vm_op::fork) && depth_ == MAX_DEPTH) return vm_op::read;
        return static_cast<vm_op>(op);
    }

    // ---- what ----------------------------------------------------------------------
    u32 protection() {
        if (percent(2)) return one_of({0x10, 0x80, VM_PROT_GROWSUP | VM_PROT_GROWSDOWN});
        return one_of({VM_PROT_NONE, VM_PROT_READ, VM_PROT_READ | VM_PROT_WRITE,
                       VM_PROT_READ | VM_PROT_WRITE, VM_PROT_READ | VM_PROT_WRITE,
                       VM_PROT_READ | VM_PROT_WRITE, VM_PROT_READ | VM_PROT_EXEC,
                       VM_PROT_EXEC, VM_PROT_WRITE,
                       VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC});
    }

    void fill(vm_operation& made) {
        switch (made.op) {
            case vm_op::mmap: return fill_mmap(made);
            case vm_op::mprotect: {
                put(made, somewhere());
                made.protection = protection();
                if (percent(5)) made.protection |= VM_PROT_GROWSDOWN;
                return;
            }
            case vm_op::mremap: return fill_mremap(made);
            case vm_op::brk: return fill_brk(made);
            case vm_op::madvise: {
                put(made, somewhere());
                made.flags = advice();
                return;
            }
            case vm_op::msync: {
                put(made, somewhere());
                made.flags =
                    one_of({VM_MS_ASYNC, VM_MS_SYNC, VM_MS_INVALIDATE, 0, 8,
                            VM_MS_ASYNC | VM_MS_SYNC, VM_MS_SYNC | VM_MS_INVALIDATE});
                return;
            }
            case vm_op::mincore: {
                put(made, somewhere());
                if (made.length > page(VM_MINCORE_PAGES))
                    made.length = page(VM_MINCORE_PAGES);
                return;
            }
            case vm_op::mlock2: {
                put(made, somewhere());
                made.flags = one_of({0, VM_MLOCK_ONFAULT, VM_MLOCK_ONFAULT, 2});
                return;
            }
            case vm_op::mlockall: {
                made.flags =
                    one_of({VM_MCL_CURRENT, VM_MCL_FUTURE, VM_MCL_CURRENT | VM_MCL_FUTURE,
                            VM_MCL_CURRENT | VM_MCL_ONFAULT, VM_MCL_ONFAULT, 0, 8,
                            VM_MCL_FUTURE | VM_MCL_ONFAULT});
                return;
            }
            case vm_op::setrlimit: return fill_setrlimit(made);
            case vm_op::fork: made.flags = 3 + source_.below(10); return;
            case vm_op::execute:
            case vm_op::read: made.address = byte_address(); return;
            case vm_op::write: {
                made.address = byte_address();
                made.value = percent(40) ? VM_RETURN : source_.byte();
                return;
            }
            case vm_op::pread:
            case vm_op::pwrite: {
                made.offset =
                    page(source_.below(24)) + one_of({0, 1, 0x10, 0x800, PAGE - 1});
                made.value = percent(40) ? VM_RETURN : source_.byte();
                return;
            }
            case vm_op::ftruncate: {
                made.length = percent(10) ? 0 : page(source_.below(24));
                if (percent(40)) made.length += source_.below(PAGE);
                return;
            }
            case vm_op::munlockall: return;
            default: put(made, somewhere());
        }
    }

    static void put(vm_operation& made, range where) {
        made.address = where.start;
        made.length = where.length;
    }

    void fill_mmap(vm_operation& made) {
        made.address = percent(40) ? 0 : address();
        made.length = size();
        made.protection = protection();
        made.file = percent(35);
        if (made.file) fill_offset(made);
        made.flags = percent(65) ? VM_MAP_PRIVATE : VM_MAP_SHARED;
        if (percent(2)) made.flags = one_of({0, VM_MAP_SHARED_VALIDATE, 4});
        if (!made.file) made.flags |= VM_MAP_ANONYMOUS;
        if (made.address != 0 && percent(55)) made.flags |= VM_MAP_FIXED;
        if (made.address != 0 && percent(8)) made.flags |= VM_MAP_FIXED_NOREPLACE;
        if (percent(8)) made.flags |= VM_MAP_GROWSDOWN;
        if (percent(8)) made.flags |= VM_MAP_POPULATE;
        if (percent(4)) made.flags |= VM_MAP_LOCKED;
        if (percent(3)) made.flags |= VM_MAP_NONBLOCK;
        if (percent(made.length >= 0x10000000 ? 60 : 6)) made.flags |= VM_MAP_NORESERVE;
        if (percent(1)) made.flags |= VM_MAP_SYNC;
        if (made.length > page(POPULATE_PAGES)) made.flags &= ~VM_MAP_POPULATE;
    }

    void fill_offset(vm_operation& made) {
        const u32 roll = source_.below(100);
        if (roll < 90) {
            made.offset = page(source_.below(20));
        } else if (roll < 94) {
            made.offset = page(source_.below(20)) + 1 + source_.below(PAGE - 1);
        } else if (roll < 97) {
            made.offset = u64{one_of({0xfffff, 0xffffffff, 0xfffffff0, 0x80000000})} * PAGE;
        } else {
            // The page that the file ends in.
            made.offset = file_size_ & ~(PAGE - 1);
        }
    }

    void fill_mremap(vm_operation& made) {
        put(made, somewhere());
        if (percent(3)) made.length = 0;
        const u32 roll = source_.below(100);
        made.new_length = made.length;
        if (roll < 40) made.new_length += small_size();
        if (roll >= 40 && roll < 70) made.new_length -= small_size();
        if (roll >= 90) made.new_length = size();
        if (made.length == 0 && percent(80)) made.new_length = small_size();
        made.flags = one_of({0, VM_MREMAP_MAYMOVE, VM_MREMAP_MAYMOVE,
                             VM_MREMAP_MAYMOVE | VM_MREMAP_FIXED,
                             VM_MREMAP_MAYMOVE | VM_MREMAP_FIXED});
        if (percent(15)) made.flags |= VM_MREMAP_DONTUNMAP;
        if (percent(50) && made.flags & VM_MREMAP_DONTUNMAP) made.new_length = made.length;
        if (percent(2)) made.flags = one_of({VM_MREMAP_FIXED, 8});
        made.new_address = address();
    }

    void fill_brk(vm_operation& made) {
        const u32 roll = source_.below(100);
        const u32 brk = brk_ != 0 ? brk_ : layout_->start_brk;
        if (roll < 45) {
            made.address = brk + page(source_.below(12)) + one_of({0, 1, 0x123});
        } else if (roll < 70) {
            made.address = brk - page(source_.below(6)) - one_of({0, 1, 0x456});
        } else if (roll < 90) {
            made.address = layout_->start_brk + page(source_.below(40));
        } else {
            made.address = one_of({0, 0x1000, layout_->start_brk - 1, layout_->task_size,
                                   0x20000000, layout_->start_brk});
        }
    }

    u32 advice() {
        if (percent(5)) return one_of({5, 6, 7, 77, 0xffffffff});
        return one_of({VM_MADV_NORMAL, VM_MADV_RANDOM, VM_MADV_SEQUENTIAL, VM_MADV_WILLNEED,
                       VM_MADV_DONTNEED, VM_MADV_DONTNEED, VM_MADV_FREE, VM_MADV_FREE,
                       VM_MADV_REMOVE, VM_MADV_DONTFORK, VM_MADV_DOFORK, VM_MADV_WIPEONFORK,
                       VM_MADV_KEEPONFORK});
    }

    void fill_setrlimit(vm_operation& made) {
        switch (source_.below(4)) {
            case 0:
                made.flags = VM_RLIMIT_STACK;
                made.new_length = one_of({page(16), page(300), 8 << 20, 8 << 20});
                return;
            case 1:
                made.flags = VM_RLIMIT_AS;
                made.new_length =
                    one_of({4 << 20, 64 << 20, VM_RLIM_INFINITY, VM_RLIM_INFINITY});
                return;
            case 2:
                made.flags = VM_RLIMIT_DATA;
                made.new_length =
                    one_of({page(80), 2 << 20, VM_RLIM_INFINITY, VM_RLIM_INFINITY});
                return;
            default:
                made.flags = VM_RLIMIT_MEMLOCK;
                made.new_length = one_of({0, page(8), page(64) + 5, 8 << 20});
        }
    }

    // G2. Whatever would reach the program is made a page long, or moved behind it.
    void keep_off_the_program(vm_operation& made) {
        const bool asks = made.op == vm_op::mmap && !(made.flags & VM_MAP_FIXED);
        if (asks || made.op == vm_op::brk || made.op == vm_op::ftruncate) return;
        keep_off(made.address, made.length);
        if (made.op != vm_op::mremap || !(made.flags & VM_MREMAP_FIXED)) return;
        keep_off(made.new_address, made.new_length);
    }

    void keep_off(u32& address, u32& length) {
        const u32 end = layout_->program_end;
        if (address >= end) return;
        if (address >= layout_->program_start - PAGE) address = end + address % PAGE;
        if (address < end && length > layout_->program_start - PAGE - address)
            length = PAGE;
    }

    u32 file_size_;
    u32 brk_ = 0;
    u32 depth_ = 0;
};
