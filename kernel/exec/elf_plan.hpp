// What an ELF file asks for: a pure function from its headers to a plan, or to the errno
// with which Linux 6.1 refuses it. No header is looked at again once there is a plan.
//
//     file    | header |  phdrs ...  |  text  |  rodata  |  data |        sizes, offsets:
//                            |            \        |         \            any 32 bits
//                        plan_elf()        v       v          v
//     plan      segment 0: address, offset, file_bytes, memory_bytes, prot
//               segment 1 ...
//
//     memory    |    text    |   rodata   |  data : zeroes  |  bss   |
//                                         file_end^         |        ^memory_end
//                                           the page's rest ^ and whole pages behind
//
// Of all segments together:
//
//     start_code..end_code    the executable ones' part of the file
//     start_data..end_data    from the highest address that begins one to the highest end
//     bss_start..bss_end      the highest end of a file's part and of memory; the heap is
//                             behind that
//
// I1: each segment lies below TASK_SIZE, by the addresses that the file has (the bias of
//     ET_DYN is not known yet), and file_bytes <= memory_bytes.
// I2: offset and address agree in their lower twelve bits, or nothing of the file is
//     mapped; offset + mapped_bytes() does not wrap.
//
// Linux finds what is wrong with a segment only when it has given up the program that
// called execve(), and kills that; here it is an errno, and the caller goes on.
//
// Left out: e_version, EI_CLASS and sections are not looked at, as in Linux; ELF's notes
// (PT_GNU_PROPERTY) say nothing that concerns an i386.
#pragma once

#include "kernel/exec/elf.hpp"
#include "lib/address.hpp"
#include "lib/result.hpp"
#include "mm/vm/mm_types.hpp"

#include <span>

// Linux asks for one page of program headers at the most.
inline constexpr u32 most_phdrs = PAGE_SIZE / sizeof(elf32_phdr);
inline constexpr u32 longest_path = 4096;  // PATH_MAX, with the zero

// The errno for what is no ELF file: an interpreter's is another one.
enum class elf_role : u8 { program, interpreter };

// PT_GNU_STACK: a file without one is old, and expects to execute whatever it can read.
enum class stack_wish : u8 { unsaid, executable, not_executable };

struct elf_segment {
    u32 address;
    u32 offset;
    u32 file_bytes;
    u32 memory_bytes;
    u32 prot;

    u32 page() const { return address & PAGE_MASK; }
    u32 page_offset() const { return offset - (address & ~PAGE_MASK); }
    // Of the file, whole pages: 0 when there is nothing.
    u32 mapped_bytes() const {
        return align_up(file_bytes + (address & ~PAGE_MASK), PAGE_SIZE);
    }
    u32 file_end() const { return address + file_bytes; }
    u32 memory_end() const { return address + memory_bytes; }
};

struct elf_plan {
    bool is_dynamic;  // ET_DYN: it can go anywhere
    u32 entry;
    u32 phdr_address;  // in memory; 0: in no segment
    u32 phnum;
    stack_wish stack;
    // The interpreter's path, with its zero; 0 bytes: there is none.
    u32 interpreter_offset, interpreter_bytes;

    u32 start_code, end_code, start_data, end_data;
    u32 bss_start, bss_end;
    u32 span_bytes;  // from the first page to the last byte; 0: no segment
    u32 alignment;   // the largest that a segment wishes; 0: none

    u32 segment_count;
    elf_segment segments[most_phdrs];

    std::span<const elf_segment> loads() const { return {segments, segment_count}; }
};

// Where the program headers lie, if the header is that of a program for this machine.
// ENOEXEC; of an interpreter ELIBBAD.
struct phdr_table {
    u32 offset;
    u32 count;
};
result<phdr_table> check_elf_header(const elf32_header& header, elf_role role);

// `phdrs`: all of them. ENOEXEC: the interpreter's path is longer than longest_path, or
// empty. EIO: the file ends before it does. EINVAL: a segment lies outside of the user's part, or
// has more in the file than in memory, or does not fit its pages (of an interpreter, and
// where Linux says so, ENOMEM); there is nothing to load in a file that could go anywhere.
result<> plan_elf(const elf32_header& header, std::span<const elf32_phdr> phdrs,
                  u64 file_bytes, elf_role role, elf_plan& plan);
