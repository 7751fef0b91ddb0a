// A program that the loader puts together: where its libraries lie, whose frames their
// pages are, and what dlopen() brings and dlclose() takes away.
#include "../own_maps.h"
#include "../report.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

struct extent {
    uintptr_t begin, end;
    unsigned areas;
    char rights[64];
};

// From the first to the last area of the file whose name has that in it.
static struct extent extent_of(const char* name) {
    struct extent found = {0, 0, 0, ""};
    char* rest = read_maps();
    for (char* line; *rest && (line = strsep(&rest, "\n"));) {
        if (!strstr(line, name)) continue;
        unsigned begin = 0, end = 0;
        char rights[8] = "";
        sscanf(line, "%x-%x %7s", &begin, &end, rights);
        if (!found.begin) found.begin = begin;
        found.end = end;
        ++found.areas;
        strcat(strcat(found.rights, " "), rights);
    }
    return found;
}

#define STACK_LIMIT (8u << 20)

static void show_places(void) {
    static const char* const names[] = {"/libc.so.6", "/ld-linux.so.2"};
    const struct extent program = extent_of("/dynamic-libraries");
    const struct extent heap = extent_of("[heap]"), stack = extent_of("[stack]");
    printf("the program:%s\n", program.rights);
    show_is("the heap is behind it", heap.begin >= program.end);
    for (size_t i = 0; i < LENGTH(names); ++i) {
        const struct extent library = extent_of(names[i]);
        printf("%s:%s\n", names[i], library.rights);
        show_is("above the heap", library.begin >= heap.end);
        show_is("below what the stack may take", library.end <= stack.end - STACK_LIMIT);
        // 128 MiB are left for stacks, and nothing lies between.
        show_is("just below", library.end > stack.end - (160u << 20));
    }
}

// ---- frames ----------------------------------------------------------------------------

struct seen {
    uint64_t text, data;  // words of /proc/self/pagemap
};

static uint64_t pagemap_of(const void* address) {
    uint64_t word = 0;
    const int fd = open("/proc/self/pagemap", O_RDONLY);
    if (pread(fd, &word, sizeof word, (uintptr_t)address / 4096 * sizeof word) != sizeof word)
        word = 0;
    close(fd);
    return word;
}

static struct seen look(void) {
    getpid();  // now the page is there
    return (struct seen){pagemap_of((void*)(uintptr_t)getpid), pagemap_of(stdout)};
}

// The program once more, by execve: nothing of it is inherited.
static struct seen look_in_another(char* self) {
    int pipes[2];
    struct seen there = {0, 0};
    if (pipe(pipes) != 0) return there;
    fflush(stdout);
    if (fork() == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        execl("/proc/self/exe", self, "look", (char*)NULL);
        _exit(127);
    }
    close(pipes[1]);
    size_t got = 0;
    for (ssize_t more; got < sizeof there; got += more)
        if ((more = read(pipes[0], (char*)&there + got, sizeof there - got)) <= 0) break;
    close(pipes[0]);
    int status = -1;
    wait(&status);
    show("the other one's status", status);
    return there;
}

#define PRESENT (1ull << 63)
#define FILE_OR_SHARED (1ull << 61)
#define FRAME ((1ull << 55) - 1)

// Linux shows frames only to who may administer it; Loci shows them to root.
static int are_hidden(struct seen one) {
    struct utsname name;
    uname(&name);
    return !strstr(name.release, "loci") && !(one.text & FRAME);
}

static void show_frames(char* self) {
    const struct seen here = look(), there = look_in_another(self);
    const int hidden = are_hidden(here);
    show_is("text is there in both", (here.text & there.text & PRESENT) != 0);
    show_is("of a file", (here.text & there.text & FILE_OR_SHARED) != 0);
    show_is("in one frame", hidden || (here.text & FRAME && !((here.text ^ there.text) & FRAME)));
    show_is("written data is there in both", (here.data & there.data & PRESENT) != 0);
    show_is("of no file", ((here.data | there.data) & FILE_OR_SHARED) == 0);
    show_is("in two frames", hidden || ((here.data ^ there.data) & FRAME) != 0);
}

// ---- dlopen ----------------------------------------------------------------------------

static void show_module(void) {
    show_is("a missing one is refused", dlopen("./missing.so", RTLD_NOW) == NULL);
    printf("%s\n", dlerror());
    void* const module = dlopen("./module.so", RTLD_LAZY);
    if (!module) {
        printf("%s\n", dlerror());
        return;
    }
    double (*const cosine)(double) = (double (*)(double))dlsym(module, "cosine");
    int (*const count)(void) = (int (*)(void))dlsym(module, "count");
    printf("cosine of 1: %.12f\n", cosine(1.0));
    printf("counts: %d %d\n", count(), count());
    const struct extent there = extent_of("/module.so"), maths = extent_of("/libm.so.6");
    printf("module.so:%s\n", there.rights);
    printf("libm.so.6:%s\n", maths.rights);
    show("dlclose", dlclose(module));
    show("areas of module.so", extent_of("/module.so").areas);
    show("areas of libm.so.6", extent_of("/libm.so.6").areas);
}

int main(int count, char** words) {
    if (count > 1) {
        const struct seen here = look();
        return write(STDOUT_FILENO, &here, sizeof here) != sizeof here;
    }
    puts("places:");  // whose buffer begins the heap
    show_places();
    show_frames(words[0]);
    show_module();
    return 5;
}
