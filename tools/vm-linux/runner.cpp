// Runs one random program under Linux, and writes what Linux answers (vm_trace.hpp).
//
//      runner layout STEPS     how a program finds the world (vm_layout)
//      runner SEED STEPS
//
// Descriptor 3 is an empty file, 4 takes the answers. The runner lives at low addresses
// that programs keep off (runner.ld), stack included; it allocates nothing.
#include "host-tests/vm/vm_run.hpp"
#include "host-tests/vm/vm_trace.hpp"
#include "tools/vm-linux/proc.hpp"

extern "C" char program_begin[], program_data[], program_data_end[], program_end[];
extern "C" void signal_return();

// lib's assertions come here: the generator has a few.
void assertion_failed(const char*, int, const char* condition, std::string_view,
                      std::span<const format_arg>) {
    write_text(4, condition);
    linux_call(NR_exit_group, 98);
    __builtin_unreachable();
}

extern "C" void* memcpy(void* to, const void* from, size_t size) {
    void* const begin = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return begin;
}

extern "C" void* memset(void* to, int value, size_t size) {
    void* const begin = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    return begin;
}

namespace {

// ---- what is written -------------------------------------------------------------
class output {
public:
    void operator()(char c) {
        if (length_ == sizeof text_) flush();
        text_[length_++] = c;
    }
    void flush() {
        u32 done = 0;
        while (done < length_) {
            const u32 wrote =
                linux_call(NR_write, 4, address_of(text_ + done), length_ - done);
            if (failed(wrote)) linux_call(NR_exit_group, 97);
            done += wrote;
        }
        length_ = 0;
    }

private:
    u32 length_ = 0;
    char text_[4096];
} out;

constinit vm_trace_writer<output> writer(out);

struct trace_sink {
    bool answer(const vm_operation& operation, u32 answer) {
        writer.answer(operation, answer);
        return true;
    }
    bool maps(const vm_maps& before, const vm_maps& now) {
        writer.maps(before, now);
        return true;
    }
};

// ---- accesses that may fault -----------------------------------------------------
// An access notes where to go on if it faults, and the stack to go on with.
u32 landing, landing_stack;
u32 accessed, fault;

struct linux_siginfo {
    u32 signal, error, code, address;
};
struct linux_context {
    u32 flags, link, stack[3];
    u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trap, error, eip;
};

void faulted(u32 signal, const linux_siginfo* info, linux_context* context) {
    if (landing == 0) {
        write_text(4, "?");
        linux_call(NR_exit_group, 99);
    }
    fault = fault_answer(signal, info->code, info->address == accessed);
    context->eip = landing;
    context->esp = landing_stack;
}

void catch_faults() {
    alignas(16) static u8 signal_stack[16384];
    const u32 stack[3] = {address_of(signal_stack), 0, sizeof signal_stack};
    linux_call(NR_sigaltstack, address_of(stack), 0);
    constexpr u32 SA_SIGINFO_ = 4, SA_RESTORER_ = 0x04000000, SA_ONSTACK_ = 0x08000000;
    const u32 action[5] = {reinterpret_cast<u32>(&faulted),
                           SA_SIGINFO_ | SA_RESTORER_ | SA_ONSTACK_,
                           reinterpret_cast<u32>(&signal_return), 0, 0};
    for (const u32 signal : {VM_SIGSEGV, VM_SIGBUS})
        linux_call(NR_rt_sigaction, signal, address_of(action), 0, 8);
}

// `instruction` uses %1, and leaves its result in %0. Nothing else may be in registers
// that it or the signal changes: the handler gives them all back but eip and esp.
#define ACCESS(instruction, result, address, value)                        \
    asm volatile("movl %%esp, %[stack]\n\t"                                \
                 "movl $1f, %[landing]\n\t" instruction "\n"               \
                 "1:\n\t"                                                  \
                 "movl $0, %[landing]"                                     \
                 : "+&r"(result), [landing] "=m"(landing), [stack] "=m"(landing_stack) \
                 : "r"(address), "q"(value)                                \
                 : "memory", "cc")

u32 try_read(u32 address) {
    u32 byte = 0;
    accessed = address;
    fault = 0;
    ACCESS("movzbl (%3), %0", byte, address, u8{0});
    return fault != 0 ? fault : byte;
}

u32 try_write(u32 address, u8 value) {
    u32 nothing = 0;
    accessed = address;
    fault = 0;
    ACCESS("movb %4, (%3)", nothing, address, value);
    return fault;
}

u32 try_execute(u32 address) {
    u32 nothing = 0;
    accessed = address;
    fault = 0;
    ACCESS("call *%3", nothing, address, u8{0});
    return fault != 0 ? fault : VM_EXECUTED;
}

// ---- the machine -------------------------------------------------------------------
class linux_machine {
public:
    u32 mmap(u32 address, u32 length, u32 protection, u32 flags, bool of_file, u64 offset) {
        const u32 descriptor = of_file ? 3 : ~0u;
        if (offset % 4096 == 0)
            return linux_call(NR_mmap2, address, length, protection, flags, descriptor,
                              static_cast<u32>(offset >> 12));
        const u32 arguments[] = {address, length,     protection,
                                 flags,   descriptor, static_cast<u32>(offset)};
        return linux_call(NR_old_mmap, address_of(arguments));
    }
    u32 munmap(u32 address, u32 length) { return linux_call(NR_munmap, address, length); }
    u32 mprotect(u32 address, u32 length, u32 protection) {
        return linux_call(NR_mprotect, address, length, protection);
    }
    u32 mremap(u32 address, u32 old_length, u32 new_length, u32 flags, u32 new_address) {
        return linux_call(NR_mremap, address, old_length, new_length, flags, new_address);
    }
    u32 brk(u32 address) { return linux_call(NR_brk, address); }
    u32 madvise(u32 address, u32 length, u32 advice) {
        return linux_call(NR_madvise, address, length, advice);
    }
    u32 msync(u32 address, u32 length, u32 flags) {
        return linux_call(NR_msync, address, length, flags);
    }
    u32 mincore(u32 address, u32 length) {
        static u8 pages[VM_MINCORE_PAGES];
        const u32 error = linux_call(NR_mincore, address, length, address_of(pages));
        if (error != 0) return error;
        mincore_answer answer;
        for (u32 i = 0; i < (length + 4095) / 4096; ++i) answer.add(pages[i] & 1);
        return answer.value();
    }
    u32 mlock(u32 address, u32 length) { return linux_call(NR_mlock, address, length); }
    u32 mlock2(u32 address, u32 length, u32 flags) {
        return linux_call(NR_mlock2, address, length, flags);
    }
    u32 munlock(u32 address, u32 length) { return linux_call(NR_munlock, address, length); }
    u32 mlockall(u32 flags) { return linux_call(NR_mlockall, flags); }
    u32 munlockall() { return linux_call(NR_munlockall); }
    u32 setrlimit(u32 resource, u32 soft) {
        u32 limits[2] = {};
        linux_call(NR_ugetrlimit, resource, address_of(limits));
        limits[0] = soft;
        return linux_call(NR_setrlimit, resource, address_of(limits));
    }

    u32 read(u32 address) { return try_read(address); }
    u32 write(u32 address, u8 value) { return try_write(address, value); }
    u32 execute(u32 address) {
        const u32 byte = try_read(address);
        if (byte == VM_RETURN) return try_execute(address);
        return fault != 0 ? byte : VM_NOT_EXECUTED;
    }

    u32 pread(u32 offset) {
        u8 byte = 0;
        const u32 got = linux_call(NR_pread64, 3, address_of(&byte), 1, offset, 0);
        if (got == 0) return VM_END_OF_FILE;
        return got == 1 ? byte : got;
    }
    u32 pwrite(u32 offset, u8 value) {
        return linux_call(NR_pwrite64, 3, address_of(&value), 1, offset, 0);
    }
    u32 ftruncate(u32 length) { return linux_call(NR_ftruncate64, 3, length, 0); }

    template <class Child>
    u32 fork(Child&& child) {
        out.flush();
        const u32 id = linux_call(NR_fork);
        if (failed(id)) return id;
        if (id == 0) {
            child(*this);
            out.flush();
            linux_call(NR_exit_group, 0);
        }
        u32 status = 0;
        linux_call(NR_waitpid, id, address_of(&status), 0);
        if (status != 0) linux_call(NR_exit_group, 96);
        return 0;
    }

    void maps(vm_maps& listing) { list_maps(listing); }
};

// ---- the world at the start ----------------------------------------------------------
u32 soft_limit(u32 resource) {
    u32 limits[2] = {};
    linux_call(NR_ugetrlimit, resource, address_of(limits));
    return limits[0];
}

u32 total_memory_pages() {
    const char* at = read_proc("/proc/meminfo");
    while (*at != 0 && !starts_with(at, "MemTotal:")) ++at;
    while (*at != 0 && (*at < '0' || *at > '9')) ++at;
    return decimal(at) / 4;
}

// Every page of the stack resident and zero: arguments and random bytes are gone.
void clear_stack(const vm_layout& layout) {
    memset(reinterpret_cast<void*>(layout.stack_start), 0,
           layout.stack_end - layout.stack_start);
}

vm_layout layout;

// An area that was never touched is copied to the page behind it: one area, or two?
u32 measure_dontunmap() {
    const u32 before = layout.maps.count;
    const u32 there = linux_call(NR_mmap2, 0, 8192, VM_PROT_READ,
                                 VM_MAP_PRIVATE | VM_MAP_ANONYMOUS, ~0u, 0);
    linux_call(NR_munmap, there + 4096, 4096);
    linux_call(NR_mremap, there, 4096, 4096,
               VM_MREMAP_MAYMOVE | VM_MREMAP_FIXED | VM_MREMAP_DONTUNMAP, there + 4096);
    static vm_maps now;
    list_maps(now);
    linux_call(NR_munmap, there, 8192);
    return now.count == before + 1 ? 1 : 0;
}

void measure_layout() {
    list_maps(layout.maps);
    const vm_maps_line& stack = layout.maps.lines[layout.maps.count - 1];
    layout.stack_start = stack.start;
    layout.stack_end = stack.end;
    layout.program_start = address_of(program_begin);
    layout.program_end = address_of(program_end);
    layout.start_brk = linux_call(NR_brk, 0);
    layout.data_size = address_of(program_data_end) - address_of(program_data);
    layout.memory_pages = total_memory_pages();
    layout.stack_limit = soft_limit(VM_RLIMIT_STACK);
    layout.memlock_limit = soft_limit(VM_RLIMIT_MEMLOCK);
    const u32 probe = linux_call(NR_mmap2, 0, 4096, VM_PROT_READ | VM_PROT_WRITE,
                                 VM_MAP_PRIVATE | VM_MAP_ANONYMOUS, ~0u, 0);
    layout.mmap_base = probe + 4096;
    *reinterpret_cast<volatile u8*>(probe) = VM_RETURN;
    layout.no_execute = try_execute(probe) == VM_EXECUTED ? 0 : 1;
    linux_call(NR_munmap, probe, 4096);
    layout.old_dontunmap = measure_dontunmap();
}

void make_file() {
    static u8 bytes[4096];
    for (u32 at = 0; at < VM_FILE_SIZE; at += sizeof bytes) {
        for (u32 i = 0; i < sizeof bytes; ++i) bytes[i] = vm_file_byte(at + i);
        const u32 left = VM_FILE_SIZE - at;
        linux_call(NR_pwrite64, 3, address_of(bytes), left < 4096 ? left : 4096, at, 0);
    }
}

void print_layout() {
    writer.text("layout");
    for (const vm_layout_field& field : vm_layout_fields) {
        out(' ');
        writer.text(field.name);
        out('=');
        writer.hex(layout.*field.value);
    }
    writer.text("\nmaps ");
    writer.maps(vm_maps(), layout.maps);
    out('\n');
}

}  // namespace

extern "C" int main(int, char** arguments) {
    const bool only_layout = starts_with(arguments[1], "layout");
    const u32 seed = decimal(arguments[1]);
    const u32 steps = decimal(arguments[2]);
    catch_faults();
    measure_layout();
    make_file();
    clear_stack(layout);
    if (only_layout) {
        print_layout();
    } else {
        writer.hex(seed);
        out(' ');
        linux_machine machine;
        trace_sink sink;
        static vm_run run(seed, layout);
        run.run(machine, sink, steps);
        out('\n');
    }
    out.flush();
    return 0;
}
