// /proc/sys/kernel: what of the kernel can be set while it runs.
#include "kernel/log/log.hpp"
#include "kernel/process/process.hpp"
#include "kernel/sched/pid.hpp"
#include "kernel/syscall/utsname.hpp"
#include "lib/proc_file.hpp"
#include "lib/string.hpp"

namespace {

void show_line(text_sink& out, const char* text) { format_to(out, "{}\n", text); }

template <size_t Size>
result<> store_name(char (&name)[Size], std::string_view text) {
    if (text.size() >= Size) return err{EINVAL};
    char wanted[Size] = {};
    memcpy(wanted, text.data(), text.size());
    memcpy(name, wanted, Size);
    return {};
}

}  // namespace

REGISTER(proc_file, ostype_file) = {
    .path = "sys/kernel/ostype", .show = [](text_sink& out) { show_line(out, init_uts.sysname); }};
REGISTER(proc_file, osrelease_file) = {
    .path = "sys/kernel/osrelease",
    .show = [](text_sink& out) { show_line(out, init_uts.release); }};
REGISTER(proc_file, kernel_version_file) = {
    .path = "sys/kernel/version", .show = [](text_sink& out) { show_line(out, init_uts.version); }};
REGISTER(proc_file, hostname_file) = {
    .path = "sys/kernel/hostname",
    .mode = 0644,
    .show = [](text_sink& out) { show_line(out, init_uts.nodename); },
    .store = [](std::string_view text) { return store_name(init_uts.nodename, text); }};
REGISTER(proc_file, domainname_file) = {
    .path = "sys/kernel/domainname",
    .mode = 0644,
    .show = [](text_sink& out) { show_line(out, init_uts.domainname); },
    .store = [](std::string_view text) { return store_name(init_uts.domainname, text); }};
REGISTER(proc_file, pid_max_file) = {
    .path = "sys/kernel/pid_max", .show = [](text_sink& out) { show_number(out, PID_MAX); }};
REGISTER(proc_file, threads_max_file) = {
    .path = "sys/kernel/threads-max",
    .show = [](text_sink& out) { show_number(out, max_tasks()); }};
REGISTER(proc_file, randomize_file) = {
    .path = "sys/kernel/randomize_va_space",
    .mode = 0644,
    .show = [](text_sink& out) { show_number(out, randomize_va_space); },
    .store = [](std::string_view text) { return store_number(text, 0, 2, randomize_va_space); }};
// Of Linux's four numbers only the first can be another one.
REGISTER(proc_file, printk_file) = {
    .path = "sys/kernel/printk",
    .mode = 0644,
    .show = [](text_sink& out) { format_to(out, "{}\t4\t1\t7\n", console_loglevel()); },
    .store =
        [](std::string_view text) {
            u32 level = 0;
            const auto set = store_number(text.substr(0, text.find_first_of(" \t")), 1, 8, level);
            if (set) set_console_loglevel(static_cast<int>(level));
            return set;
        }};
