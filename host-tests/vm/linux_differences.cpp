#include "host-tests/vm/linux_differences.hpp"

std::string to_text(const linux_differences& differences) {
    const linux_difference all[] = {
        differences.address_taken_for_error, differences.promised_too_late,
        differences.wide_arithmetic, differences.old_dontunmap};
    static_assert(sizeof all <= 10 * sizeof *all);
    std::string text;
    for (const linux_difference& one : all)
        text += "    " + std::to_string(one.uses) + " x " + one.name + "\n";
    return text;
}

bool is_wider_than_32_bits(const vm_operation& operation) {
    constexpr u64 last_pages = u64{0xffffff00} << 12;
    const u64 end = u64{operation.address} + operation.length;
    return operation.offset >= last_pages || end + 4095 > 0xffffffff;
}

bool is_old_dontunmap(const vm_layout& layout, const vm_operation& operation, u32 answer) {
    return layout.old_dontunmap != 0 && operation.op == vm_op::mremap &&
           (operation.flags & VM_MREMAP_DONTUNMAP) != 0 && answer <= 0xfffff000;
}
