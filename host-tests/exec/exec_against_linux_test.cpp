// The same program, laid out by the Linux that this host runs and by Loci: a small one of
// 32 bits is built, executed, and writes down what it finds on its stack and in
// /proc/self/maps.
//
// Linux's stack ends elsewhere (a 64-bit kernel gives such a program nearly 4 GiB), and its
// auxiliary vector says more: so places are compared relative to each other, and Loci's
// arithmetic is asked where Linux's vector would make it put things.
#include "kernel/exec/exec_fixture.hpp"
#include "kernel/exec/stack_tables.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <test.hpp>

namespace {

constexpr char program_source[] = R"C(
static int call(int n, unsigned a, const void* b, unsigned c) {
    int r;
    __asm__ volatile("int $0x80" : "=a"(r) : "a"(n), "b"(a), "c"(b), "d"(c) : "memory");
    return r;
}
char initialised[5000] = {1};
char zeroes[30000];
const char constants[] = "constants";
void start(unsigned* sp) {
    unsigned* p = sp + 1;
    while (*p++) {}
    while (*p++) {}
    while (p[0] != 31) p += 2;
    const char* end = (const char*)p[1];
    while (*end++) {}
    unsigned head[2] = {(unsigned)sp, (unsigned)(end - (const char*)sp)};
    call(4, 1, head, 8);
    call(4, 1, sp, head[1]);
    int maps = call(5, (unsigned)"/proc/self/maps", 0, 0);
    for (int n; (n = call(3, maps, zeroes, sizeof zeroes)) > 0;) call(4, 1, zeroes, n);
    initialised[0] = constants[0];
    call(1, 0, 0, 0);
}
__asm__(".globl _start\n_start: mov %esp, %eax\n push %eax\n call start\n");
)C";

const std::vector<std::string> arguments = {"program", "", "-x", "a longer argument"};
const std::vector<std::string> environment = {"HOME=/", "A=1", "PATH=/bin:/usr/bin"};

std::vector<const char*> pointers(const std::vector<std::string>& strings, bool with_null) {
    std::vector<const char*> made;
    for (const std::string& string : strings) made.push_back(string.c_str());
    if (with_null) made.push_back(nullptr);
    return made;
}

// All that the program writes; nothing, if this host cannot run it.
std::string output_of(const std::string& path) {
    int ends[2];
    if (pipe(ends) != 0) return {};
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        personality(ADDR_NO_RANDOMIZE);
        execve(path.c_str(), const_cast<char**>(pointers(arguments, true).data()),
               const_cast<char**>(pointers(environment, true).data()));
        _exit(127);
    }
    close(ends[1]);
    std::string output;
    char piece[4096];
    for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0;)
        output.append(piece, static_cast<size_t>(n));
    close(ends[0]);
    int status = 1;
    waitpid(child, &status, 0);
    return status == 0 ? output : std::string();
}

// What a program has found: words from esp on, and the bytes up to the end of the strings.
struct seen_stack {
    u32 esp;
    std::string bytes;
    u32 argc = 0;
    std::vector<u32> argv, envp;
    std::vector<auxv_entry> auxv;

    seen_stack(u32 at, std::string found) : esp(at), bytes(std::move(found)) {
        u32 i = 1;
        argc = word(0);
        while (word(i)) argv.push_back(word(i++));
        for (++i; word(i); ++i) envp.push_back(word(i));
        for (++i;; i += 2) {
            auxv.push_back({word(i), word(i + 1)});
            if (word(i) == AT_NULL) break;
        }
    }
    u32 word(u32 index) const {
        u32 value;
        memcpy(&value, bytes.data() + 4 * index, 4);
        return value;
    }
    std::string string_at(u32 address) const { return bytes.c_str() + (address - esp); }
    u32 value(u32 type) const {
        for (const auxv_entry& entry : auxv)
            if (entry.type == type) return entry.value;
        return ~0u;
    }
    stack_layout layout() const {
        const size_t platform_bytes = string_at(value(AT_PLATFORM)).size() + 1;
        return lay_out_stack(argv[0], static_cast<u32>(platform_bytes), argc,
                             static_cast<u32>(envp.size()), static_cast<u32>(auxv.size()));
    }
    // All strings, from the lowest to the end.
    std::string strings() const { return bytes.substr(argv[0] - esp); }
};

void expect_same_arithmetic(const seen_stack& seen) {
    const stack_layout at = seen.layout();
    EXPECT_EQ(at.esp, seen.esp);
    EXPECT_EQ(at.platform, seen.value(AT_PLATFORM));
    EXPECT_EQ(at.random, seen.value(AT_RANDOM));
}

// "START-END RIGHTS OFFSET" of each area below 256 MiB: the program's own.
std::vector<std::string> own_areas(const std::string& maps) {
    std::vector<std::string> areas;
    std::istringstream lines(maps);
    for (std::string line; std::getline(lines, line);)
        if (std::stoul(line, nullptr, 16) < 256 * MiB) areas.push_back(line.substr(0, 31));
    return areas;
}

class string_sink final : public text_sink {
public:
    void write(std::string_view more) override { text += more; }
    std::string text;
};

// Built once: it stays for as long as the tests run.
class exec_against_linux : public testing::Test {
protected:
    static void SetUpTestSuite() {
        char folder[] = "/tmp/loci-exec-XXXXXX";
        if (!mkdtemp(folder)) return;
        folder_ = folder;
        const std::string source = folder_ + "/program.c";
        std::ofstream(source) << program_source;
        path_ = folder_ + "/program";
        const std::string build =
            "cc -m32 -static -nostdlib -ffreestanding -fno-pie -no-pie -fno-stack-protector "
            "-O1 -o " + path_ + " " + source + " 2>/dev/null";
        if (system(build.c_str()) == 0) output_ = output_of(path_);
    }
    static void TearDownTestSuite() {
        if (!folder_.empty()) std::filesystem::remove_all(folder_);
    }
    void SetUp() override {
        if (output_.size() < 8) GTEST_SKIP() << "this host runs no programs of 32 bits";
        std::ifstream file(path_, std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(file)), {});
        world_.put(path_.c_str(), bytes);
        world_.auxiliary.min_signal_stack = 1;
        const auto argv = pointers(arguments, false), envp = pointers(environment, false);
        ASSERT_EQ(world_.run(path_.c_str(), kernel_strings(argv), kernel_strings(envp)), 0);
    }

    static seen_stack of_linux() {
        u32 head[2];
        memcpy(head, output_.data(), sizeof head);
        return {head[0], output_.substr(8, head[1])};
    }
    static std::string maps_of_linux() {
        u32 head[2];
        memcpy(head, output_.data(), sizeof head);
        return output_.substr(8 + head[1]);
    }
    seen_stack of_loci() {
        const u32 last = world_.auxiliary_value(AT_EXECFN);
        std::string bytes(last + path_.size() + 1 - world_.start.esp, 0);
        EXPECT_TRUE(copy_from_remote(world_.mm(), bytes.data(), world_.start.esp,
                                     static_cast<u32>(bytes.size())));
        return {world_.start.esp, bytes};
    }

    exec_world world_;
    static inline std::string folder_, path_, output_;
};

}  // namespace

TEST_F(exec_against_linux, strings_are_the_same_in_the_same_order) {
    const seen_stack linux_has = of_linux(), loci_has = of_loci();
    EXPECT_EQ(loci_has.argc, linux_has.argc);
    EXPECT_EQ(loci_has.strings(), linux_has.strings());
    ASSERT_EQ(loci_has.argv.size(), linux_has.argv.size());
    ASSERT_EQ(loci_has.envp.size(), linux_has.envp.size());
    const u32 from = loci_has.argv[0] - linux_has.argv[0];
    for (size_t i = 0; i < loci_has.argv.size(); ++i)
        EXPECT_EQ(loci_has.argv[i], linux_has.argv[i] + from);
    for (size_t i = 0; i < loci_has.envp.size(); ++i)
        EXPECT_EQ(loci_has.envp[i], linux_has.envp[i] + from);
    EXPECT_EQ(loci_has.value(AT_EXECFN), linux_has.value(AT_EXECFN) + from);
}

TEST_F(exec_against_linux, tables_lie_where_linux_s_vector_would_put_them) {
    expect_same_arithmetic(of_linux());
    expect_same_arithmetic(of_loci());
}

TEST_F(exec_against_linux, the_auxiliary_vector_is_a_part_of_linux_s) {
    const seen_stack linux_has = of_linux(), loci_has = of_loci();
    auto at = linux_has.auxv.begin();
    for (const auxv_entry& entry : loci_has.auxv) {
        at = std::find_if(at, linux_has.auxv.end(),
                          [&](const auxv_entry& one) { return one.type == entry.type; });
        ASSERT_NE(at, linux_has.auxv.end()) << "type " << entry.type << " is out of order";
    }
    for (const u32 type : {AT_PAGESZ, AT_CLKTCK, AT_PHDR, AT_PHENT, AT_PHNUM, AT_BASE,
                           AT_FLAGS, AT_ENTRY, AT_SECURE})
        EXPECT_EQ(loci_has.value(type), linux_has.value(type)) << "type " << type;
    EXPECT_EQ(loci_has.string_at(loci_has.value(AT_PLATFORM)),
              linux_has.string_at(linux_has.value(AT_PLATFORM)));
}

TEST_F(exec_against_linux, maps_shows_the_same_areas) {
    string_sink maps;
    show_maps(maps, world_.mm());
    const std::vector<std::string> areas = own_areas(maps.text);
    EXPECT_GE(areas.size(), 4u);
    EXPECT_EQ(areas, own_areas(maps_of_linux()));
}
