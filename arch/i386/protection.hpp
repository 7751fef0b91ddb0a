// What the CPU refuses even to the kernel, where it can (spec A7):
//
//     WP     a read-only page is read-only for the kernel too
//     NX     what is data is not executed (PAE entries, EFER.NXE)
//     SMEP   a user's page is not executed in ring 0
//     SMAP   nor touched, but between stac and clac
//     UMIP   ring 3 does not learn where GDT, IDT and TSS are
#pragma once

// Before an entry of a page table says no-execute: the bit is a reserved one till then.
void protections_on();

// SMAP is in force: every touch of a user's page asks.
extern bool smap_on;
inline bool smap_is_on() { return smap_on; }
