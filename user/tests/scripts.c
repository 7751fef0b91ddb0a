// Scripts: who runs them, and with which words.
#include "report.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void make(const char* name, const char* text) {
    const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    write(fd, text, strlen(text));
    close(fd);
}

static void run(const char* name, char** words) {
    int status = 0;
    if (fork() == 0) {
        execve(name, words, (char*[]){"A=1", NULL});
        printf("%s: %s\n", name, errno_name(errno));
        _exit(99);
    }
    wait(&status);
    printf("%s: status %d\n", name, WEXITSTATUS(status));
}

int main(int argc, char** argv) {
    if (argc > 1) {
        // This is what the scripts name as the one to run them.
        for (int i = 0; i < argc; i++) printf("[%s]%s", argv[i], i + 1 < argc ? " " : "\n");
        return argc;
    }
    char text[512];
    char* words[] = {"name", "one", "two words", NULL};
    snprintf(text, sizeof text, "#!%s\nnever read\n", argv[0]);
    make("plain", text);
    run("./plain", words);
    snprintf(text, sizeof text, "#! \t%s  -x  and more \t\n", argv[0]);
    make("with-words", text);
    run("./with-words", words);
    make("nested", "#!./plain -n");
    run("./nested", words);
    char* none[] = {NULL};
    run("./plain", none);
    make("to-nobody", "#!./missing\n");
    run("./to-nobody", words);
    make("to-nothing", "#!\n");
    run("./to-nothing", words);
    make("itself", "#!./itself\n");
    run("./itself", words);
    make("neither", "words and no more\n");
    run("./neither", words);
    char* const many = malloc(200000);
    memset(many, 'x', 199999);
    many[199999] = 0;
    run("./plain", (char*[]){"name", many, NULL});
    return 0;
}
