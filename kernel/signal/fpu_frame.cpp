#include "kernel/signal/fpu_frame.hpp"

#include <cpu/irqflags.hpp>
#include "arch/i386/cpu_features.hpp"
#include "kernel/sched/task.hpp"
#include "kernel/signal/fpu_legacy.hpp"
#include "mm/vm/user_access.hpp"

namespace {

// fsave_header, and behind it the status once more and what kind of frame it is.
struct frame_head {
    fsave_header legacy;
    u16 status, magic;
};
static_assert(sizeof(frame_head) == 112);
constexpr u16 magic_fxsave = 0;

// For programs: how much of what kind follows (Linux's _fpx_sw_bytes).
struct software_bytes {
    u32 magic1 = 0x46505853;  // "FPXS"
    u32 extended_size = sizeof(frame_head) + sizeof(fxsave_image);
    u32 xfeatures[2] = {3, 0};  // x87, SSE
    u32 xstate_size = sizeof(fxsave_image);
    u32 padding[7] = {};
};
static_assert(sizeof(software_bytes) == sizeof(fxsave_image::for_software));

bool by_fxsave() { return boot_decisions().use_fxsr; }

fpu_state* state() { return current_task()->thread.fpu; }

// FNSAVE leaves empty registers behind.
void get_state() {
    const irq_state before = local_irq_save();
    fpu_save(*state());
    if (!by_fxsave()) fpu_restore(*state());
    local_irq_restore(before);
}

bool save_fxsave(u32 address) {
    const auto& image = *reinterpret_cast<const fxsave_image*>(state());
    frame_head head;
    fsave_from_fxsave(head.legacy, image);
    head.status = image.status;
    head.magic = magic_fxsave;
    const u32 behind = address + sizeof(head);
    return copy_to_user(user_ptr<void>(address), &head, sizeof(head)) == 0 &&
           copy_to_user(user_ptr<void>(behind), &image, sizeof(image)) == 0 &&
           put_user(software_bytes{}, user_ptr<software_bytes>(
                        behind + offsetof(fxsave_image, for_software)));
}

bool restore_fxsave(u32 address) {
    fsave_header legacy;
    alignas(fpu_state) fxsave_image image;
    if (copy_from_user(&legacy, user_ptr<const void>(address), sizeof(legacy)) > 0 ||
        copy_from_user(&image, user_ptr<const void>(address + sizeof(frame_head)),
                       sizeof(image)) > 0)
        return false;
    const auto& known = reinterpret_cast<const fxsave_image&>(fpu_initial_state());
    image.mxcsr = valid_mxcsr(image.mxcsr, known.mxcsr_mask);
    fxsave_from_fsave(image, legacy);
    fpu_restore(reinterpret_cast<const fpu_state&>(image));
    return true;
}

// status and magic are the whole word of the header: its upper half is ones.
bool save_fsave(u32 address) {
    const auto& legacy = *reinterpret_cast<const fsave_header*>(state());
    const u32 status = legacy.status | 0xffff0000;
    return copy_to_user(user_ptr<void>(address), &legacy, sizeof(legacy)) == 0 &&
           put_user(status, user_ptr<u32>(address + sizeof(legacy)));
}

bool restore_fsave(u32 address) {
    fpu_state legacy;
    if (copy_from_user(&legacy, user_ptr<const void>(address), sizeof(fsave_header)) > 0)
        return false;
    fpu_restore(legacy);
    return true;
}

}  // namespace

u32 place_for_fpu(u32 sp) {
    if (!state() || !has_fpu()) return 0;
    const u32 image = by_fxsave() ? sizeof(fxsave_image) : 0;
    return ((sp - image) & ~63u) - static_cast<u32>(sizeof(frame_head));
}

bool save_fpu_to_user(u32 address) {
    get_state();
    return by_fxsave() ? save_fxsave(address) : save_fsave(address);
}

bool restore_fpu_from_user(u32 address) {
    if (address == 0 && !state()) return true;
    if (!task_use_fpu(*current_task())) return false;
    if (address != 0 && (by_fxsave() ? restore_fxsave(address) : restore_fsave(address)))
        return true;
    reset_fpu();
    return address == 0;
}

void reset_fpu() {
    if (state()) fpu_restore(fpu_initial_state());
}
