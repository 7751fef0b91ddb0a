// The registered words of kernel_params.hpp, and the boot step that hands the whole
// command line out.
#include "kernel/command_line/kernel_params.hpp"

#include "kernel/command_line/command_line.hpp"
#include "lib/boot_info.hpp"

namespace {

constinit kernel_params params;
constinit init_arguments for_init;

bool set_glob(bool& wanted, std::string_view& glob, std::string_view value) {
    wanted = true;
    if (!value.empty()) glob = value;
    return true;
}

}  // namespace

const kernel_params& the_kernel_params() { return params; }
const init_arguments& arguments_for_init() { return for_init; }

void read_command_line() {
    parse_command_line(the_boot_info().command_line, registered<boot_param>(), for_init);
}

REGISTER(boot_param, init_param) = {
    .name = "init",
    .help = "PATH of the first program",
    .set =
        [](std::string_view value) {
            if (value.empty()) return false;
            params.init = value;
            for_init.forget_arguments();
            return true;
        },
};

REGISTER(boot_param, selftest_param) = {
    .name = "selftest",
    .help = "[GLOB]: run the self-tests whose suite.name matches, then power off",
    .set =
        [](std::string_view value) {
            return set_glob(params.run_selftest, params.selftest_glob, value);
        },
};

REGISTER(boot_param, bench_param) = {
    .name = "bench",
    .help = "[GLOB]: run the benchmarks whose name matches, then power off",
    .set =
        [](std::string_view value) {
            return set_glob(params.run_bench, params.bench_glob, value);
        },
};

// Memory was laid out with these two long before; here the words are known, and
// complained about once if they are malformed.
REGISTER(boot_param, mem_param) = {
    .name = "mem",
    .help = "SIZE[K|M|G]: use no memory above this address",
    .set = [](std::string_view value) { return parse_size_word(value).has_value(); },
};

REGISTER(boot_param, vmalloc_param) = {
    .name = "vmalloc",
    .help = "SIZE[K|M|G]: vmalloc has that much address space, low memory the less",
    .set = [](std::string_view value) { return parse_size_word(value).has_value(); },
};
