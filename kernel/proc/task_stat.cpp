// /proc/PID/stat, statm and status, to the field as Linux 6.1 has them.
#include "fs/proc/proc_task.hpp"
#include "fs/vfs/files_struct.hpp"
#include "kernel/proc/task_facts.hpp"
#include "kernel/sched/schedule.hpp"
#include "kernel/signal/oom_kill.hpp"
#include "lib/clock.hpp"
#include "mm/vm/mm.hpp"
#include "mm/vm/user_pages.hpp"

namespace {

u32 file_pages(const mm_struct& mm) {
    return mm.rss[MM_FILEPAGES].load(memory_order::relaxed) +
           mm.rss[MM_SHMEMPAGES].load(memory_order::relaxed);
}

// Numbers, each behind a blank.
class row {
public:
    explicit row(text_sink& out) : out_(out) {}
    template <class... T>
    row& operator()(const T&... numbers) {
        (format_to(out_, " {}", numbers), ...);
        return *this;
    }
    void zeroes(u32 count) {
        while (count-- > 0) out_.write(" 0");
    }

private:
    text_sink& out_;
};

// What is behind the current instruction is not told: kstkesp, kstkeip, wchan are 0.
result<> show_stat(text_sink& out, task_struct& task) {
    const task_facts facts(task);
    const held_mm mm(task);
    format_to(out, "{} ({}) {}", task.pid, task.comm, facts.state);
    row put(out);
    put(facts.ppid, facts.pgrp, facts.session, facts.tty_nr, facts.tpgid, task.flags);
    put(facts.min_flt + (mm ? mm->min_flt : 0), facts.cmin_flt);
    put(facts.maj_flt + (mm ? mm->maj_flt : 0), facts.cmaj_flt);
    put(facts.utime, facts.stime, facts.cutime, facts.cstime);
    put(static_cast<s32>(task.prio) - 100, task_nice(task), facts.threads, 0);
    put(task.start_time_us / (1'000'000 / HZ));
    put(mm ? u64{mm->total_vm} << PAGE_SHIFT : 0, mm ? get_mm_rss(*mm) : 0, ~u32{0});
    if (mm) put(mm->start_code, mm->end_code, mm->start_stack);
    else put.zeroes(3);
    put.zeroes(2);
    constexpr auto low = [](signal_set set) { return static_cast<u32>(set & 0x7fffffff); };
    put(low(facts.pending), low(facts.blocked), low(facts.ignored), low(facts.caught));
    put.zeroes(3);
    put(task.exit_signal);
    put.zeroes(6);
    if (mm)
        put(mm->start_data, mm->end_data, mm->start_brk, mm->arg_start, mm->arg_end,
            mm->env_start, mm->env_end);
    else
        put.zeroes(7);
    put(task.exit_code);
    out.put('\n');
    return {};
}

result<> show_statm(text_sink& out, task_struct& task) {
    const held_mm mm(task);
    if (!mm) return out.write("0 0 0 0 0 0 0\n"), result<>{};
    const u32 text =
        (align_up(mm->end_code, PAGE_SIZE) - align_down(mm->start_code, PAGE_SIZE)) >> PAGE_SHIFT;
    format_to(out, "{} {} {} {} 0 {} 0\n", mm->total_vm, get_mm_rss(*mm), file_pages(*mm),
              text, mm->data_vm + mm->stack_vm);
    return {};
}

void put_kb(text_sink& out, const char* name, u32 pages) {
    format_to(out, "{}:\t{:>8} kB\n", name, u64{pages} * (PAGE_SIZE / 1024));
}

void show_space(text_sink& out, const mm_struct& mm) {
    const u32 rss = get_mm_rss(mm);
    put_kb(out, "VmPeak", max_of(mm.hiwater_vm, mm.total_vm));
    put_kb(out, "VmSize", mm.total_vm);
    put_kb(out, "VmLck", mm.locked_vm);
    put_kb(out, "VmPin", 0);
    put_kb(out, "VmHWM", max_of(mm.hiwater_rss, rss));
    put_kb(out, "VmRSS", rss);
    put_kb(out, "RssAnon", mm.rss[MM_ANONPAGES].load(memory_order::relaxed));
    put_kb(out, "RssFile", mm.rss[MM_FILEPAGES].load(memory_order::relaxed));
    put_kb(out, "RssShmem", mm.rss[MM_SHMEMPAGES].load(memory_order::relaxed));
    put_kb(out, "VmData", mm.data_vm);
    put_kb(out, "VmStk", mm.stack_vm);
    const u32 text =
        (align_up(mm.end_code, PAGE_SIZE) - align_down(mm.start_code, PAGE_SIZE)) >> PAGE_SHIFT;
    put_kb(out, "VmExe", text);
    put_kb(out, "VmLib", mm.exec_vm > text ? mm.exec_vm - text : 0);
    put_kb(out, "VmPTE", mm.pgtables_bytes.load(memory_order::relaxed) >> PAGE_SHIFT);
    put_kb(out, "VmSwap", 0);
}

// Of its files: as many descriptors as its table has room for, and what new ones lack.
struct file_facts {
    u32 fd_size = 0, umask = 022;

    explicit file_facts(task_struct& task) {
        files_struct* files = nullptr;
        {
            const lock_guard held(task.alloc_lock);
            if (task.fs) umask = task.fs->umask();
            files = task.files;
            if (files) files->get();
        }
        if (!files) return;
        fd_size = files->max_fds();
        files->put();
    }
};

result<> show_status(text_sink& out, task_struct& task) {
    const task_facts facts(task);
    const proc_task_facts who = proc_facts(task);
    const file_facts files(task);
    const task_cred& cred = task.cred;
    format_to(out, "Name:\t{}\nUmask:\t{:04o}\nState:\t{}\n", task.comm, files.umask,
              state_word(facts.state));
    format_to(out, "Tgid:\t{}\nNgid:\t0\nPid:\t{}\nPPid:\t{}\n", who.tgid, who.tid, facts.ppid);
    format_to(out, "TracerPid:\t0\nUid:\t{}\t{}\t{}\t{}\nGid:\t{}\t{}\t{}\t{}\n", cred.ruid,
              cred.euid, cred.suid, cred.uid, cred.rgid, cred.egid, cred.sgid, cred.gid);
    format_to(out, "FDSize:\t{}\nGroups:\t\n", files.fd_size);
    if (const held_mm mm(task); mm) show_space(out, *mm);
    format_to(out, "Threads:\t{}\n", facts.threads);
    const struct {
        const char* name;
        signal_set set;
    } sets[] = {{"SigPnd", facts.pending},
                {"ShdPnd", facts.shared_pending},
                {"SigBlk", facts.blocked},
                {"SigIgn", facts.ignored},
                {"SigCgt", facts.caught}};
    for (const auto& [name, set] : sets) format_to(out, "{}:\t{:016x}\n", name, set);
    format_to(out, "Cpus_allowed:\t1\nCpus_allowed_list:\t0\n");
    format_to(out, "voluntary_ctxt_switches:\t{}\nnonvoluntary_ctxt_switches:\t{}\n",
              facts.nvcsw, facts.nivcsw);
    return {};
}

}  // namespace

REGISTER(proc_task_file, stat_task_file) = {.name = "stat", .show = show_stat};
// Nobody says where it waits.
REGISTER(proc_task_file, wchan_task_file) = {
    .name = "wchan", .show = [](text_sink& out, task_struct&) -> result<> {
        out.put('0');
        return {};
    }};
REGISTER(proc_task_file, oom_score_task_file) = {
    .name = "oom_score", .show = [](text_sink& out, task_struct& task) -> result<> {
        format_to(out, "{}\n", oom_score(task));
        return {};
    }};
REGISTER(proc_task_file, statm_task_file) = {.name = "statm", .show = show_statm};
REGISTER(proc_task_file, status_task_file) = {.name = "status", .show = show_status};
