#include "mm/vm/maps.hpp"

#include "mm/cache/file.hpp"

namespace {

// What passes through, and how much that was: names stand in one column.
class counting_sink final : public text_sink {
public:
    explicit counting_sink(text_sink& to) : to_(to) {}
    void write(std::string_view text) override {
        to_.write(text);
        count_ += text.size();
    }
    void pad_to(size_t column) {
        while (count_ < column) put(' ');
    }

private:
    text_sink& to_;
    size_t count_ = 0;
};

constexpr size_t name_column = 48;

}  // namespace

const char* arch_vma_name(const vm_area_struct& area) {
    if (area.vm_ops && area.vm_ops->name)
        if (const char* const name = area.vm_ops->name(area)) return name;
    const mm_struct& mm = *area.vm_mm;
    if (area.vm_start <= mm.brk && area.vm_end >= mm.start_brk) return "[heap]";
    if (area.vm_start <= mm.start_stack && area.vm_end >= mm.start_stack) return "[stack]";
    return nullptr;
}

void show_map_line(text_sink& out, const vm_area_struct& area) {
    counting_sink line(out);
    const u32 flags = area.vm_flags;
    const file* const file = area.vm_file;
    const u64 offset = file ? u64{area.vm_pgoff} << PAGE_SHIFT : 0;
    format_to(line, "{:08x}-{:08x} {}{}{}{} {:08x} {:02x}:{:02x} {} ", area.vm_start,
              area.vm_end, flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
              flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p', offset,
              file ? MAJOR(file->s_dev) : 0, file ? MINOR(file->s_dev) : 0,
              file ? file->i_ino : 0);
    if (file) {
        line.pad_to(name_column);
        line.put(' ');
        file->name(line);
    } else if (const char* const name = arch_vma_name(area)) {
        line.pad_to(name_column);
        line.put(' ');
        line.write(name);
    }
    line.put('\n');
}

void show_maps(text_sink& out, mm_struct& mm) {
    const read_guard held(mm.mmap_sem);
    for (const vm_area_struct* area = mm.mmap; area; area = area->vm_next)
        show_map_line(out, *area);
}
