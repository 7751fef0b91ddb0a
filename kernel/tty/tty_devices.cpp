// The names of terminals in /dev, and what opening one of them means.
#include "fs/vfs/char_device.hpp"
#include "kernel/console/console.hpp"
#include "kernel/tty/tty.hpp"
#include "mm/slab/kmalloc.hpp"

#include <new>

namespace {

constexpr u32 controlling_device = MKDEV(TTYAUX_MAJOR, 0);
constexpr u32 console_device_number = MKDEV(TTYAUX_MAJOR, 1);

// /dev/console and /dev/tty0 give nobody a controlling terminal, nor does who has one.
bool may_become_controlling(u32 device, const open_file& file) {
    return device != console_device_number && device != controlling_device &&
           device != MKDEV(TTY_MAJOR, 0) && file.f_mode & FMODE_READ &&
           !(file.f_flags & O_NOCTTY);
}

result<> open_tty(inode& inode, open_file& file) {
    const u32 device = inode.i_rdev;
    tty_struct* const tty = device == controlling_device ? current_tty() : get_tty(device);
    if (!tty) return err{ENXIO};
    void* const room = kmalloc(sizeof(tty_file), GFP_KERNEL);
    if (!room) return err{ENOMEM};
    file.private_data =
        new (room) tty_file{tty, tty->hangups, device == console_device_number};
    tty->opens.fetch_add(1);
    wake_up_all(console_events());
    if (may_become_controlling(device, file)) tty_opened_by_leader(*tty);
    return {};
}

void release_tty(open_file& file) {
    tty_struct& tty = *static_cast<tty_file*>(file.private_data)->tty;
    kfree(file.private_data);
    if (tty.opens.fetch_sub(1) > 1) return;
    if (tty.session != 0) tty_forget_session(tty);
    const tty_guard held(tty);
    tty.discipline.start();
    tty.discipline.flush_input();
}

constexpr open_file_operations tty_operations = {.open = open_tty,
                                                 .release = release_tty,
                                                 .read = tty_read,
                                                 .write = tty_write,
                                                 .ioctl = tty_ioctl,
                                                 .poll = tty_poll};

}  // namespace

REGISTER(char_device, tty_device) = {.name = "tty",
                                     .device = controlling_device,
                                     .mode = 0666,
                                     .operations = &tty_operations};
REGISTER(char_device, console_tty_device) = {.name = "console",
                                             .device = console_device_number,
                                             .mode = 0600,
                                             .operations = &tty_operations};
REGISTER(char_device, tty0_device) = {.name = "tty0",
                                      .device = MKDEV(TTY_MAJOR, 0),
                                      .mode = 0620,
                                      .operations = &tty_operations};
REGISTER(char_device, tty1_device) = {.name = "tty1",
                                      .device = MKDEV(TTY_MAJOR, 1),
                                      .mode = 0620,
                                      .operations = &tty_operations};
REGISTER(char_device, ttyS0_device) = {.name = "ttyS0",
                                       .device = MKDEV(TTY_MAJOR, 64),
                                       .mode = 0660,
                                       .operations = &tty_operations};
