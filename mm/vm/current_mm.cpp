#include "mm/vm/current_mm.hpp"

#include "arch/i386/tlb.hpp"
#include "mm/vm/space_machine.hpp"

DEFINE_PER_CPU(mm_struct*, current_mm_of_cpu) = {};

namespace {

DEFINE_PER_CPU(u32, loads) = {0};

}  // namespace

mm_struct* use_mm(mm_struct* mm) {
    const irq_state before = local_irq_save();
    mm_struct* const previous = current_mm();
    this_cpu_write(current_mm_of_cpu, mm);
    if (tlb_enter_space(mm)) {
        this_cpu_add(loads, 1);
        load_tables(mm ? mm->pgd() : nullptr);
    }
    local_irq_restore(before);
    return previous;
}

mm_struct* borrow_mm() {
    this_cpu_write(current_mm_of_cpu, nullptr);
    tlb_enter_lazy();
    return static_cast<mm_struct*>(const_cast<void*>(tlb_loaded_space()));
}

u32 mm_loads() {
    u32 sum = 0;
    for (unsigned cpu = 0; cpu < NR_CPUS; ++cpu) sum += per_cpu(loads, cpu);
    return sum;
}
