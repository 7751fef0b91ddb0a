#include "kernel/exec/elf_load.hpp"

#include "mm/cache/file.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/remote_access.hpp"

namespace {

// One file on its way into a space.
class elf_mapper {
public:
    elf_mapper(mm_struct& mm, file& file, const elf_plan& plan, bool read_implies_exec)
        : mm_(mm), file_(file), plan_(plan), read_implies_exec_(read_implies_exec) {}

    u32 bias() const { return bias_; }

    // `base`: where the first segment of ET_DYN goes, 0: anywhere; nothing to ET_EXEC. As
    // Linux reckons, a page lower where that segment does not begin with a page.
    result<> map_first(u32 base, u32 flags);
    result<> map_next(const elf_segment& segment);

    // Zeroes for [start, end), the bias not yet added: whole pages.
    result<> map_zeroes(u32 start, u32 end, bool executable);
    // ... and the rest of the page that `start` lies in.
    result<> clear_tail(u32 start, u32 most);

private:
    u32 rights(u32 prot) const {
        return prot & PROT_READ && read_implies_exec_ ? prot | PROT_EXEC : prot;
    }
    result<u32> map(const elf_segment& segment, u32 at, u32 bytes, u32 flags);

    mm_struct& mm_;
    file& file_;
    const elf_plan& plan_;
    const bool read_implies_exec_;
    u32 bias_ = 0;
};

result<u32> elf_mapper::map(const elf_segment& segment, u32 at, u32 bytes, u32 flags) {
    // A segment may have nothing of the file; mmap of nothing would be an error.
    if (segment.mapped_bytes() == 0) return at;
    return do_mmap(mm_, at, bytes, rights(segment.prot), MAP_PRIVATE | flags, &file_,
                   segment.page_offset() >> PAGE_SHIFT);
}

result<> elf_mapper::map_first(u32 base, u32 flags) {
    const elf_segment& first = plan_.segments[0];
    const u32 own = first.mapped_bytes();
    const u32 all = plan_.is_dynamic ? align_up(plan_.span_bytes, PAGE_SIZE) : own;
    const u32 zero = plan_.is_dynamic ? (base - first.address) & PAGE_MASK : 0;
    const result<u32> mapped = map(first, (zero + first.address) & PAGE_MASK, all, flags);
    if (!mapped) return err{mapped.error()};
    if (*mapped >= TASK_SIZE) return err{EINVAL};
    if (own > 0 && all > own)
        if (const result<> cut = do_munmap(mm_, *mapped + own, all - own); !cut) return cut;
    bias_ = *mapped - first.page();
    return {};
}

result<> elf_mapper::map_next(const elf_segment& segment) {
    const result<u32> mapped =
        map(segment, segment.page() + bias_, segment.mapped_bytes(), MAP_FIXED);
    return mapped ? result<>() : err{mapped.error()};
}

result<> elf_mapper::map_zeroes(u32 start, u32 end, bool executable) {
    start = align_up(start + bias_, PAGE_SIZE);
    end = align_up(end + bias_, PAGE_SIZE);
    if (end <= start) return {};
    const u32 prot = PROT_READ | PROT_WRITE | (executable ? u32{PROT_EXEC} : 0);
    const result<u32> mapped = do_mmap(mm_, start, end - start, rights(prot),
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, nullptr, 0);
    return mapped ? result<>() : err{mapped.error()};
}

result<> elf_mapper::clear_tail(u32 start, u32 most) {
    start += bias_;
    const u32 in_page = start & ~PAGE_MASK;
    if (in_page == 0) return {};
    return clear_remote(mm_, start, min_of(PAGE_SIZE - in_page, most));
}

// How far the segments so far reach, in the file's addresses.
struct reach {
    u32 file_end = 0, memory_end = 0;
    bool executable = false;  // the segment that reaches furthest

    void add(const elf_segment& segment) {
        file_end = max_of(file_end, segment.file_end());
        if (segment.memory_end() <= memory_end) return;
        memory_end = segment.memory_end();
        executable = segment.prot & PROT_EXEC;
    }
};

// Zeroes between two segments. A segment that may not be written keeps what the file has
// there: nobody could have relied on zeroes.
result<> fill_gap(elf_mapper& mapper, const reach& so_far) {
    if (so_far.memory_end <= so_far.file_end) return {};
    if (const auto mapped = mapper.map_zeroes(so_far.file_end, so_far.memory_end,
                                              so_far.executable);
        !mapped)
        return mapped;
    const u32 bytes = so_far.memory_end - so_far.file_end;
    const result<> cleared = mapper.clear_tail(so_far.file_end, bytes);
    return cleared.error() == EFAULT ? result<>() : cleared;
}

// What the wishes for alignment leave of the base.
u32 dynamic_base(const elf_plan& plan, const elf_placement& placement) {
    const u32 mask = plan.alignment ? ~(plan.alignment - 1) : ~u32{0};
    return placement.base & mask & PAGE_MASK;
}

result<> map_segments(elf_mapper& mapper, const elf_plan& plan, u32 base, u32 flags,
                      reach& total, bool fill_gaps) {
    for (u32 i = 0; i < plan.segment_count; ++i) {
        if (i > 0 && fill_gaps)
            if (const result<> filled = fill_gap(mapper, total); !filled) return filled;
        const result<> mapped =
            i == 0 ? mapper.map_first(base, flags) : mapper.map_next(plan.segments[i]);
        if (!mapped) return mapped;
        total.add(plan.segments[i]);
    }
    return {};
}

void set_addresses(mm_struct& mm, const elf_plan& plan, u32 bias) {
    mm.start_code = plan.start_code + bias;
    mm.end_code = plan.end_code + bias;
    mm.start_data = plan.start_data + bias;
    mm.end_data = plan.end_data + bias;
    mm.start_brk = mm.brk = align_up(plan.bss_end + bias, PAGE_SIZE);
}

result<loaded_elf> check_entry(const elf_plan& plan, u32 bias) {
    const u32 entry = plan.entry + bias;
    if (entry >= TASK_SIZE) return err{EINVAL};
    return loaded_elf{bias, entry};
}

}  // namespace

result<loaded_elf> load_program(mm_struct& mm, file& file, const elf_plan& plan,
                                const elf_placement& placement) {
    elf_mapper mapper(mm, file, plan, placement.read_implies_exec);
    const bool goes_anywhere = plan.is_dynamic && plan.interpreter_bytes == 0;
    const u32 base = goes_anywhere ? 0 : dynamic_base(plan, placement);
    const u32 flags = goes_anywhere ? 0 : u32{MAP_FIXED_NOREPLACE};
    reach total;
    const result<> mapped = map_segments(mapper, plan, base, flags, total, true);
    if (!mapped) return err{mapped.error()};
    const result<> zeroes =
        mapper.map_zeroes(plan.bss_start, plan.bss_end, total.executable);
    if (!zeroes) return err{zeroes.error()};
    if (plan.bss_start != plan.bss_end)
        if (const result<> cleared = mapper.clear_tail(plan.bss_start, PAGE_SIZE); !cleared)
            return err{cleared.error()};
    set_addresses(mm, plan, mapper.bias());
    // The interpreter's entry counts where there is one, and is looked at instead.
    if (plan.interpreter_bytes)
        return loaded_elf{mapper.bias(), plan.entry + mapper.bias()};
    return check_entry(plan, mapper.bias());
}

result<loaded_elf> load_interpreter(mm_struct& mm, file& file, const elf_plan& plan,
                                    const elf_placement& placement) {
    elf_mapper mapper(mm, file, plan, placement.read_implies_exec);
    const u32 flags = plan.is_dynamic ? 0 : u32{MAP_FIXED};
    reach total;
    // Beside a program that has a fixed place, it may have the one it was linked for.
    const u32 base = placement.program_bias == 0 && plan.segment_count > 0
                         ? plan.segments[0].address
                         : 0;
    const result<> mapped = map_segments(mapper, plan, base, flags, total, false);
    if (!mapped) return err{mapped.error()};
    // The tail is cleared whether there is bss or not, and what lies behind it in memory
    // begins with the next page.
    if (const result<> cleared = mapper.clear_tail(plan.bss_start, PAGE_SIZE); !cleared)
        return err{cleared.error()};
    if (const result<> zeroes =
            mapper.map_zeroes(plan.bss_start, plan.bss_end, total.executable);
        !zeroes)
        return err{zeroes.error()};
    return check_entry(plan, mapper.bias());
}
