// For tests of exec: files in memory with names, and a space that they are loaded into.
//
//     exec_world world;
//     world.put(elf, "/bin/prog", 0x5000);
//     world.run("/bin/prog", {"prog", "-x"});
//     EXPECT_STREQ(world.maps(), "08048-08049 r-xp 0 /bin/prog\n" ...);
#pragma once

#include "kernel/exec/elf_fixture.hpp"
#include "kernel/exec/exec.hpp"
#include "lib/string.hpp"
#include "mm/cache/memory_file.hpp"
#include "mm/vm/maps.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/remote_access.hpp"
#include "mm/vm/user_pages.hpp"

#include <initializer_list>

inline constexpr u32 R = PF_R, RW = PF_R | PF_W, RX = PF_R | PF_X, RWX = PF_R | PF_W | PF_X;

class exec_world final : public exec_files {
public:
    exec_world() = default;
    ~exec_world() {
        forget_space();
        kassert(opened == closed, "{} files were opened, {} closed", opened, closed);
        for (u32 i = 0; i < count_; ++i) fput(files_[i].file);
    }
    exec_world(const exec_world&) = delete;
    exec_world& operator=(const exec_world&) = delete;

    exec_auxiliary auxiliary;
    exec_randomness random;
    start_state start{};
    u32 opened = 0, closed = 0;
    // Before the space is used: its limits.
    void (*prepare)(mm_struct& mm) = nullptr;

    // A file of so many bytes: first the header, then 0xaa.
    memory_file& put(const elf_builder& elf, const char* path, u32 bytes) {
        u8 page[256];
        memory_file& file = put(path, {});
        memset(page, 0xaa, sizeof page);
        for (u32 at = 0; at < bytes; at += sizeof page)
            write(file, at, page, min_of(u32{sizeof page}, bytes - at));
        u8 headers[elf_builder::most * sizeof(elf32_phdr) + sizeof(elf32_header)];
        elf.write(headers);
        write(file, 0, headers, min_of(elf.headers_bytes(), bytes));
        return file;
    }
    memory_file& put(const char* path, std::string_view text) {
        kassert(count_ < most, "too many files for a test");
        const result<memory_file*> made = memory_file::create(path);
        kassert(made, "no memory for a test's file");
        files_[count_++] = {path, *made};
        write(**made, 0, text.data(), static_cast<u32>(text.size()));
        return **made;
    }
    static void write(memory_file& file, u32 at, const void* from, u32 bytes) {
        const result<size_t> written = file.write(at, from, bytes);
        kassert(written && *written == bytes, "no memory for a test's file");
    }

    result<file*> open_exec(std::string_view path) override {
        for (u32 i = 0; i < count_; ++i)
            if (path == files_[i].path) {
                ++opened;
                return get_file(files_[i].file);
            }
        return err{ENOENT};
    }
    void close_exec(file& file) override {
        ++closed;
        fput(&file);
    }

    // The errno. What the last run made is gone.
    int run(const char* path, std::initializer_list<const char*> argv = {"a"},
            std::initializer_list<const char*> envp = {}) {
        return run(path, kernel_strings({argv.begin(), argv.size()}),
                   kernel_strings({envp.begin(), envp.size()}));
    }
    int run(const char* path, const exec_strings& argv, const exec_strings& envp) {
        forget_space();
        mm_ = mm_alloc();
        if (!mm_) return ENOMEM;
        if (prepare) prepare(*mm_);
        const result<file*> program = open_exec(path);
        kassert(program, "no file {}", path);
        const result<start_state> loaded =
            exec_load(*mm_, {**program, path, argv, envp, *this, auxiliary, random});
        check_areas(*mm_);
        check_pages(*mm_);
        if (loaded) start = *loaded;
        return loaded.error();
    }

    mm_struct& mm() { return *mm_; }
    const file* file_of(const char* path) const {
        for (u32 i = 0; i < count_; ++i)
            if (std::string_view(path) == files_[i].path) return files_[i].file;
        return nullptr;
    }

    u32 word_at(u32 address) {
        u32 word = 0xdeadbeef;
        const result<> got = copy_from_remote(*mm_, &word, address, sizeof word);
        return got ? word : 0xdeadbeef;
    }
    u8 byte_at(u32 address) {
        return static_cast<u8>(word_at(address & ~3u) >> (address & 3) * 8);
    }
    // The i-th string of argv, or of envp behind its end.
    const char* argument(u32 i) {
        memset(string_, 0, sizeof string_);
        const u32 at = word_at(start.esp + 4 + 4 * i);
        const u32 room = min_of(u32{sizeof string_ - 1}, TASK_SIZE - at);
        static_cast<void>(copy_from_remote(*mm_, string_, at, room));
        return string_;
    }
    u32 argc() { return word_at(start.esp); }
    // Of the auxiliary vector; all ones: it does not have it.
    u32 auxiliary_value(u32 type) {
        u32 at = start.esp + 4;
        for (int lists = 0; lists < 2; ++lists, at += 4)
            while (word_at(at) != 0) at += 4;
        for (; word_at(at) != AT_NULL; at += 8)
            if (word_at(at) == type) return word_at(at + 4);
        return ~0u;
    }

    // By pages: "08048-08049 r-xp 0 name". Good until the next call.
    const char* maps() {
        text_buffer<sizeof text_ - 1> out;
        for (const vm_area_struct* area = mm_->mmap; area; area = area->vm_next) {
            const u32 flags = area->vm_flags;
            format_to(out, "{:05x}-{:05x} {}{}{}{} {:x} ", area->vm_start >> PAGE_SHIFT,
                      area->vm_end >> PAGE_SHIFT, flags & VM_READ ? 'r' : '-',
                      flags & VM_WRITE ? 'w' : '-', flags & VM_EXEC ? 'x' : '-',
                      flags & VM_MAYSHARE ? 's' : 'p', area->vm_file ? area->vm_pgoff : 0);
            if (area->vm_file) area->vm_file->name(out);
            else if (const char* const name = arch_vma_name(*area)) out.write(name);
            out.put('\n');
        }
        const std::string_view view = out.view();
        memcpy(text_, view.data(), view.size());
        text_[view.size()] = 0;
        return text_;
    }

private:
    static constexpr u32 most = 8;
    struct named {
        const char* path;
        memory_file* file;
    };

    void forget_space() {
        if (start.executable) close_exec(*start.executable);
        start = {};
        if (mm_) mmput(*mm_);
        mm_ = nullptr;
    }

    named files_[most];
    u32 count_ = 0;
    mm_struct* mm_ = nullptr;
    char string_[64];
    char text_[512];
};

// ls, as a linker makes it.
inline elf_builder usual_program() {
    elf_builder elf(ET_EXEC, 0x08049080);
    elf.load(0x08048000, 0, 0x300, 0x300, R);
    elf.load(0x08049000, 0x1000, 0x1800, 0x1800, RX);
    elf.load(0x0804bf00, 0x2f00, 0x200, 0x3200, RW);
    elf.stack(RW);
    return elf;
}
// One that goes where there is room, or at its base.
inline elf_builder usual_pie() {
    elf_builder elf(ET_DYN, 0x1080);
    elf.load(0, 0, 0x300, 0x300, R);
    elf.load(0x1000, 0x1000, 0x800, 0x800, RX);
    elf.load(0x3f00, 0x2f00, 0x180, 0x1200, RW);
    elf.stack(RW);
    return elf;
}
