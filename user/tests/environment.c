// What a program is given at its start: arguments, environment, auxiliary vector.
#include "report.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char** environ;

static void show_limits(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_STACK, &limit);
    printf("stack: %ld KiB\n", (long)(limit.rlim_cur / 1024));
    limit.rlim_cur = 64;
    limit.rlim_max = 128;
    show("setrlimit(NOFILE, 64)", setrlimit(RLIMIT_NOFILE, &limit));
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("files: %ld of %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
    limit.rlim_cur = 129;
    show("more than the hard limit", setrlimit(RLIMIT_NOFILE, &limit));
    show("getrlimit(99)", getrlimit(99, &limit));
    int opened = 0;
    while (dup(0) >= 0) opened++;
    printf("%d more files, then %s\n", opened, errno_name(errno));
}

int main(int argc, char** argv) {
    for (int i = 0; i <= argc; i++)
        printf("argv[%d] = %s\n", i, argv[i] ? argv[i] : "null");
    for (char** entry = environ; *entry; entry++) printf("%s\n", *entry);
    printf("page size %lu\n", getauxval(AT_PAGESZ));
    show_is("AT_PHDR points to the program headers",
            ((Elf32_Phdr*)getauxval(AT_PHDR))->p_type != 0);
    show_is("AT_PHENT", getauxval(AT_PHENT) == sizeof(Elf32_Phdr));
    show_is("AT_PHNUM", getauxval(AT_PHNUM) > 1);
    show_is("AT_ENTRY is in the text", getauxval(AT_ENTRY) > 0x08048000u);
    show_is("AT_RANDOM", getauxval(AT_RANDOM) != 0);
    printf("AT_EXECFN %s\n", (char*)getauxval(AT_EXECFN));
    printf("AT_SECURE %lu, AT_CLKTCK %lu\n", getauxval(AT_SECURE), getauxval(AT_CLKTCK));
    char path[256] = "";
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    printf("/proc/self/exe: %s\n", length > 0 ? strrchr(path, '/') + 1 : "none");
    FILE* const words = fopen("/proc/self/cmdline", "r");
    char text[256];
    const size_t size = words ? fread(text, 1, sizeof text, words) : 0;
    for (size_t i = 0; i < size; i++)
        if (!text[i]) text[i] = '|';
    printf("/proc/self/cmdline: %.*s\n", (int)size, text);
    if (words) fclose(words);
    struct utsname name;
    show("uname", uname(&name));
    printf("%s on %s\n", name.sysname, name.machine);
    show_limits();
    return 0;
}
