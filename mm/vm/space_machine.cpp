#include "mm/vm/space_machine.hpp"

#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "mm/map/init_mm.hpp"

void share_kernel_part(shared_pgd& top) { init_mm.share(top); }
void unshare_kernel_part(shared_pgd& top) { init_mm.unshare(top); }

bool no_execute_works() { return boot_decisions().no_execute; }
bool reads_high_page_tables() { return boot_decisions().high_page_tables; }

void load_tables(const pgd_t* top) {
    write_cr3(static_cast<u32>(virt_to_phys(top ? top : kernel_map::pgd()).raw()));
}
