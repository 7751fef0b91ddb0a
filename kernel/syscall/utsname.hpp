// Who the machine is: what uname() tells, as programs have it.
#pragma once

struct new_utsname {
    char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65];
};
static_assert(sizeof(new_utsname) == 390);

extern new_utsname init_uts;
