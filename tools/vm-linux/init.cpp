// /init of the machine that records: starts the runner once a program, each time with a
// fresh process, and a fresh file of its own making. The answers go to the second serial
// port.
//
// From the kernel's command line, as environment: vm_first=SEED vm_count=N vm_steps=N.
#include "tools/vm-linux/linux_calls.hpp"

namespace {

u32 setting(char** environment, const char* name, u32 usual) {
    for (; *environment != nullptr; ++environment)
        if (starts_with(*environment, name)) return decimal(*environment + length_of(name));
    return usual;
}

void make_file_systems() {
    static const struct {
        const char* type;
        const char* where;
    } mounts[] = {{"proc", "/proc"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}};
    for (const auto& mount : mounts) {
        linux_call(NR_mkdir, address_of(mount.where), 0777);
        linux_call(NR_mount, address_of(mount.type), address_of(mount.where),
                   address_of(mount.type), 0, 0);
    }
}

// Characters leave as they are: no line feed becomes two.
u32 open_serial() {
    constexpr u32 TCGETS_ = 0x5401, TCSETS_ = 0x5402, OPOST_ = 1, ECHO_ = 010;
    const u32 port = open_file("/dev/ttyS1", O_RDWR_);
    struct {
        u32 input, output, control, local;
        u8 line, characters[19];
    } settings;
    linux_call(NR_ioctl, port, TCGETS_, address_of(&settings));
    settings.output &= ~OPOST_;
    settings.local &= ~ECHO_;
    linux_call(NR_ioctl, port, TCSETS_, address_of(&settings));
    return port;
}

// Not as root, who may lock more than his limit and map page 0. A 64-bit kernel is told to
// keep the programs below 3 GiB, as a 32-bit one does.
[[noreturn]] void become_runner(const char* what, const char* steps, u32 output) {
    linux_call(NR_dup2, output, 4);
    constexpr u32 ADDR_NO_RANDOMIZE_ = 0x0040000, ADDR_LIMIT_3GB_ = 0x8000000;
    linux_call(NR_personality, ADDR_NO_RANDOMIZE_ | ADDR_LIMIT_3GB_);
    linux_call(NR_setgid32, 1000);
    linux_call(NR_setuid32, 1000);
    const u32 file = open_file("/tmp/file", O_RDWR_ | O_CREAT_ | O_TRUNC_, 0600);
    linux_call(NR_dup2, file, 3);
    if (file != 3) linux_call(NR_close, file);
    const char* const arguments[] = {"runner", what, steps, nullptr};
    const char* const environment[] = {nullptr};
    linux_call(NR_execve, address_of("/runner"), address_of(arguments),
               address_of(environment));
    linux_call(NR_exit_group, 100);
    __builtin_unreachable();
}

void run(const char* what, const char* steps, u32 output) {
    const u32 child = linux_call(NR_fork);
    if (child == 0) become_runner(what, steps, output);
    u32 status = 0;
    linux_call(NR_waitpid, child, address_of(&status), 0);
    if (status == 0) return;
    char room[11];
    write_text(output, "\nbroken ");
    write_text(output, to_decimal(status, room));
    write_text(output, "\n");
}

}  // namespace

extern "C" int main(int, char**, char** environment) {
    make_file_systems();
    const u32 output = open_serial();
    const u32 first = setting(environment, "vm_first=", 1);
    const u32 count = setting(environment, "vm_count=", 10);
    char steps[11], seed[11];
    const char* const steps_text =
        to_decimal(setting(environment, "vm_steps=", 100), steps);
    write_text(output, "begin\n");
    run("layout", steps_text, output);
    for (u32 i = 0; i < count; ++i) run(to_decimal(first + i, seed), steps_text, output);
    write_text(output, "end\n");
    // To the last character, then off.
    constexpr u32 TCSBRK_ = 0x5409;
    linux_call(NR_ioctl, output, TCSBRK_, 1);
    linux_call(NR_reboot, 0xfee1dead, 672274793, 0x4321fedc);
    for (;;) linux_call(NR_waitpid, ~0u, 0, 0);
}
