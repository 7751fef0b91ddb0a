#include "fs/vfs/char_device.hpp"
#include "fs/vfs/files_struct.hpp"
#include "kernel/process/init_program.hpp"
#include "fs/vfs/names.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/sched/task.hpp"
#include "lib/console.hpp"
static result<size_t> cwrite(open_file&, iov_iter& from, u64&) { char b[128]; size_t n = 0; while (from.count()) { size_t k = from.copy_from(b, min_of(from.count(), sizeof b)); if (!k) break; console_out().write({b,k}); n += k; } return n; }
static const open_file_operations cops = {.write = cwrite};
REGISTER(char_device, console_dev) = {.name="console",.device=MKDEV(5,1),.mode=0600,.operations=&cops};
