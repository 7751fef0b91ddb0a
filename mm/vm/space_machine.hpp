// What an address space asks of the machine below it. The kernel's answers are in
// space_machine.cpp; the host tests have a machine of their own (software_cpu.cpp).
#pragma once

#include "mm/vm/mm_types.hpp"

// The kernel's part of a top table: its entries are, and stay, those of init_mm.
void share_kernel_part(shared_pgd& top);
void unshare_kernel_part(shared_pgd& top);

// Entries may say no-execute.
bool no_execute_works();

// The CPU finds page tables that lie above 4 GiB.
bool reads_high_page_tables();

// This CPU walks these tables from now on; null: the kernel's own, no user's page.
void load_tables(const pgd_t* top);
