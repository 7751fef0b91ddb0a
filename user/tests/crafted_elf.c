// Programs that are none: an ELF file cut at every byte of its headers, each byte of them
// another one, and fields that lie. execve() says what is wrong with it; or, on Linux, the
// process is killed when that is found out too late to return to who called. The same of
// files that are an interpreter's. And nothing of them stays behind.
//
// Loci always returns: so what is killed here is EINVAL, ENOMEM or the like there, and both
// print the same.
#include "counts.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// The file: headers, a page of code, a page that begins with data; the rest of that page is
// filled, where zeroes are to be, if it is all bss. Addresses are far from each other, so that
// one with a wrong byte is nobody's.
enum {
    headers_at = 0x08010000,
    code_at = 0x08049000,
    data_at = 0x08062000,
    data_bytes = 16,
    bss_bytes = 0x3000,
    page = 4096,
    file_bytes = 3 * page,
    path_place = 0xe00,  // behind as many program headers as are needed
    magic = 0x10c1,
};
struct image {
    union {
        struct {
            Elf32_Ehdr header;
            Elf32_Phdr phdrs[100];
        };
        unsigned char bytes[file_bytes];
    };
    size_t size;
};

// The program, and its interpreter.
static struct image it, linker;

static void put_word(unsigned char* to, unsigned word) { memcpy(to, &word, 4); }

// Ends with 42, or with 43 if data or bss is not what it should be.
static void put_code(unsigned char* code, unsigned data) {
    static const unsigned char text[] = {
        0xa1, 0, 0, 0, 0,              //     mov data, %eax
        0x3d, 0, 0, 0, 0,              //     cmp $magic, %eax
        0x75, 21,                      //     jne bad
        0x83, 0x3d, 0, 0, 0, 0, 0,     //     cmpl $0, bss
        0x75, 12,                      //     jne bad
        0xbb, 42, 0, 0, 0,             //     mov $42, %ebx
        0xb8, 1, 0, 0, 0,              //     mov $1, %eax
        0xcd, 0x80,                    //     int $0x80
        0xbb, 43, 0, 0, 0,             // bad: mov $43, %ebx
        0xb8, 1, 0, 0, 0,              //     mov $1, %eax
        0xcd, 0x80,                    //     int $0x80
    };
    memset(code, 0xcc, page);
    memcpy(code, text, sizeof text);
    put_word(code + 1, data);
    put_word(code + 6, magic);
    put_word(code + 14, data + data_bytes);
}

static Elf32_Phdr load(unsigned address, unsigned offset, unsigned bytes, unsigned memory,
                       unsigned flags) {
    return (Elf32_Phdr){PT_LOAD, offset, address, address, bytes, memory, flags, page};
}

static void make(struct image* it) {
    memset(it, 0, sizeof *it);
    memset(it->bytes + 2 * page, 0xee, page);
    put_word(it->bytes + 2 * page, magic);
    put_code(it->bytes + page, data_at);
    it->header = (Elf32_Ehdr){
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_386,
        .e_version = EV_CURRENT,
        .e_entry = code_at,
        .e_phoff = sizeof(Elf32_Ehdr),
        .e_ehsize = sizeof(Elf32_Ehdr),
        .e_phentsize = sizeof(Elf32_Phdr),
        .e_phnum = 4,
    };
    it->phdrs[0] = load(headers_at, 0, page, page, PF_R);
    it->phdrs[1] = load(code_at, page, page, page, PF_R | PF_X);
    it->phdrs[2] = load(data_at, 2 * page, data_bytes, bss_bytes, PF_R | PF_W);
    it->phdrs[3] = (Elf32_Phdr){.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W};
    it->size = file_bytes;
}

// ---- what becomes of it ----------------------------------------------------------------

static int* why;  // shared with the child: its errno
static void (*before_exec)(void);

// All is done twice where what is left behind is counted: what the first time touches of this
// program itself does not count.
static int quiet;
__attribute__((format(printf, 1, 2))) static void say(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (!quiet) vprintf(format, arguments);
    va_end(arguments);
}

static void write_file(const char* name, const void* bytes, size_t size) {
    unlink(name);
    const int file = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0755);
    if (write(file, bytes, size) != (ssize_t)size) say("%s is not written\n", name);
    close(file);
}

// Whom Linux would have killed.
static int is_found_late(int error) {
    return error == EINVAL || error == ENOMEM || error == EPERM || error == EEXIST ||
           error == EFAULT;
}

static const char* run(const struct image* it) {
    static char text[40];
    int status = 0;
    write_file("crafted", it->bytes, it->size);
    *why = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        // Root may have the lowest addresses.
        if (setgid(65534) || setuid(65534)) *why = 0;
        if (before_exec) before_exec();
        char* const words[] = {"crafted", NULL};
        execve("crafted", words, NULL);
        *why = errno;
        _exit(0);
    }
    if (child < 0) return errno_name(errno);
    waitpid(child, &status, 0);
    if (*why) return is_found_late(*why) ? "no program" : errno_name(*why);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) return "no program";
    snprintf(text, sizeof text, WIFSIGNALED(status) ? "signal %d" : "exit %d",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return text;
}

// A line for all neighbours that have the same outcome.
struct run_of {
    const char* what;
    unsigned from, to;
    char outcome[40];
};
static void end_run(struct run_of* r) {
    if (!r->outcome[0]) return;
    if (r->from == r->to)
        say("%s %u: %s\n", r->what, r->from, r->outcome);
    else
        say("%s %u to %u: %s\n", r->what, r->from, r->to, r->outcome);
}
static void note(struct run_of* r, unsigned number, const char* outcome) {
    if (strcmp(r->outcome, outcome)) {
        end_run(r);
        r->from = number;
        snprintf(r->outcome, sizeof r->outcome, "%s", outcome);
    }
    r->to = number;
}

// ---- cut, and one byte wrong -----------------------------------------------------------

static size_t headers_end(const struct image* it) {
    return it->header.e_phoff + it->header.e_phnum * sizeof(Elf32_Phdr);
}

static void cut_everywhere(void) {
    make(&it);
    struct run_of cut = {.what = "cut at"};
    const size_t end = headers_end(&it);
    for (it.size = 0; it.size <= end; it.size++) note(&cut, it.size, run(&it));
    for (it.size = page - 1; it.size <= file_bytes; it.size += it.size % page ? 1 : page - 1)
        note(&cut, it.size, run(&it));
    end_run(&cut);
}

// What is not the same on every Linux: how many program headers there may be, whether bss
// counts that is not the highest segment's or not writable, and what an interpreter's type
// is refused with; or depends on how much memory there is.
static int is_special(unsigned at, unsigned char value) {
    enum { phdr0 = sizeof(Elf32_Ehdr), phdr2 = phdr0 + 2 * sizeof(Elf32_Phdr) };
    const unsigned in_phdr = (at - phdr0) % sizeof(Elf32_Phdr);
    if (at < phdr0) return at >> 1 == offsetof(Elf32_Ehdr, e_phnum) >> 1;
    if (in_phdr == offsetof(Elf32_Phdr, p_memsz) + 3) return 1;
    if (at == phdr2 + offsetof(Elf32_Phdr, p_flags)) return value == PF_X;
    return at >> 1 == (phdr0 + offsetof(Elf32_Phdr, p_vaddr) + 2) >> 1;
}

static void change_every_byte(void) {
    static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xc0, 0xff};
    make(&it);
    const size_t end = headers_end(&it);
    for (unsigned v = 0; v < LENGTH(values); v++) {
        char what[40];
        snprintf(what, sizeof what, "%02x at", values[v]);
        struct run_of changed = {.what = what};
        for (unsigned at = 0; at < end; at++) {
            if (is_special(at, values[v])) continue;
            const unsigned char was = it.bytes[at];
            it.bytes[at] = values[v];
            note(&changed, at, run(&it));
            it.bytes[at] = was;
        }
        end_run(&changed);
    }
}

// ---- fields that lie -------------------------------------------------------------------

static void add(struct image* it, Elf32_Phdr phdr) { it->phdrs[it->header.e_phnum++] = phdr; }

// The program headers elsewhere.
static void move_phdrs(struct image* it, unsigned to) {
    memmove(it->bytes + to, it->phdrs, it->header.e_phnum * sizeof(Elf32_Phdr));
    it->header.e_phoff = to;
}
static void interpreter(struct image* it, unsigned at, const char* path, unsigned bytes) {
    if (at < file_bytes) strcpy((char*)it->bytes + at, path);
    add(it, (Elf32_Phdr){.p_type = PT_INTERP, .p_offset = at, .p_filesz = bytes});
}
// It could go anywhere: addresses from 0 on.
static void make_pie(struct image* it) {
    it->header.e_type = ET_DYN;
    it->header.e_entry -= headers_at;
    for (int i = 0; i < 3; i++) it->phdrs[i].p_vaddr -= headers_at;
    // What has no fixed place does not look at its data.
    memcpy(it->bytes + page, it->bytes + page + 21, 12);
}
static void little_space(void) {
    const struct rlimit room = {2 << 20, 2 << 20};
    setrlimit(RLIMIT_AS, &room);
}


// NAME, and what it does to the image: `h` is its header, `p` its program headers.
#define LIES(LIE)                                                                          \
    LIE(the_truth, )                                                                       \
    LIE(no_magic, h->e_ident[EI_MAG0] = 0)                                                 \
    LIE(class_64, h->e_ident[EI_CLASS] = ELFCLASS64)                                       \
    LIE(big_endian, h->e_ident[EI_DATA] = ELFDATA2MSB)                                     \
    LIE(type_none, h->e_type = ET_NONE)                                                    \
    LIE(type_relocatable, h->e_type = ET_REL)                                              \
    LIE(type_core, h->e_type = ET_CORE)                                                    \
    LIE(type_ffff, h->e_type = 0xffff)                                                     \
    LIE(machine_none, h->e_machine = EM_NONE)                                              \
    LIE(machine_arm, h->e_machine = EM_ARM)                                                \
    LIE(machine_486, h->e_machine = 6)                                                     \
    LIE(version_77, h->e_version = 77)                                                     \
    LIE(ehsize_0, h->e_ehsize = 0)                                                         \
    LIE(phentsize_0, h->e_phentsize = 0)                                                   \
    LIE(phentsize_31, h->e_phentsize = 31)                                                 \
    LIE(phentsize_56, h->e_phentsize = 56)                                                 \
    LIE(phnum_0, h->e_phnum = 0)                                                           \
    LIE(phnum_1, h->e_phnum = 1)                                                           \
    LIE(phnum_128, h->e_phnum = 128)                                                       \
    LIE(phnum_2049, h->e_phnum = 2049)                                                     \
    LIE(phnum_65535, h->e_phnum = 65535)                                                   \
    LIE(phoff_0, h->e_phoff = 0)                                                           \
    LIE(phoff_1, h->e_phoff = 1)                                                           \
    LIE(phoff_at_the_end, h->e_phoff = file_bytes)                                         \
    LIE(phoff_half_behind_the_end, move_phdrs(it, file_bytes - 128); h->e_phoff += 64)     \
    LIE(phoff_up_to_the_end, move_phdrs(it, file_bytes - 128))                             \
    LIE(phoff_odd, move_phdrs(it, 57))                                                     \
    LIE(phoff_7fffffff, h->e_phoff = 0x7fffffff)                                           \
    LIE(phoff_80000000, h->e_phoff = 0x80000000)                                           \
    LIE(phoff_fffffff0, h->e_phoff = 0xfffffff0)                                           \
    LIE(phoff_ffffffff, h->e_phoff = 0xffffffff)                                           \
    LIE(sections_everywhere, h->e_shoff = h->e_shnum = h->e_shstrndx = -1)                 \
    LIE(entry_0, h->e_entry = 0)                                                           \
    LIE(entry_outside, h->e_entry = 0x20000000)                                            \
    LIE(entry_in_the_kernel, h->e_entry = 0xc0000000)                                      \
    LIE(entry_at_the_very_end, h->e_entry = 0xffffffff)                                    \
    LIE(entry_behind_the_code, h->e_entry = code_at + page)                                \
    LIE(no_segment, p[0].p_type = p[1].p_type = p[2].p_type = PT_NULL)                     \
    LIE(no_code, p[1].p_type = PT_NULL)                                                    \
    LIE(all_empty, for (int i = 0; i < 3; i++) p[i].p_filesz = p[i].p_memsz = 0)           \
    LIE(more_in_file_than_memory, p[2].p_memsz = p[2].p_filesz - 1)                        \
    LIE(nothing_in_memory, p[2].p_memsz = 0)                                               \
    LIE(nothing_in_file, p[2].p_filesz = 0)                                                \
    LIE(everything_ff, memset(&p[2].p_offset, 0xff, 20))                                   \
    LIE(memory_ffffffff, p[2].p_memsz = 0xffffffff)                                        \
    LIE(memory_wraps, p[2].p_memsz = -data_at)                                             \
    LIE(memory_into_the_kernel, p[2].p_memsz = 0xc0001000 - data_at)                       \
    LIE(both_ffffffff, p[2].p_filesz = p[2].p_memsz = 0xffffffff)                          \
    LIE(address_0, p[0].p_vaddr = 0)                                                       \
    LIE(address_in_the_kernel, p[0].p_vaddr = 0xc0000000)                                  \
    LIE(address_just_below_it, p[0].p_vaddr = 0xbffff000)                                  \
    LIE(address_fffff000, p[0].p_vaddr = 0xfffff000)                                       \
    LIE(address_on_the_stack, p[0].p_vaddr = 0xbfffe000)                                   \
    LIE(address_odd, p[2].p_vaddr += 1)                                                    \
    LIE(offset_odd, p[2].p_offset += 1)                                                    \
    LIE(both_odd, p[2].p_vaddr += 1; p[2].p_offset += 1)                                   \
    LIE(offset_at_the_end, p[0].p_offset = file_bytes)                                     \
    LIE(offset_far_behind_it, p[0].p_offset = 0x7ffff000)                                  \
    LIE(offset_of_data_behind_it, p[2].p_offset = 0x40000000)                              \
    LIE(offset_ffffe000, p[0].p_offset = 0xffffe000)                                       \
    LIE(overlapping, p[0].p_vaddr = code_at)                                               \
    LIE(overlapped, p[3] = p[1]; p[3].p_offset = 0)                                        \
    LIE(data_over_code, p[2].p_vaddr = code_at)                                            \
    LIE(all_in_one_page, p[0].p_vaddr = p[2].p_vaddr = code_at)                            \
    LIE(from_above, Elf32_Phdr was = p[0]; p[0] = p[2]; p[2] = was)                        \
    LIE(twice, add(it, p[1]); add(it, p[2]))                                               \
    LIE(bss_over_code, p[0].p_memsz = code_at + page - headers_at)                         \
    LIE(ninety_segments, while (h->e_phnum < 90) {                                         \
        add(it, load(0x10000000 + 0x10000 * h->e_phnum, 0, page, page, PF_R));             \
    })                                                                                     \
    LIE(alignment_0, p[1].p_align = 0)                                                     \
    LIE(alignment_3, p[1].p_align = 3)                                                     \
    LIE(alignment_80000000, p[1].p_align = 0x80000000)                                     \
    LIE(no_rights, p[1].p_flags = 0)                                                       \
    LIE(all_rights, p[1].p_flags = -1)                                                     \
    LIE(no_stack_wish, p[3].p_type = PT_NULL)                                              \
    LIE(anywhere, make_pie(it))                                                            \
    LIE(anywhere_from_above, make_pie(it); Elf32_Phdr was = p[0]; p[0] = p[2]; p[2] = was) \
    LIE(anywhere_and_nothing, h->e_type = ET_DYN; h->e_phnum = 1; p[0].p_type = PT_NULL)   \
    LIE(anywhere_and_empty, h->e_type = ET_DYN; h->e_phnum = 1; p[0].p_memsz = 0)          \
    LIE(anywhere_for_3_gib, make_pie(it); p[2].p_memsz = 0xc0000000 - p[2].p_vaddr)        \
    LIE(anywhere_apart, make_pie(it); p[2].p_vaddr = 0xbfff0000)                           \
    LIE(anywhere_wraps, make_pie(it); p[2].p_vaddr = 0xfffff000)                           \
    LIE(anywhere_by_gib, make_pie(it); p[1].p_align = 0x40000000)                          \
    LIE(anywhere_enters_nowhere, make_pie(it); h->e_entry = 0xf0000000)                    \
    LIE(interpreter_empty, interpreter(it, path_place, "", 0))                             \
    LIE(interpreter_of_zeroes, interpreter(it, path_place, "", 2))                         \
    LIE(interpreter_of_a_byte, interpreter(it, path_place, "x", 1))                        \
    LIE(interpreter_endless, interpreter(it, path_place, "missing", 7))                    \
    LIE(interpreter_missing, interpreter(it, path_place, "missing", 8))                    \
    LIE(interpreter_is_a_folder, interpreter(it, path_place, "folder", 7))                 \
    LIE(interpreter_is_closed, interpreter(it, path_place, "closed", 7))                   \
    LIE(interpreter_is_short, interpreter(it, path_place, "short", 6))                     \
    LIE(interpreter_is_text, interpreter(it, path_place, "text", 5))                       \
    LIE(interpreter_is_itself, interpreter(it, path_place, "crafted", 8))                  \
    LIE(interpreter_below_a_file, interpreter(it, path_place, "text/x", 7))                \
    LIE(interpreter_of_4096, interpreter(it, path_place, "missing", 4096))                 \
    LIE(interpreter_of_4097, interpreter(it, path_place, "missing", 4097))                 \
    LIE(interpreter_of_4_gib, interpreter(it, path_place, "missing", -1))                  \
    LIE(interpreter_behind_the_end, interpreter(it, file_bytes - 3, "no", 4))              \
    LIE(interpreter_at_7fffffff, interpreter(it, 0x7fffffff, "", 8))                       \
    LIE(interpreter_at_fffffffe, interpreter(it, 0xfffffffe, "", 8))                       \
    LIE(two_interpreters, interpreter(it, path_place, "missing", 8);                       \
        interpreter(it, path_place + 100, "text", 5))                                      \
    LIE(interpreter_and_no_segment, p[0].p_type = p[1].p_type = p[2].p_type = PT_NULL;     \
        interpreter(it, path_place, "missing", 8))

#define DEFINE(name, change)                      \
    static void name(struct image* it) {          \
        Elf32_Ehdr* const h = &it->header;        \
        Elf32_Phdr* const p = it->phdrs;          \
        (void)h, (void)p;                         \
        change;                                   \
    }
LIES(DEFINE)

static void tell_lies(void) {
#define NAMED(name, change) {#name, name},
    static const struct {
        const char* what;
        void (*tell)(struct image* it);
    } lies[] = {LIES(NAMED)};
#undef NAMED
    for (size_t i = 0; i < LENGTH(lies); i++) {
            make(&it);
        lies[i].tell(&it);
        say("%s: %s\n", lies[i].what, run(&it));
    }
}

// ---- an interpreter's ------------------------------------------------------------------

// The program names it; it runs in its place, and looks at data of its own.
static void run_linker(struct run_of* r, unsigned number) {
    make(&it);
    interpreter(&it, path_place, "linker", 7);
    write_file("linker", linker.bytes, linker.size);
    note(r, number, run(&it));
}

static void make_linker(void) {
    const unsigned away = 0x10000000;
    make(&linker);
    for (int i = 0; i < 3; i++) linker.phdrs[i].p_vaddr += away;
    linker.header.e_entry += away;
    put_code(linker.bytes + page, data_at + away);
}

static void cut_the_interpreter(void) {
    make_linker();
    struct run_of cut = {.what = "interpreter cut at"};
    const size_t end = headers_end(&linker);
    for (linker.size = 0; linker.size <= end; linker.size++) run_linker(&cut, linker.size);
    linker.size = file_bytes;
    run_linker(&cut, file_bytes);
    end_run(&cut);
}

static void change_the_interpreter(void) {
    static const unsigned char values[] = {0x00, 0x7f, 0xff};
    make_linker();
    const size_t end = headers_end(&linker);
    for (unsigned v = 0; v < LENGTH(values); v++) {
        char what[40];
        snprintf(what, sizeof what, "interpreter's %02x at", values[v]);
        struct run_of changed = {.what = what};
        for (unsigned at = 0; at < end; at++) {
            if (is_special(at, values[v]) || at >> 1 == offsetof(Elf32_Ehdr, e_type) >> 1)
                continue;
            const unsigned char was = linker.bytes[at];
            linker.bytes[at] = values[v];
            run_linker(&changed, at);
            linker.bytes[at] = was;
        }
        end_run(&changed);
    }
}

static void without_space(void) {
    make(&it);
    before_exec = little_space;
    say("in little space: %s\n", run(&it));
    it.phdrs[2].p_memsz = 4 << 20;
    say("and too much bss: %s\n", run(&it));
    before_exec = NULL;
}

static void all_of_it(void) {
    cut_everywhere();
    tell_lies();
    cut_the_interpreter();
    without_space();
    change_every_byte();
    change_the_interpreter();
}

static void remove_files(void) {
    unlink("crafted");
    unlink("linker");
}

int main(void) {
    why = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    mkdir("folder", 0755);
    write_file("text", "This is a line of text, and not much more than that: no ELF.\n", 60);
    write_file("short", "short", 5);
    write_file("closed", "closed", 6);
    chmod("closed", 0600);
    all_of_it();
    remove_files();
    static struct counts before;
    count(&before);
    quiet = 1;
    if (before.text[0]) all_of_it();
    remove_files();
    return compare_counts(&before) != 0;
}
