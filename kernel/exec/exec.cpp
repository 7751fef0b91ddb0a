#include "kernel/exec/exec.hpp"

#include "kernel/exec/binprm.hpp"
#include "kernel/exec/elf_load.hpp"
#include "kernel/exec/kernel_read.hpp"
#include "kernel/exec/stack_tables.hpp"
#include "mm/cache/file.hpp"
#include "mm/slab/kmalloc.hpp"
#include "mm/vm/mm.hpp"

namespace {

constexpr u32 CLOCKS_PER_SEC = 100;
constexpr u32 most_auxv_entries = 20;

// Memory of kmalloc's for as long as this lives.
template <class T>
class scratch {
public:
    explicit scratch(size_t bytes = sizeof(T))
        : memory_(static_cast<T*>(kmalloc(bytes, GFP_KERNEL))) {}
    ~scratch() { kfree(memory_); }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;

    explicit operator bool() const { return memory_ != nullptr; }
    T* get() const { return memory_; }
    T& operator*() const { return *memory_; }
    T* operator->() const { return memory_; }

private:
    T* const memory_;
};

// A file of open_exec's that is closed again.
class held_file {
public:
    held_file(exec_files& files, file* file) : files_(files), file_(file) {}
    ~held_file() {
        if (file_) files_.close_exec(*file_);
    }
    held_file(const held_file&) = delete;
    held_file& operator=(const held_file&) = delete;

    // The old one goes.
    void replace(file* file) {
        if (file_) files_.close_exec(*file_);
        file_ = file;
    }
    file* release() { return std::exchange(file_, nullptr); }
    explicit operator bool() const { return file_ != nullptr; }
    file& operator*() const { return *file_; }

private:
    exec_files& files_;
    file* file_;
};

// ---- which file, and what it asks for --------------------------------------------------

result<> read_beginning(linux_binprm& bprm, file& program) {
    memset(bprm.beginning, 0, sizeof bprm.beginning);
    const result<u32> got = kernel_read(program, 0, bprm.beginning, sizeof bprm.beginning);
    return got ? result<>() : err{got.error()};
}

// From script to interpreter, until the file is none: `program` is that one then, and
// `beginning` its first bytes.
result<> resolve_scripts(linux_binprm& bprm, exec_files& files, held_file& program) {
    for (u32 scripts = 0;; ++scripts) {
        if (scripts > most_scripts) return err{ELOOP};
        if (const result<> read = read_beginning(bprm, *program); !read) return read;
        const result<script_line> line = parse_script(bprm.beginning);
        if (!line) return {};
        if (const result<> spliced = splice_script(bprm, *line); !spliced) return spliced;
        const result<file*> opened = files.open_exec(bprm.interp);
        if (!opened) return err{opened.error()};
        program.replace(*opened);
    }
}

result<> read_plan(file& file, const elf32_header& header, elf_role role, elf_plan& plan) {
    const result<phdr_table> table = check_elf_header(header, role);
    if (!table) return err{table.error()};
    const u32 bytes = table->count * u32{sizeof(elf32_phdr)};
    const scratch<elf32_phdr> phdrs(bytes);
    if (!phdrs) return err{ENOMEM};
    const result<> read = kernel_read_all(file, table->offset, phdrs.get(), bytes);
    if (read.error() == ENOMEM) return read;
    if (!read) return err{role == elf_role::program ? ENOEXEC : ELIBBAD};
    return plan_elf(header, {phdrs.get(), table->count}, file.size(), role, plan);
}

result<> open_interpreter(file& program, const elf_plan& plan, exec_files& files,
                          held_file& interpreter) {
    const u32 bytes = plan.interpreter_bytes;
    if (bytes == 0) return {};
    const scratch<char> path(bytes);
    if (!path) return err{ENOMEM};
    const result<> read =
        kernel_read_all(program, plan.interpreter_offset, path.get(), bytes);
    if (!read) return read;
    if (path.get()[bytes - 1] != '\0') return err{ENOEXEC};
    const result<file*> opened = files.open_exec(path.get());
    if (!opened) return err{opened.error()};
    interpreter.replace(*opened);
    return {};
}

result<> read_interpreter_plan(file& interpreter, elf_plan& plan) {
    elf32_header header;
    const result<> read = kernel_read_all(interpreter, 0, &header, sizeof header);
    if (!read) return read;
    return read_plan(interpreter, header, elf_role::interpreter, plan);
}

// ---- into the space --------------------------------------------------------------------

struct loaded_image {
    loaded_elf program;
    u32 interpreter_base = 0;  // AT_BASE
    u32 eip = 0;
};

result<loaded_image> load_image(mm_struct& mm, file& program, const elf_plan& plan,
                                file* interpreter, const elf_plan& interpreter_plan,
                                elf_placement placement) {
    const result<loaded_elf> loaded = load_program(mm, program, plan, placement);
    if (!loaded) return err{loaded.error()};
    loaded_image image{*loaded, 0, loaded->entry};
    if (!interpreter) return image;
    placement.program_bias = loaded->bias;
    const result<loaded_elf> linker =
        load_interpreter(mm, *interpreter, interpreter_plan, placement);
    if (!linker) return err{linker.error()};
    image.interpreter_base = linker->bias;
    image.eip = linker->entry;
    return image;
}

// A program that mmap has placed would have its heap in between mappings: Linux moves it to
// where such a program is not.
void move_brk(mm_struct& mm, const elf_plan& plan, const exec_randomness& random) {
    if (!random.moves_brk) return;
    const bool is_alone = plan.is_dynamic && plan.interpreter_bytes == 0;
    mm.start_brk = mm.brk = (is_alone ? ELF_ET_DYN_BASE : mm.brk) + random.brk;
}

// ---- the auxiliary vector, in Linux's order ---------------------------------------------

class auxv_list {
public:
    void add(u32 type, u32 value) { entries_[count_++] = {type, value}; }
    std::span<const auxv_entry> entries() const { return {entries_, count_}; }

private:
    auxv_entry entries_[most_auxv_entries];
    u32 count_ = 0;
};

void fill_auxv(auxv_list& list, const linux_binprm& bprm, const exec_auxiliary& said,
               const elf_plan& plan, const loaded_image& image, const stack_layout& at) {
    if (said.min_signal_stack) list.add(AT_MINSIGSTKSZ, said.min_signal_stack);
    list.add(AT_HWCAP, said.hwcap);
    list.add(AT_PAGESZ, PAGE_SIZE);
    list.add(AT_CLKTCK, CLOCKS_PER_SEC);
    list.add(AT_PHDR, plan.phdr_address + image.program.bias);
    list.add(AT_PHENT, sizeof(elf32_phdr));
    list.add(AT_PHNUM, plan.phnum);
    list.add(AT_BASE, image.interpreter_base);
    list.add(AT_FLAGS, 0);
    list.add(AT_ENTRY, image.program.entry);
    list.add(AT_UID, said.uid);
    list.add(AT_EUID, said.euid);
    list.add(AT_GID, said.gid);
    list.add(AT_EGID, said.egid);
    list.add(AT_SECURE, said.secure);
    list.add(AT_RANDOM, at.random);
    list.add(AT_HWCAP2, said.hwcap2);
    list.add(AT_EXECFN, bprm.exec);
    list.add(AT_PLATFORM, at.platform);
    list.add(AT_NULL, 0);
}

// esp.
result<u32> write_tables(linux_binprm& bprm, const exec_request& request,
                         const elf_plan& plan, const loaded_image& image) {
    const exec_auxiliary& said = request.auxiliary;
    const u32 entries = most_auxv_entries - (said.min_signal_stack ? 0 : 1);
    const u32 platform_bytes = static_cast<u32>(said.platform.size()) + 1;
    const stack_layout layout = lay_out_stack(bprm.p - request.random.frame, platform_bytes,
                                              bprm.argc, bprm.envc, entries);
    auxv_list auxv;
    fill_auxv(auxv, bprm, said, plan, image, layout);
    kassert(auxv.entries().size() == entries, "{} entries of the auxiliary vector",
            auxv.entries().size());
    const result<> written =
        write_stack_tables(bprm.mm, {.layout = layout,
                                     .argc = bprm.argc,
                                     .envc = bprm.envc,
                                     .strings = bprm.p,
                                     .platform = said.platform,
                                     .random = said.random,
                                     .auxv = auxv.entries()});
    if (!written) return err{written.error()};
    bprm.mm.start_stack = layout.esp;
    return layout.esp;
}

result<start_state> load_elf(linux_binprm& bprm, const exec_request& request,
                             held_file& program) {
    const scratch<elf_plan> plan, interpreter_plan;
    if (!plan || !interpreter_plan) return err{ENOMEM};
    elf32_header header;
    memcpy(&header, bprm.beginning, sizeof header);
    if (const result<> read = read_plan(*program, header, elf_role::program, *plan); !read)
        return err{read.error()};
    held_file interpreter(request.files, nullptr);
    if (const result<> opened =
            open_interpreter(*program, *plan, request.files, interpreter);
        !opened)
        return err{opened.error()};
    if (interpreter)
        if (const result<> read = read_interpreter_plan(*interpreter, *interpreter_plan);
            !read)
            return err{read.error()};

    const bool read_implies_exec = plan->stack == stack_wish::unsaid;
    const bool executable = plan->stack != stack_wish::not_executable;
    if (const result<> ready = setup_arg_pages(bprm, executable); !ready)
        return err{ready.error()};
    const result<loaded_image> image =
        load_image(bprm.mm, *program, *plan, interpreter ? &*interpreter : nullptr,
                   *interpreter_plan,
                   {.base = ELF_ET_DYN_BASE + request.random.program,
                    .read_implies_exec = read_implies_exec});
    if (!image) return err{image.error()};
    const result<u32> esp = write_tables(bprm, request, *plan, *image);
    if (!esp) return err{esp.error()};
    move_brk(bprm.mm, *plan, request.random);
    return start_state{image->eip, *esp, program.release(), read_implies_exec};
}

}  // namespace

result<start_state> exec_load(mm_struct& mm, const exec_request& request) {
    held_file program(request.files, &request.program);
    const scratch<linux_binprm> room;
    if (!room) return err{ENOMEM};
    linux_binprm& bprm = *new (room.get()) linux_binprm(mm, request.filename);
    arch_pick_mmap_layout(mm);
    mm.mmap_base -= request.random.mmap;
    const result<> made = bprm_stack_init(bprm, STACK_TOP - request.random.stack);
    if (!made) return err{made.error()};
    if (const result<> copied = copy_arguments(bprm, request.argv, request.envp); !copied)
        return err{copied.error()};
    if (const result<> resolved = resolve_scripts(bprm, request.files, program); !resolved)
        return err{resolved.error()};
    request.files.runs(*program, request.auxiliary);
    return load_elf(bprm, request, program);
}
