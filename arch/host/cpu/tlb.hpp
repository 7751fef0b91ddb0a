// The host has no TLB to keep in step, until a test gives the CPU that a thread plays one.
#pragma once

#include "lib/types.hpp"

class simulated_tlb {
public:
    virtual void drop_page(u32 address) = 0;
    virtual void drop_space() = 0;  // CR3 is loaded
    virtual void drop_all() = 0;

protected:
    ~simulated_tlb() = default;
};

inline thread_local simulated_tlb* host_tlb = nullptr;

inline void tlb_drop_page(u32 address) {
    if (host_tlb) host_tlb->drop_page(address);
}
inline void tlb_drop_space() {
    if (host_tlb) host_tlb->drop_space();
}
inline void tlb_drop_all() {
    if (host_tlb) host_tlb->drop_all();
}
