#include "kernel/exec/elf_plan.hpp"

#include "lib/string.hpp"

namespace {

bool has_magic(const elf32_header& header) {
    constexpr u8 magic[] = {0x7f, 'E', 'L', 'F'};
    return memcmp(header.e_ident, magic, sizeof magic) == 0;
}

u32 prot_of(u32 flags) {
    return (flags & PF_R ? u32{PROT_READ} : 0) | (flags & PF_W ? u32{PROT_WRITE} : 0) |
           (flags & PF_X ? u32{PROT_EXEC} : 0);
}

// The first one counts.
result<> note_interpreter(const elf32_phdr& phdr, u64 file_bytes, elf_plan& plan) {
    if (plan.interpreter_bytes) return {};
    // At least one character and its zero.
    if (phdr.p_filesz > longest_path || phdr.p_filesz < 2) return err{ENOEXEC};
    if (u64{phdr.p_offset} + phdr.p_filesz > file_bytes) return err{EIO};
    plan.interpreter_offset = phdr.p_offset;
    plan.interpreter_bytes = phdr.p_filesz;
    return {};
}

bool lies_in_user_part(const elf_segment& segment) {
    return segment.address < TASK_SIZE && segment.file_bytes <= segment.memory_bytes &&
           segment.memory_bytes <= TASK_SIZE &&
           segment.address <= TASK_SIZE - segment.memory_bytes;
}

bool fits_its_pages(const elf_segment& segment) {
    const u32 bytes = segment.mapped_bytes();
    if (bytes == 0) return true;
    return is_aligned(segment.offset - segment.address, PAGE_SIZE) &&
           segment.page_offset() + bytes > segment.page_offset();
}

// Of what is a power of two; what is less than a page is a page.
u32 larger_alignment(u32 known, u32 wished) {
    if (wished == 0 || (wished & (wished - 1)) != 0) return known;
    return max_of(known, align_up(wished, PAGE_SIZE));
}

void note_addresses(const elf_segment& segment, elf_plan& plan) {
    if (segment.prot & PROT_EXEC) {
        plan.start_code = min_of(plan.start_code, segment.address);
        plan.end_code = max_of(plan.end_code, segment.file_end());
    }
    plan.start_data = max_of(plan.start_data, segment.address);
    plan.end_data = max_of(plan.end_data, segment.file_end());
    plan.bss_start = max_of(plan.bss_start, segment.file_end());
    plan.bss_end = max_of(plan.bss_end, segment.memory_end());
}

result<> note_segment(const elf32_header& header, const elf32_phdr& phdr, elf_role role,
                      elf_plan& plan) {
    const elf_segment segment = {phdr.p_vaddr, phdr.p_offset, phdr.p_filesz, phdr.p_memsz,
                                 prot_of(phdr.p_flags)};
    if (!lies_in_user_part(segment))
        return err{role == elf_role::program ? EINVAL : ENOMEM};
    if (!fits_its_pages(segment)) return err{EINVAL};
    // The last one that has them.
    if (segment.offset <= header.e_phoff &&
        header.e_phoff < segment.offset + segment.file_bytes)
        plan.phdr_address = header.e_phoff - segment.offset + segment.address;
    note_addresses(segment, plan);
    plan.alignment = larger_alignment(plan.alignment, phdr.p_align);
    plan.segments[plan.segment_count++] = segment;
    return {};
}

// The first segment of ET_DYN is mapped as long as all together, and must be in the file's
// numbers for as long.
result<> note_span(elf_plan& plan) {
    u32 first = TASK_SIZE, end = 0;
    for (const elf_segment& segment : plan.loads()) {
        first = min_of(first, segment.page());
        end = max_of(end, segment.memory_end());
    }
    if (plan.segment_count > 0) plan.span_bytes = end - first;
    if (!plan.is_dynamic) return {};
    if (plan.span_bytes == 0) return err{EINVAL};
    const elf_segment& lowest = plan.segments[0];
    const u32 bytes = align_up(plan.span_bytes, PAGE_SIZE);
    if (lowest.mapped_bytes() > 0 && lowest.page_offset() + bytes < lowest.page_offset())
        return err{EINVAL};
    return {};
}

}  // namespace

result<phdr_table> check_elf_header(const elf32_header& header, elf_role role) {
    const int refused = role == elf_role::program ? ENOEXEC : ELIBBAD;
    if (!has_magic(header)) return err{refused};
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return err{refused};
    if (header.e_machine != EM_386 && header.e_machine != EM_486) return err{refused};
    if (header.e_phentsize != sizeof(elf32_phdr)) return err{refused};
    if (header.e_phnum == 0 || header.e_phnum > most_phdrs) return err{refused};
    return phdr_table{header.e_phoff, header.e_phnum};
}

result<> plan_elf(const elf32_header& header, std::span<const elf32_phdr> phdrs,
                  u64 file_bytes, elf_role role, elf_plan& plan) {
    kassert(phdrs.size() <= most_phdrs, "{} program headers", phdrs.size());
    memset(&plan, 0, sizeof plan);
    plan.is_dynamic = header.e_type == ET_DYN;
    plan.entry = header.e_entry;
    plan.phnum = static_cast<u32>(phdrs.size());
    plan.start_code = ~u32{0};
    // What concerns the file comes before what concerns memory: so Linux looks at it.
    for (const elf32_phdr& phdr : phdrs) {
        if (phdr.p_type == PT_GNU_STACK)
            plan.stack = phdr.p_flags & PF_X ? stack_wish::executable
                                             : stack_wish::not_executable;
        if (phdr.p_type != PT_INTERP || role == elf_role::interpreter) continue;
        if (const result<> noted = note_interpreter(phdr, file_bytes, plan); !noted)
            return noted;
    }
    for (const elf32_phdr& phdr : phdrs)
        if (phdr.p_type == PT_LOAD)
            if (const result<> noted = note_segment(header, phdr, role, plan); !noted)
                return noted;
    if (role == elf_role::interpreter && plan.segment_count == 0) return err{EINVAL};
    return note_span(plan);
}
