// /proc/self/maps of a program by itself: which areas there are, in which order, with which
// rights. Left out is what the kernel puts there for itself ([vdso] and the like), and the
// name [heap], which Linux before 6.6 gives to bss, too.
#include "own_maps.h"
#include "report.h"

#include <sys/mman.h>
#include <unistd.h>

// The next line of it, or null.
static char* next_line(char** rest) {
    return **rest ? strsep(rest, "\n") : NULL;
}

static int shown(const char* name) {
    return strcmp(name, "[heap]") && strcmp(name, "[vdso]") && strncmp(name, "[vvar", 5) &&
           strcmp(name, "[vsyscall]");
}

static void show_all(const char* when) {
    char* maps = read_maps();
    printf("%s:\n", when);
    unsigned last = 0;
    int in_order = 1;
    for (char* line; (line = next_line(&maps));) {
        unsigned begin = 0, end = 0, offset = 0;
        char rights[8] = "", name[256] = "";
        sscanf(line, "%x-%x %7s %x %*s %*s %255s", &begin, &end, rights, &offset, name);
        in_order &= begin >= last && begin < end && begin % 4096 == 0 && end % 4096 == 0;
        last = end;
        const char* const file = strrchr(name, '/');
        if (shown(name) && name[0]) printf("  %s %s\n", rights, file ? file + 1 : name);
    }
    show_is("in order", in_order);
}

// The rights of the areas in [begin, begin + size), in one line.
static void show_range(const char* what, char* begin, size_t size) {
    char* maps = read_maps();
    char rights[8];
    unsigned from = 0, to = 0;
    printf("%s:", what);
    for (char* line; (line = next_line(&maps));) {
        sscanf(line, "%x-%x %7s", &from, &to, rights);
        if (to <= (unsigned)begin || from >= (unsigned)begin + size) continue;
        const unsigned low = from < (unsigned)begin ? (unsigned)begin : from;
        const unsigned high = to > (unsigned)begin + size ? (unsigned)begin + size : to;
        printf(" %s*%u", rights, (high - low) / 4096);
    }
    printf("\n");
}

int main(void) {
    show_all("at the start");
    char* const room = mmap(NULL, 10 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    show_range("mapped", room, 10 * 4096);
    mprotect(room + 4096, 4 * 4096, PROT_READ | PROT_WRITE);
    show_range("four pages writable", room, 10 * 4096);
    // Once written to, it stays accounted for, and like no area that never was writable.
    room[2 * 4096] = 1;
    mprotect(room + 2 * 4096, 4096, PROT_READ);
    show_range("one of them read-only", room, 10 * 4096);
    munmap(room + 3 * 4096, 4096);
    show_range("the next unmapped", room, 10 * 4096);
    mmap(room + 3 * 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    show_range("a read-only one in its place", room, 10 * 4096);
    mmap(room + 8 * 4096, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    show_range("a shared one", room, 10 * 4096);
    munmap(room, 10 * 4096);
    show_range("unmapped", room, 10 * 4096);
    return 0;
}
