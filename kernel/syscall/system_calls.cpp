// What machine and kernel this is, and what a program may want changed of itself.
#include "drivers/power/power.hpp"
#include "kernel/log/log.hpp"
#include "kernel/proc/loadavg.hpp"
#include "kernel/process/process.hpp"
#include "kernel/sched/schedule.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/utsname.hpp"
#include "kernel/time/user_time.hpp"
#include "mm/phys/page_alloc.hpp"

constinit new_utsname init_uts = {"Linux", "loci", "6.1.0-loci", "#1", "i686", "(none)"};

namespace {

// A name that root has chosen; zeroes behind it.
syscall_result set_name(char (&name)[65], user_ptr<const char> from, s32 bytes) {
    if (current_task()->cred.euid != 0) return err{EPERM};
    if (bytes < 0 || bytes > 64) return err{EINVAL};
    char wanted[65] = {};
    if (copy_from_user(wanted, from, static_cast<u32>(bytes)) != 0) return err{EFAULT};
    memcpy(name, wanted, sizeof name);
    return 0u;
}

}  // namespace

SYSCALL_DEFINE(122, newuname, user_ptr<new_utsname> to) { return put_user(init_uts, to); }
SYSCALL_DEFINE(74, sethostname, user_ptr<const char> from, s32 bytes) {
    return set_name(init_uts.nodename, from, bytes);
}
SYSCALL_DEFINE(121, setdomainname, user_ptr<const char> from, s32 bytes) {
    return set_name(init_uts.domainname, from, bytes);
}

namespace {

struct user_sysinfo {
    s32 uptime;
    u32 loads[3];
    u32 totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    u16 procs, pad;
    u32 totalhigh, freehigh, mem_unit;
    u8 rest[8];
};
static_assert(sizeof(user_sysinfo) == 64);

}  // namespace

SYSCALL_DEFINE(116, sysinfo, user_ptr<user_sysinfo> to) {
    page_allocator& pages = the_page_allocator();
    const zone& high = pages.zone_at(ZONE_HIGHMEM);
    user_sysinfo info{};
    info.uptime = static_cast<s32>(uptime_us() / 1000000);
    const load_averages load = avenrun();
    for (u32 i = 0; i < 3; ++i) info.loads[i] = load.load[i] << (16 - FSHIFT);
    info.procs = static_cast<u16>(nr_tasks());
    info.totalhigh = high.managed_pages();
    info.freehigh = high.free_pages() + high.pcp_pages();
    for (const zone& zone : pages.zones()) {
        info.totalram += zone.managed_pages();
        info.freeram += zone.free_pages() + zone.pcp_pages();
    }
    // In bytes, where 32 bits hold that; else in pages.
    info.mem_unit = PAGE_SIZE;
    if (info.totalram < (u64{1} << 32) / PAGE_SIZE) {
        info.mem_unit = 1;
        for (u32* field : {&info.totalram, &info.freeram, &info.totalhigh, &info.freehigh})
            *field *= PAGE_SIZE;
    }
    return put_user(info, to);
}

SYSCALL_DEFINE(88, reboot, u32 magic1, u32 magic2, u32 command, u32) {
    constexpr u32 MAGIC1 = 0xfee1dead;
    constexpr u32 magics2[] = {672274793, 85072278, 369367448, 537993216};
    constexpr u32 RESTART = 0x01234567, HALT = 0xcdef0123, POWER_OFF = 0x4321fedc,
                  CAD_ON = 0x89abcdef, CAD_OFF = 0;
    if (current_task()->cred.euid != 0) return err{EPERM};
    bool known = false;
    for (const u32 magic : magics2) known |= magic == magic2;
    if (magic1 != MAGIC1 || !known) return err{EINVAL};
    switch (command) {
        case CAD_ON:
        case CAD_OFF: return 0u;
        case RESTART: reboot_machine();
        case HALT:
        case POWER_OFF: power_off(0);
    }
    return err{EINVAL};
}

SYSCALL_DEFINE(136, personality, u32 wanted) {
    task_struct& task = *current_task();
    const u32 before = task.personality;
    if (wanted != ~0u) task.personality = wanted;
    return before;
}

SYSCALL_DEFINE(172, prctl, u32 what, u32 a, u32 b, u32 c, u32 d) {
    constexpr u32 SET_PDEATHSIG = 1, GET_PDEATHSIG = 2, GET_DUMPABLE = 3, SET_DUMPABLE = 4,
                  GET_KEEPCAPS = 7, SET_NAME = 15, GET_NAME = 16, GET_SECCOMP = 21,
                  CAPBSET_READ = 23, SET_TIMERSLACK = 29, GET_TIMERSLACK = 30,
                  SET_CHILD_SUBREAPER = 36, GET_CHILD_SUBREAPER = 37,
                  SET_NO_NEW_PRIVS = 38, GET_NO_NEW_PRIVS = 39, SET_VMA = 0x53564d41;
    task_struct& task = *current_task();
    switch (what) {
        case SET_PDEATHSIG:
            if (a > NSIG) return err{EINVAL};
            task.pdeath_signal = a;
            return 0u;
        case GET_PDEATHSIG: return put_user(task.pdeath_signal, user_ptr<u32>(a));
        case GET_DUMPABLE: return 1u;
        case SET_DUMPABLE:
            if (a > 1) return err{EINVAL};
            return 0u;
        case GET_KEEPCAPS: return 0u;
        case SET_NAME: {
            char name[TASK_COMM_LEN] = {};
            const auto length =
                strncpy_from_user(name, user_ptr<const char>(a), TASK_COMM_LEN - 1);
            if (!length) return err{length.error()};
            set_task_comm(task, {name, *length});
            return 0u;
        }
        case GET_NAME:
            if (copy_to_user(user_ptr<void>(a), task.comm, TASK_COMM_LEN) != 0)
                return err{EFAULT};
            return 0u;
        case GET_SECCOMP: return 0u;
        case CAPBSET_READ: return a <= 40 ? syscall_result(1u) : syscall_result(err{EINVAL});
        case SET_TIMERSLACK: return 0u;
        case GET_TIMERSLACK: return 50000u;
        case SET_CHILD_SUBREAPER: task.signal->is_child_subreaper = a != 0; return 0u;
        case GET_CHILD_SUBREAPER:
            return put_user(u32{task.signal->is_child_subreaper}, user_ptr<u32>(a));
        case SET_NO_NEW_PRIVS:
            if (a != 1 || b || c || d) return err{EINVAL};
            task.no_new_privs = true;
            return 0u;
        case GET_NO_NEW_PRIVS:
            if (a || b || c || d) return err{EINVAL};
            return u32{task.no_new_privs};
        case SET_VMA: return err{EINVAL};
    }
    return err{EINVAL};
}

SYSCALL_DEFINE(258, set_tid_address, u32 address) {
    current_task()->clear_child_tid = address;
    return current_task()->pid;
}
