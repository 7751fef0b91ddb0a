// Names, files and what is wrong with them.
#include "report.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void show_opening(void) {
    show("open missing", open("missing", O_RDONLY));
    show("open below missing", open("missing/file", O_RDONLY | O_CREAT, 0600));
    show("open empty name", open("", O_RDONLY));
    show("open bad address", open((char*)1, O_RDONLY));
    show("open folder for writing", open(".", O_WRONLY));
    show_ok("open folder", open(".", O_RDONLY | O_DIRECTORY));
    show_ok("create", open("file", O_RDWR | O_CREAT | O_EXCL, 0640));
    show("create again", open("file", O_RDWR | O_CREAT | O_EXCL, 0640));
    show("a file as a folder", open("file/below", O_RDONLY));
    show("as a folder, by flag", open("file", O_RDONLY | O_DIRECTORY));
    char longer[400];
    memset(longer, 'n', sizeof longer);
    longer[300] = 0;
    show("a name too long", open(longer, O_RDONLY | O_CREAT, 0600));
    symlink("loop2", "loop1");
    symlink("loop1", "loop2");
    show("links in a circle", open("loop1", O_RDONLY));
    show("not following", open("loop1", O_RDONLY | O_NOFOLLOW));
}

static void show_stat(const char* path) {
    struct stat it;
    if (lstat(path, &it)) {
        show(path, -1);
        return;
    }
    const int folder = S_ISDIR(it.st_mode);
    printf("%s: mode %o links %ld size %ld blocks %ld\n", path, (unsigned)it.st_mode,
           folder ? 0 : (long)it.st_nlink, folder ? 0 : (long)it.st_size,
           folder ? 0 : (long)it.st_blocks);
}

static void show_reading(void) {
    const int fd = open("file", O_RDWR);
    show("write", write(fd, "0123456789", 10));
    show("lseek set", lseek(fd, 3, SEEK_SET));
    show("lseek current", lseek(fd, 2, SEEK_CUR));
    show("lseek end", lseek(fd, -1, SEEK_END));
    show("lseek before the beginning", lseek(fd, -1, SEEK_SET));
    show("lseek bad whence", lseek(fd, 0, 77));
    char text[32] = "";
    show("read one", read(fd, text, 5));
    show("read at the end", read(fd, text, 5));
    show("pread", pread(fd, text, 4, 2));
    printf("%.4s\n", text);
    show("pread before the beginning", pread(fd, text, 4, -1));
    show("read to a bad address", pread(fd, (void*)0xd0000000u, 4, 0));
    show("lseek far", lseek(fd, 100000, SEEK_SET));
    show("write there", write(fd, "end", 3));
    show_stat("file");
    show("pread in the hole", pread(fd, text, 4, 50000));
    printf("%d %d\n", text[0], text[3]);
    show("lseek data", lseek(fd, 50000, SEEK_DATA) >= 50000);
    show("lseek hole", lseek(fd, 10, SEEK_HOLE) >= 10);
    show("ftruncate", ftruncate(fd, 5));
    show("ftruncate to less than nothing", ftruncate(fd, -5));
    show("ftruncate larger", ftruncate(fd, 8));
    show("pread", pread(fd, text, 20, 0));
    printf("%.5s %d\n", text, text[7]);
    const int append = open("file", O_WRONLY | O_APPEND);
    pwrite(append, "A", 1, 0);
    show("size after O_APPEND", lseek(fd, 0, SEEK_END));
    close(append);
    close(fd);
    show("read of a closed file", read(fd, text, 1));
    show("truncate by name", truncate("file", 3));
    show("truncate of a folder", truncate(".", 3));
    const int written = open("file", O_WRONLY);
    show("read of a file for writing", read(written, text, 1));
    close(written);
}

static void show_names(void) {
    show("mkdir", mkdir("folder", 0755));
    show("mkdir again", mkdir("folder", 0755));
    show("rmdir of a file", rmdir("file"));
    show("link", link("file", "folder/second"));
    show_stat("file");
    show("link of a folder", link("folder", "third"));
    show("rmdir of what is not empty", rmdir("folder"));
    show("unlink of a folder", unlink("folder"));
    show("rename", rename("folder/second", "folder/2"));
    show("rename missing", rename("missing", "x"));
    show("rename a folder into itself", rename("folder", "folder/below"));
    show("rename a file over a folder", rename("file", "folder"));
    show("rename a folder over a file", rename("folder", "file"));
    show("rename to its other name", rename("file", "folder/2"));
    show_stat("folder/2");
    show("unlink", unlink("folder/2"));
    show("unlink again", unlink("folder/2"));
    show("rmdir", rmdir("folder"));
    show("rmdir .", rmdir("."));
    show("symlink", symlink("file", "symbolic"));
    show("symlink again", symlink("file", "symbolic"));
    char target[32] = "";
    show("readlink", readlink("symbolic", target, sizeof target));
    printf("%s\n", target);
    show("readlink of a file", readlink("file", target, sizeof target));
    show_stat("symbolic");
    show("chmod", chmod("file", 0444));
    show_stat("file");
    show("access", access("file", R_OK));
    show("access missing", access("missing", F_OK));
    show("chdir to a file", chdir("file"));
    struct timespec times[2] = {{1000, 5}, {2000, 7}};
    show("utimensat", utimensat(AT_FDCWD, "file", times, 0));
    struct stat it;
    stat("file", &it);
    printf("times %ld %ld\n", (long)it.st_atime, (long)it.st_mtime);
}

static int by_name(const struct dirent** a, const struct dirent** b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void show_folder(void) {
    for (int i = 0; i < 200; i++) {
        char name[32];
        snprintf(name, sizeof name, "many-%03d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    struct dirent** entries = NULL;
    const int count = scandir(".", &entries, NULL, by_name);
    show("entries", count);
    for (int i = 0; i < count; i++)
        if (i % 20 == 0) printf("%s %d\n", entries[i]->d_name, entries[i]->d_type);
    char path[512];
    show_is("getcwd", getcwd(path, sizeof path) != NULL);
    show_is("getcwd, too small", getcwd(path, 1) == NULL && errno == ERANGE);
}

static void show_numbers(void) {
    const int fd = open("file", O_RDONLY);
    const int other = dup(fd);
    show_is("dup is another", other > fd);
    show("lseek", lseek(fd, 2, SEEK_SET));
    show("the copy is there, too", lseek(other, 0, SEEK_CUR));
    show("dup2", dup2(fd, 30));
    show("dup2 of itself", dup2(30, 30));
    show("dup2 bad", dup2(99, 31));
    show("dup3 of itself", dup3(30, 30, 0));
    show("fcntl DUPFD", fcntl(fd, F_DUPFD, 40));
    show("fcntl GETFD", fcntl(40, F_GETFD));
    show("fcntl SETFD", fcntl(40, F_SETFD, FD_CLOEXEC));
    show("fcntl GETFD", fcntl(40, F_GETFD));
    show("fcntl GETFL", fcntl(40, F_GETFL) & (O_ACCMODE | O_APPEND));
    show("close bad", close(99));
    const int null = open("/dev/null", O_RDWR), zeroes = open("/dev/zero", O_RDWR);
    char text[8] = "xxxxxxx";
    show("read null", read(null, text, 4));
    show("write null", write(null, text, 4));
    show("read zero", read(zeroes, text, 4));
    printf("%d %c\n", text[3], text[4]);
    const int full = open("/dev/full", O_RDWR);
    show("write full", write(full, text, 1));
}

int main(void) {
    umask(022);
    show_opening();
    show_reading();
    show_names();
    show_folder();
    show_numbers();
    return 0;
}
