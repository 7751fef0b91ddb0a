#include "mm/vm/faults_story.hpp"

#include <cpu/tsc.hpp>
#include "lib/command.hpp"
#include "lib/errno.hpp"
#include "lib/log.hpp"
#include "mm/map/walk.hpp"
#include "mm/vm/named_space.hpp"
#include "mm/vm/zero_page.hpp"

constinit fault_story_teller fault_stories;

namespace {

using F = kernel_format;

// ---- what is looked up besides -----------------------------------------------------------

// As find_vma goes, and leaving the cache as it is.
vm_area_struct* search_area(const mm_struct& mm, u32 address, area_search& search) {
    if (mm.cache.seqnum == mm.vmacache_seqnum)
        for (vm_area_struct* const cached : mm.cache.vmas)
            if (cached && cached->vm_start <= address && address < cached->vm_end) {
                search.cache_hit = true;
                return cached;
            }
    vm_area_struct* best = nullptr;
    for (vm_area_struct* area = mm.mm_rb.root(); area;) {
        if (search.steps < area_search::most) search.path[search.steps] = area->vm_start;
        ++search.steps;
        if (area->vm_end <= address) {
            area = vma_tree::right(*area);
            continue;
        }
        best = area;
        if (area->vm_start <= address) break;
        area = vma_tree::left(*area);
    }
    return best;
}

void note_area(fault_story& story, mm_struct& mm) {
    const read_guard held(mm.mmap_sem);
    const vm_area_struct* const area = search_area(mm, story.access.address, story.search);
    const bool is_near = area && (area->vm_start <= story.access.address ||
                                  (area->vm_flags & VM_GROWSDOWN));
    if (!is_near) return;
    story.has_area = true;
    story.vm_start = area->vm_start;
    story.vm_end = area->vm_end;
    story.vm_flags = area->vm_flags;
    story.has_file = area->vm_file != nullptr;
}

pte_entry entry_now(mm_struct& mm, u32 address) {
    const read_guard held(mm.mmap_sem);
    return entry_at(mm, address);
}

// ---- words -------------------------------------------------------------------------------

const char* access_word(u32 error_code) {
    if (error_code & PF_WRITE) return "write to";
    return error_code & PF_FETCH ? "execution of" : "read of";
}

void print_search(text_sink& out, const area_search& search) {
    if (search.cache_hit) return out.write("found    in the cache of areas\n");
    out.write("found    by the tree:");
    for (u32 i = 0; i < min_of(search.steps, area_search::most); ++i) {
        if (i > 0 && i % 5 == 0) out.write("\n                    ");
        format_to(out, " {:#010x}", search.path[i]);
    }
    out.write(search.steps == 0 ? " it is empty\n" : "\n");
}

void print_area(text_sink& out, const fault_story& story) {
    if (!story.has_area) return out.write("area     none\n");
    const u32 flags = story.vm_flags;
    const bool grows = story.access.address < story.vm_start;
    format_to(out, "area     {:#010x}-{:#010x} {}{}{}{} {}{}\n", story.vm_start, story.vm_end,
              flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
              flags & VM_EXEC ? 'x' : '-', flags & VM_SHARED ? 's' : 'p',
              story.has_file ? "file" : "anonymous", grows ? ", a stack, grows" : "");
}

void print_entry(text_sink& out, const char* title, pte_entry entry) {
    format_to(out, "{:<9}{:#x}  {}\n", title, u64{entry}, entry_words<F>{entry, 0});
}

void print_frame(text_sink& out, pte_entry before, pte_entry after) {
    if (!F::has_frame(after)) return;
    const u64 number = F::address(after, 0) >> PAGE_SHIFT;
    const page* const page = vm_normal_page(after);
    format_to(out, "frame    {:#x}, ", number);
    if (!page)
        return out.write(is_zero_page(after) ? "the page of zeroes\n" : "a device's\n");
    const bool same = F::has_frame(before) && F::address(before, 0) == F::address(after, 0);
    format_to(out, "{}, {}, mapped {}\n", zone_name(page_zonenum(*page)),
              same              ? "the same as before"
              : PageAnon(*page) ? "fresh, of the page allocator"
                                : "of the page cache",
              page_mapcount(*page) == 1 ? "here only" : "elsewhere, too");
}

// "read of 0x08048000: file, read: the page of the page cache"
struct story_line {
    const fault_story& story;
};
void format_value(text_sink& out, const format_spec&, const story_line& line) {
    const fault_story& story = line.story;
    format_to(out, "{} {:#010x}: {}", access_word(story.access.error_code),
              story.access.address, fault_decision_text(story.decision));
}

void print_outcome(text_sink& out, const fault_outcome& outcome) {
    switch (outcome.what) {
        case fault_outcome::handled: return;
        case fault_outcome::out_of_memory: return out.write("outcome  out of memory\n");
        case fault_outcome::signalled:
            format_to(out, "outcome  signal {}, code {}\n", outcome.signal, outcome.code);
    }
}

}  // namespace

fault_outcome fault_story_teller::tell(mm_struct& mm, const fault_access& access) {
    if (only && only != &mm) {
        fault_decision decision;
        return resolve_fault(mm, access.address, access.error_code, decision);
    }
    fault_story story;
    story.access = access;
    story.mm = &mm;
    note_area(story, mm);
    story.before = entry_now(mm, access.address);
    const u64 start = has_tsc() ? read_tsc() : 0;
    story.outcome = resolve_fault(mm, access.address, access.error_code, story.decision);
    story.ticks = has_tsc() ? read_tsc() - start : 0;
    story.after = entry_now(mm, access.address);
    recent[count++ % remembered] = story;
    if (print) pr_info("fault {}: {}", count, story_line{story});
    return story.outcome;
}

void fault_story_teller::forget(const mm_struct& mm) {
    if (count == 0 && !only) return;
    for (fault_story& story : recent)
        if (story.mm == &mm) story.mm = nullptr;
    if (only != &mm) return;
    only = nullptr;
    on = print = false;
}

void print_fault_story(text_sink& out, const fault_story& story) {
    const fault_access& access = story.access;
    format_to(out, "fault    {} {:#010x} by {} at {:#010x}: {}\n", access_word(access.error_code),
              access.address, access.from_user ? "a program" : "the kernel", access.ip,
              access.error_code & PF_PRESENT ? "the rights were too few"
                                             : "nothing was mapped");
    print_area(out, story);
    print_search(out, story.search);
    format_to(out, "decided  {}\n", fault_decision_text(story.decision));
    print_entry(out, "before", story.before);
    print_entry(out, "after", story.after);
    print_frame(out, story.before, story.after);
    print_outcome(out, story.outcome);
    format_to(out, "cost     {} instructions, or ticks of the TSC\n", story.ticks);
}

namespace {

// How many a program has had, and the stories of those that are remembered.
int show_faults_of(std::string_view pid, text_sink& out) {
    const named_space mm(pid, out);
    if (!mm) return ESRCH;
    const fault_story_teller& told = fault_stories;
    format_to(out, "{} faults in this address space, {} of them read from a medium\n",
              (*mm).min_flt + (*mm).maj_flt, (*mm).maj_flt);
    const fault_story* last = nullptr;
    for (u32 age = min_of(told.count, told.remembered); age > 0; --age) {
        const fault_story& story = told.recent[(told.count - age) % told.remembered];
        if (story.mm != &*mm) continue;
        format_to(out, "{}\n", story_line{story});
        last = &story;
    }
    if (!last) return out.write("None was noted: faults on [PID]\n"), 0;
    print_fault_story(out, *last);
    return 0;
}

int switch_on(std::string_view pid, text_sink& out) {
    fault_stories.only = nullptr;
    if (!pid.empty()) {
        const named_space mm(pid, out);
        if (!mm) return ESRCH;
        fault_stories.only = &*mm;
    }
    fault_stories.on = fault_stories.print = true;
    return 0;
}

}  // namespace

REGISTER(monitor_command, faults_command) = {
    .name = "faults",
    .usage = "faults PID|on [PID]|off|last",
    .help = "page faults as stories: what was found, decided and done",
    .run = [](command_line& line, text_sink& out) {
        const std::string_view word = line.arg(0);
        if (word == "on") return switch_on(line.arg(1), out);
        if (word == "off") {
            fault_stories.on = fault_stories.print = false;
            return 0;
        }
        if (word.empty()) {
            out.write("faults PID|on [PID]|off|last\n");
            return EINVAL;
        }
        if (word != "last") return show_faults_of(word, out);
        if (fault_stories.count == 0) out.write("None was noted: faults on\n");
        else print_fault_story(out, fault_stories.last());
        return 0;
    },
    .complete = [](completion_sink& to) {
        for (const char* word : {"on", "off", "last"}) to.offer(word);
    },
};
