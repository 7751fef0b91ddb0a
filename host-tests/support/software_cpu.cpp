#include "host-tests/support/software_cpu.hpp"

#include "arch/i386/user_copy.hpp"
#include "host-tests/support/kernel_memory.hpp"
#include "lib/sync/preempt.hpp"
#include "mm/vm/current_mm.hpp"
#include "mm/vm/space_machine.hpp"

#include <cstring>
#include <stdexcept>

// ---- what mm/vm asks of a machine ------------------------------------------------------

void share_kernel_part(shared_pgd&) {}
void unshare_kernel_part(shared_pgd&) {}
bool no_execute_works() { return the_software_cpu().has_no_execute(); }
bool reads_high_page_tables() { return true; }
void load_tables(const pgd_t* top) { the_software_cpu().load(top); }

u32 raw_copy_from_user(void* to, u32 from, u32 bytes) {
    return the_software_cpu().kernel_read(to, from, bytes);
}
u32 raw_copy_to_user(u32 to, const void* from, u32 bytes) {
    return the_software_cpu().kernel_write(to, from, bytes);
}
u32 raw_clear_user(u32 to, u32 bytes) {
    const std::vector<u8> zeroes(bytes);
    return the_software_cpu().kernel_write(to, zeroes.data(), bytes);
}

template <class T>
bool raw_get_user(T& value, u32 from) {
    value = 0;
    return the_software_cpu().kernel_read_value(&value, from, sizeof(T));
}
template <class T>
bool raw_put_user(T value, u32 to) {
    return the_software_cpu().kernel_write_value(to, &value, sizeof(T));
}
template bool raw_get_user<u8>(u8&, u32);
template bool raw_get_user<u16>(u16&, u32);
template bool raw_get_user<u32>(u32&, u32);
template bool raw_put_user<u8>(u8, u32);
template bool raw_put_user<u16>(u16, u32);
template bool raw_put_user<u32>(u32, u32);

software_cpu& the_software_cpu() {
    static software_cpu cpu;
    return cpu;
}

// ---- memory ----------------------------------------------------------------------------

namespace {

u8* physical(u64 address) {
    const u64 frame = address >> PAGE_SHIFT;
    if (frame == 0 || frame >= max_pfn) throw std::logic_error("no RAM at that address");
    return frame_contents(pfn(static_cast<u32>(frame))) + (address & (PAGE_SIZE - 1));
}

}  // namespace

u64 software_cpu::bus::read(u64 address, unsigned bytes) {
    u64 value = 0;
    memcpy(&value, physical(address), bytes);
    return value;
}
void software_cpu::bus::write(u64 address, u64 value, unsigned bytes) {
    memcpy(physical(address), &value, bytes);
}

// ---- the TLB ---------------------------------------------------------------------------

software_cpu::software_cpu()
    : mmu_(bus_, {.pae = pae, .no_execute = pae, .phys_bits = pae ? 36u : 32u}) {}

void software_cpu::set_no_execute(bool works) {
    if (works && !pae) throw std::logic_error("two-level tables have no NX");
    mmu_.cpu.no_execute = works;
    drop_space();
}

void software_cpu::load(const pgd_t* top) {
    top_ = top;
    mmu_.cpu.cr3 = top ? static_cast<u32>(virt_to_phys(top).raw()) : 0;
    host_tlb = top ? this : nullptr;
    drop_space();
}

void software_cpu::drop_page(u32 address) {
    tlb_.erase(address >> PAGE_SHIFT);
    structures_.clear();
}

void software_cpu::drop_space() {
    tlb_.clear();
    structures_.clear();
    if (pae && top_)
        for (u32 i = 0; i < 4; ++i) top_entries_[i] = mmu_.pdpte(i << 30).raw;
}

// What is kept of the way down is still so: a CPU would go that way.
void software_cpu::check_structures(u32 address) {
    u64 directory = mmu_.only_directory();
    if (pae) {
        const software_mmu::entry top = mmu_.pdpte(address);
        if (top.raw != top_entries_[address >> 30])
            throw std::logic_error("a top entry has changed, and CR3 was not loaded");
        if (!top.present()) return;
        directory = top.address;
    }
    const u32 span = address / mmu_.large_size();
    const software_mmu::entry now = mmu_.pde(directory, address);
    const auto kept = structures_.find(span);
    if (kept != structures_.end() && (!now.present() || kept->second != now.address))
        throw std::logic_error("a page table has gone, and no flush has told of it");
    if (now.present()) structures_[span] = now.address;
}

mmu_outcome software_cpu::look_up(u32 address, mmu_access access) {
    const auto found = tlb_.find(address >> PAGE_SHIFT);
    if (found != tlb_.end()) {
        kept& known = found->second;
        if (!software_mmu::allows(known.page, access, true)) {
            const bool says_fetch = access.fetch && has_no_execute();
            return {{}, software_mmu::protection |
                            (access.write ? software_mmu::writing : 0) |
                            (access.user ? software_mmu::by_user : 0) |
                            (says_fetch ? software_mmu::fetching : 0)};
        }
        if (!access.write || known.dirty) return {known.page};
    }
    check_structures(address);
    const mmu_outcome outcome = mmu_.access(address, access);
    if (outcome) tlb_[address >> PAGE_SHIFT] = {*outcome.page, access.write};
    return outcome;
}

// ---- running ---------------------------------------------------------------------------

fault_outcome software_cpu::translate(u32 address, mmu_access access) {
    if (!top_ || address >= TASK_SIZE) return segv_maperr(address);
    const mmu_outcome found = look_up(address, access);
    if (found) return {};
    tlb_.erase(address >> PAGE_SHIFT);
    structures_.clear();
    ++faults;
    const fault_outcome outcome =
        do_page_fault(address, found.error, access.user, 0x08048000);
    // Again from the start.
    return outcome ? fault_outcome{.what = fault_outcome::handled, .signal = 1} : outcome;
}

// Handled with a mark: something has faulted, so the instruction begins anew.
fault_outcome software_cpu::translate_all(const std::vector<piece>& pieces) {
    for (const piece& p : pieces)
        for (u32 done = 0; done < p.bytes;) {
            const u32 at = p.address + done;
            const fault_outcome outcome = translate(at, p.access);
            if (outcome != fault_outcome{}) return outcome;
            done += min_of(p.bytes - done, PAGE_SIZE - (at & (PAGE_SIZE - 1)));
        }
    return {};
}

u8* software_cpu::byte_at(u32 address) const {
    const u64 frame = tlb_.at(address >> PAGE_SHIFT).page.frame;
    return physical(frame + (address & (PAGE_SIZE - 1)));
}

void software_cpu::move(const piece& p) {
    for (u32 i = 0; i < p.bytes; ++i)
        if (p.to) p.to[i] = *byte_at(p.address + i);
        else *byte_at(p.address + i) = p.from[i];
}

fault_outcome software_cpu::run(std::vector<piece> pieces) {
    for (int tries = 0; tries < 64; ++tries) {
        const fault_outcome outcome = translate_all(pieces);
        if (!outcome) return outcome;
        if (outcome.signal) continue;
        for (const piece& p : pieces) move(p);
        return {};
    }
    throw std::logic_error("an instruction faults without end");
}

fault_outcome software_cpu::movsl(u32 ip, u32 bytes, u32 to, u32 from) {
    u8 instruction[16], word[4] = {};
    return run({{ip, bytes, instruction, nullptr, {.user = true, .fetch = true}},
                {from, 4, word, nullptr, {.user = true}},
                {to, 4, nullptr, word, {.write = true, .user = true}}});
}

// Page by page: what could be had before a fault that nobody resolves is had.
u32 software_cpu::kernel_access(piece whole) {
    while (whole.bytes > 0) {
        piece part = whole;
        part.bytes = min_of(whole.bytes, PAGE_SIZE - (whole.address & (PAGE_SIZE - 1)));
        if (in_atomic() && (!top_ || !look_up(part.address, part.access))) break;
        if (!run({part})) break;
        whole.address += part.bytes;
        whole.bytes -= part.bytes;
        if (whole.to) whole.to += part.bytes;
        if (whole.from) whole.from += part.bytes;
    }
    return whole.bytes;
}

// By one instruction: all of it is there at once, or nothing is done.
bool software_cpu::kernel_value(piece whole) {
    const auto is_there = [&](u32 address) {
        return top_ && address < TASK_SIZE && look_up(address, whole.access);
    };
    if (in_atomic() &&
        (!is_there(whole.address) || !is_there(whole.address + whole.bytes - 1)))
        return false;
    return static_cast<bool>(run({whole}));
}
bool software_cpu::kernel_read_value(void* to, u32 from, u32 bytes) {
    return kernel_value({from, bytes, static_cast<u8*>(to), nullptr, {}});
}
bool software_cpu::kernel_write_value(u32 to, const void* from, u32 bytes) {
    return kernel_value({to, bytes, nullptr, static_cast<const u8*>(from), {.write = true}});
}

u32 software_cpu::kernel_read(void* to, u32 from, u32 bytes) {
    return kernel_access({from, bytes, static_cast<u8*>(to), nullptr, {}});
}
u32 software_cpu::kernel_write(u32 to, const void* from, u32 bytes) {
    return kernel_access(
        {to, bytes, nullptr, static_cast<const u8*>(from), {.write = true}});
}
