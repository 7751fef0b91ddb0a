#include "lib/result.hpp"

const char* errno_name(int code) {
    switch (code) {
#define NAME_OF(name) \
    case name: return #name
        NAME_OF(EPERM);
        NAME_OF(ENOENT);
        NAME_OF(ESRCH);
        NAME_OF(EINTR);
        NAME_OF(EIO);
        NAME_OF(ENXIO);
        NAME_OF(E2BIG);
        NAME_OF(ENOEXEC);
        NAME_OF(EBADF);
        NAME_OF(ECHILD);
        NAME_OF(EAGAIN);
        NAME_OF(ENOMEM);
        NAME_OF(EACCES);
        NAME_OF(EFAULT);
        NAME_OF(EBUSY);
        NAME_OF(EEXIST);
        NAME_OF(EXDEV);
        NAME_OF(ENODEV);
        NAME_OF(ENOTDIR);
        NAME_OF(EISDIR);
        NAME_OF(EINVAL);
        NAME_OF(ENFILE);
        NAME_OF(EMFILE);
        NAME_OF(ENOTTY);
        NAME_OF(ETXTBSY);
        NAME_OF(EFBIG);
        NAME_OF(ENOSPC);
        NAME_OF(ESPIPE);
        NAME_OF(EROFS);
        NAME_OF(EMLINK);
        NAME_OF(EPIPE);
        NAME_OF(EDOM);
        NAME_OF(ERANGE);
        NAME_OF(ENAMETOOLONG);
        NAME_OF(ENOSYS);
        NAME_OF(ENOTEMPTY);
        NAME_OF(ELOOP);
        NAME_OF(EOVERFLOW);
        NAME_OF(ELIBBAD);
        NAME_OF(EOPNOTSUPP);
        NAME_OF(ETIMEDOUT);
#undef NAME_OF
        default: return "errno ?";
    }
}
