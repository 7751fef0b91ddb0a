#include "mm/vm/current_mm.hpp"

#include "arch/i386/tlb.hpp"
#include "mm/vm/space_machine.hpp"

DEFINE_PER_CPU(mm_struct*, current_mm_of_cpu) = {};

mm_struct* use_mm(mm_struct* mm) {
    const irq_state before = local_irq_save();
    mm_struct* const previous = current_mm();
    this_cpu_write(current_mm_of_cpu, mm);
    if (tlb_enter_space(mm)) load_tables(mm ? mm->pgd() : nullptr);
    local_irq_restore(before);
    return previous;
}
