#include "kernel/panic/backtrace.hpp"

#include "arch/i386/control.hpp"
#include "arch/i386/extable.hpp"
#include "arch/i386/segments.hpp"
#include "kernel/panic/symbols.hpp"
#include "lib/log.hpp"
#include "lib/symbol.hpp"

namespace {

// One link of the chain, or false where the chain ends.
bool next_frame(uintptr_t ebp, u32& caller_ebp, u32& return_address) {
    return ebp != 0 && is_aligned(ebp, 4) && probe(ebp, caller_ebp) &&
           probe(ebp + 4, return_address) && return_address != 0;
}

// Each line is a record of the log.
class line_logger final : public text_sink {
public:
    void write(std::string_view text) override {
        for (char c : text) {
            if (c != '\n') {
                line_.put(c);
                continue;
            }
            pr_err("{}", line_.view());
            line_.clear();
        }
    }

private:
    text_buffer<100> line_;
};

void print_repeats(text_sink& out, unsigned repeats) {
    if (repeats > 0) format_to(out, "              ... {} times more\n", repeats);
}

}  // namespace

void print_backtrace(text_sink& out, uintptr_t eip, uintptr_t ebp, unsigned limit) {
    if (eip) format_to(out, "  {:#010x}  {}\n", eip, code_address{eip});
    u32 caller_ebp, return_address, previous = 0;
    unsigned repeats = 0;
    for (unsigned lines = 0; lines < limit && next_frame(ebp, caller_ebp, return_address);) {
        if (return_address == previous) {  // recursion: counted, not printed
            ++repeats;
        } else {
            print_repeats(out, repeats);
            repeats = 0;
            if (!is_kernel_text(return_address)) {
                format_to(out, "  {:#010x}  not kernel text\n", return_address);
                return;
            }
            // A call that never returns may be a function's last instruction: what
            // is looked up is the call, not what stands behind it.
            format_to(out, "  {:#010x}  {}\n", return_address,
                      code_address{return_address - 1});
            ++lines;
        }
        previous = return_address;
        if (caller_ebp <= ebp) break;
        ebp = caller_ebp;
    }
    print_repeats(out, repeats);
}

void print_backtrace_here(text_sink& out) {
    print_backtrace(out, 0, reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
}

void dump_stack() {
    line_logger log;
    log.write("Backtrace:\n");
    print_backtrace(log, 0, reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
}

void print_error_code(text_sink& out, const trap_frame& frame) {
    const u32 code = frame.error_code;
    if (frame.vector == TRAP_PAGE_FAULT) {
        format_to(out, "{} {}, from ring {}",
                  code & 16 || frame.eip == read_cr2() ? "execution of"
                  : code & 2 ? "write to"
                             : "read of",
                  code & 8   ? "an entry with a reserved bit set"
                  : code & 1 ? "a page whose rights forbid it"
                             : "a page that is not present",
                  code & 4 ? 3 : 0);
        return;
    }
    if (!trap_has_error_code(frame.vector)) {
        out.write("no error code");
        return;
    }
    if (code == 0) {
        out.write("no selector involved");
        return;
    }
    format_to(out, "{} entry {} ({}){}", code & 2 ? "IDT" : code & 4 ? "LDT" : "GDT", code >> 3,
              code & 2 ? trap_name(code >> 3) : "a segment",
              code & 1 ? ", while delivering an event" : "");
}

void print_trap(text_sink& out, const trap_frame& frame, u32 esp) {
    format_to(out, "{} (vector {}), error code {:#x}:\n  ", trap_name(frame.vector),
              frame.vector, frame.error_code);
    print_error_code(out, frame);
    format_to(out, "\n  eax {:08x}  ebx {:08x}  ecx {:08x}  edx {:08x}\n", frame.eax, frame.ebx,
              frame.ecx, frame.edx);
    format_to(out, "  esi {:08x}  edi {:08x}  ebp {:08x}  esp {:08x}\n", frame.esi, frame.edi,
              frame.ebp, esp);
    format_to(out, "  eip {:08x}  eflags {:08x}  cs {:04x}  ds {:04x}  es {:04x}\n", frame.eip,
              frame.eflags, frame.cs & 0xffff, frame.ds & 0xffff, frame.es & 0xffff);
    format_to(out, "  fs {:04x}  gs {:04x}  ss {:04x}\n", frame.fs & 0xffff, frame.gs & 0xffff,
              frame.from_user() ? frame.user_ss & 0xffff : KERNEL_DS);
}
