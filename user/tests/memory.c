// mmap() and its kin: what they do, and how they refuse.
#include "report.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { page = 4096 };

static char* map(size_t pages, int rights) {
    return mmap(NULL, pages * page, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static long failed(void* address) { return address == MAP_FAILED ? -1 : 0; }

static void show_mmap_errors(int fd) {
    const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS, rw = PROT_READ | PROT_WRITE;
    show("mmap size 0", failed(mmap(NULL, 0, rw, anonymous, -1, 0)));
    show("mmap too much", failed(mmap(NULL, 0xd0000000u, rw, anonymous, -1, 0)));
    show("mmap neither private nor shared",
         failed(mmap(NULL, page, rw, MAP_ANONYMOUS, -1, 0)));
    show("mmap bad file", failed(mmap(NULL, page, rw, MAP_PRIVATE, 99, 0)));
    show("mmap fixed, crooked",
         failed(mmap((void*)0x10001, page, rw, anonymous | MAP_FIXED, -1, 0)));
    show("mmap fixed, the kernel's",
         failed(mmap((void*)0xffff0000u, page, rw, anonymous | MAP_FIXED, -1, 0)));
    show("mmap shared and writable, file read-only",
         failed(mmap(NULL, page, rw, MAP_SHARED, fd, 0)));
    show("mmap private and writable, file read-only",
         failed(mmap(NULL, page, rw, MAP_PRIVATE, fd, 0)));
    char* const taken = map(1, rw);
    show("mmap noreplace on what is there",
         failed(mmap(taken, page, rw, anonymous | MAP_FIXED_NOREPLACE, -1, 0)));
    munmap(taken, page);
}

static void show_others(void) {
    char* const three = map(3, PROT_READ | PROT_WRITE);
    munmap(three + page, page);
    show("mprotect over a hole", mprotect(three, 3 * page, PROT_READ));
    show("mprotect crooked", mprotect(three + 1, page, PROT_READ));
    show("mprotect size 0", mprotect(three, 0, PROT_READ));
    show("mprotect nothing there", mprotect(three + page, page, PROT_READ));
    show("munmap size 0", munmap(three, 0));
    show("munmap crooked", munmap(three + 5, page));
    show("munmap nothing there", munmap(three + page, page));
    show("msync over a hole", msync(three, 3 * page, MS_SYNC));
    show("msync bad flags", msync(three, page, MS_SYNC | MS_ASYNC));
    show("madvise bad advice", madvise(three, page, 12345));
    show("madvise over a hole", madvise(three, 3 * page, MADV_DONTNEED));
    unsigned char there[3] = {9, 9, 9};
    show("mincore over a hole", mincore(three, 3 * page, there));
    show("mlock over a hole", mlock(three, 3 * page));
    show("munlock", munlock(three, page));
    munmap(three, 3 * page);
}

static void show_contents(void) {
    char* const memory = map(4, PROT_READ | PROT_WRITE);
    memory[0] = 'a';
    memory[page] = 'b';
    unsigned char there[4];
    show("mincore", mincore(memory, 4 * page, there));
    printf("there: %d %d %d %d\n", there[0] & 1, there[1] & 1, there[2] & 1, there[3] & 1);
    show("madvise DONTNEED", madvise(memory, page, MADV_DONTNEED));
    printf("then %d %c\n", memory[0], memory[page]);
    show("mlock", mlock(memory, 4 * page));
    show("mincore", mincore(memory, 4 * page, there));
    printf("there: %d %d %d %d\n", there[0] & 1, there[1] & 1, there[2] & 1, there[3] & 1);
    show("munlock", munlock(memory, 4 * page));
    char* larger = mremap(memory, 4 * page, 400 * page, MREMAP_MAYMOVE);
    show_is("mremap, larger",
            larger != MAP_FAILED && larger[page] == 'b' && !larger[399 * page]);
    char* const smaller = mremap(larger, 400 * page, 2 * page, 0);
    show_is("mremap, smaller, stays", smaller == larger && smaller[page] == 'b');
    show("mremap unmapped", failed(mremap(smaller + 10 * page, page, 2 * page, 0)));
    show("mremap size 0", failed(mremap(smaller, page, 0, 0)));
    show("mremap bad flags", failed(mremap(smaller, page, page, 77)));
    char* const place = map(8, PROT_NONE);
    char* const moved = mremap(smaller, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED,
                               place + 3 * page);
    show_is("mremap, to a place", moved == place + 3 * page && moved[page] == 'b');
    show("mremap over itself", failed(mremap(moved, 2 * page, 2 * page,
                                             MREMAP_MAYMOVE | MREMAP_FIXED, moved + page)));
    munmap(place, 8 * page);
}

// The call itself: where the heap ends afterwards.
static char* heap_end(char* wanted) { return (char*)syscall(SYS_brk, wanted); }

static void show_heap(void) {
    char* const first = heap_end(NULL);
    char* const odd = first + 5 * page + 123;
    show_is("brk grows, by any byte", heap_end(odd) == odd);
    memset(first, 1, 5 * page + 123);
    show_is("it is so", heap_end(NULL) == odd);
    show_is("brk shrinks", heap_end(first) == first);
    heap_end(first + page);
    show_is("what comes again is zero", first[page - 1] == 0);
    show_is("brk below the heap: nothing", heap_end((char*)0x1000) == first + page);
    show_is("brk into the kernel: nothing", heap_end((char*)0xd0000000u) == first + page);
}

static void show_file(void) {
    const int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(fd, "hello", 5);
    char* const shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char* const own = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    own[0] = 'H';
    shared[1] = 'E';
    char text[6] = "";
    pread(fd, text, 5, 0);
    printf("file %s, shared %s, own %s, behind its end %d\n", text, shared, own, shared[5]);
    show("the file's size", lseek(fd, 0, SEEK_END));
    ftruncate(fd, 2 * page);
    show("as long as two pages", pread(fd, text, 5, page + 100));
    printf("behind its old end there is %d, and in the mapping %d\n", text[0], shared[100]);
    munmap(shared, page);
    munmap(own, page);
    close(fd);
    unlink("mapped");
}

int main(void) {
    const int fd = open("input", O_RDONLY);
    show_mmap_errors(fd);
    show_others();
    show_contents();
    show_heap();
    show_file();
    const int memory = syscall(SYS_memfd_create, "name", 0);
    show_ok("memfd_create", memory);
    show("ftruncate", ftruncate(memory, 10000));
    show("size", lseek(memory, 0, SEEK_END));
    show("memfd_create bad flags", syscall(SYS_memfd_create, "name", 0x7000));
    return 0;
}
