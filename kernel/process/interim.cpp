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
SYSCALL_DEFINE(4, write, u32 fd, u32 buf, u32 n) { open_file* f = current_task()->files->fget(fd); if (!f) return err{EBADF}; auto r = vfs_write(*f, iov_iter::of_user(user_ptr<const void>(buf), n)); fput(f); return r; }
SYSCALL_DEFINE(146, writev, u32 fd, user_ptr<const u32> v, u32 n) { u32 t = 0; for (u32 i = 0; i < n; ++i) { u32 a=0,b=0; (void)get_user(a, v+2*i); (void)get_user(b,v+2*i+1); if (!b) continue; auto r = sys_write(fd,a,b); if (r.raw()<0) return r; t += (u32)r.raw(); } return t; }
