// /dev/fb0: the pixels that the boot loader has set up, where it has; mapped, read and
// written as they are. What the console draws stands there, too: nobody takes turns.
#include "arch/i386/cpu_features.hpp"
#include "drivers/screen/framebuffer.hpp"
#include "fs/vfs/char_device.hpp"
#include "mm/map/kmap.hpp"
#include "mm/vm/frame_area.hpp"
#include "mm/vm/user_access.hpp"

namespace {

constexpr u32 FBIOGET_VSCREENINFO = 0x4600, FBIOPUT_VSCREENINFO = 0x4601,
              FBIOGET_FSCREENINFO = 0x4602;
constexpr u32 FB_VISUAL_TRUECOLOR = 2;

struct fb_bitfield {
    u32 offset, length, msb_right;
};
struct fb_var_screeninfo {
    u32 xres, yres, xres_virtual, yres_virtual, xoffset, yoffset, bits_per_pixel, grayscale;
    fb_bitfield red, green, blue, transp;
    u32 nonstd, activate, height, width, accel_flags, timing[11], reserved[4];
};
static_assert(sizeof(fb_var_screeninfo) == 160);
struct fb_fix_screeninfo {
    char id[16];
    u32 smem_start, smem_len, type, type_aux, visual;
    u16 xpanstep, ypanstep, ywrapstep;
    u32 line_length, mmio_start, mmio_len, accel;
    u16 capabilities, reserved[2];
};
static_assert(sizeof(fb_fix_screeninfo) == 68);

const boot_framebuffer& info() { return the_boot_info().framebuffer; }

bool is_there() {
    return info().kind == boot_framebuffer::linear && !framebuffer_refusal(info());
}
u32 memory_bytes() { return framebuffer_bytes(info()); }

result<> open(inode&, open_file&) {
    if (!is_there()) return err{ENODEV};
    return {};
}

// ---- read and write ---------------------------------------------------------------------

// Which goes: the device's memory is touched while nothing can fault, so by way of a piece.
enum class way : u8 { out, in };

result<size_t> transfer(iov_iter& user, u64& pos, way which) {
    size_t done = 0;
    while (user.count() > 0 && pos < memory_bytes()) {
        u8 some[256];
        const u64 place = info().address + pos;
        const u32 in_page = static_cast<u32>(place) % PAGE_SIZE;
        size_t count = min_of(min_of(user.count(), sizeof some), size_t{PAGE_SIZE - in_page});
        count = min_of(count, size_t{memory_bytes() - static_cast<u32>(pos)});
        const size_t wanted = count;
        if (which == way::in) count = user.copy_from(some, count);
        void* const mapped = kmap_atomic_pfn(pfn(static_cast<u32>(place >> PAGE_SHIFT)));
        u8* const pixels = static_cast<u8*>(mapped) + in_page;
        if (which == way::in) memcpy(pixels, some, count);
        else memcpy(some, pixels, count);
        kunmap_atomic(mapped);
        if (which == way::out) count = user.copy_to(some, count);
        pos += count;
        done += count;
        if (count < wanted) break;
    }
    if (done > 0 || user.count() == 0) return done;
    if (pos < memory_bytes()) return err{EFAULT};
    if (which == way::in) return err{ENOSPC};
    return size_t{0};
}
result<size_t> read(open_file&, iov_iter& to, u64& pos) { return transfer(to, pos, way::out); }
result<size_t> write(open_file&, iov_iter& from, u64& pos) {
    return transfer(from, pos, way::in);
}
result<u64> llseek(open_file& file, s64 offset, int whence) {
    if (whence == SEEK_END) return err{EINVAL};
    return generic_llseek(file, offset, whence, u64{1} << 32);
}

// ---- mmap -------------------------------------------------------------------------------

device_frame frame_of(const vm_area_struct&, u32 pgoff) {
    return {pfn(static_cast<u32>(info().address >> PAGE_SHIFT) + pgoff), false};
}
constexpr vm_operations_struct area_operations = {.frame = frame_of};

// Whole pages: what stands in the first and the last besides is the device's, too.
result<> mmap(file&, vm_area_struct& area) {
    const u64 in_page = info().address % PAGE_SIZE;
    const u64 pages = (in_page + memory_bytes() + PAGE_SIZE - 1) >> PAGE_SHIFT;
    if (u64{area.vm_pgoff} + area.pages() > pages) return err{EINVAL};
    return make_frame_area(area, area_operations);
}

// ---- ioctl ------------------------------------------------------------------------------

fb_var_screeninfo variable() {
    const boot_framebuffer& fb = info();
    fb_var_screeninfo var = {};
    var.xres = var.xres_virtual = fb.width;
    var.yres = var.yres_virtual = fb.height;
    var.bits_per_pixel = fb.bits_per_pixel;
    var.red = {fb.red_shift, fb.red_bits, 0};
    var.green = {fb.green_shift, fb.green_bits, 0};
    var.blue = {fb.blue_shift, fb.blue_bits, 0};
    var.height = var.width = ~0u;  // in millimetres: not known
    return var;
}

// Of the first page that mmap() shows, pixels begin where smem_start lies in its page.
fb_fix_screeninfo fixed() {
    fb_fix_screeninfo fix = {};
    memcpy(fix.id, "loci", 4);
    fix.smem_start = static_cast<u32>(info().address);
    fix.smem_len = memory_bytes();
    fix.visual = FB_VISUAL_TRUECOLOR;
    fix.line_length = info().pitch;
    return fix;
}

// The mode is the loader's: only what it is already can be asked for.
result<> put_variable(u32 argument) {
    fb_var_screeninfo wanted;
    if (const auto got = get_user(wanted, user_ptr<const fb_var_screeninfo>(argument)); !got)
        return got;
    const bool same = wanted.xres == info().width && wanted.yres == info().height &&
                      wanted.bits_per_pixel == info().bits_per_pixel &&
                      wanted.xoffset == 0 && wanted.yoffset == 0;
    if (!same) return err{EINVAL};
    return put_user(variable(), user_ptr<fb_var_screeninfo>(argument));
}

result<s32> ioctl(open_file&, u32 command, u32 argument) {
    result<> done = err{ENOTTY};
    if (command == FBIOGET_VSCREENINFO)
        done = put_user(variable(), user_ptr<fb_var_screeninfo>(argument));
    else if (command == FBIOGET_FSCREENINFO)
        done = put_user(fixed(), user_ptr<fb_fix_screeninfo>(argument));
    else if (command == FBIOPUT_VSCREENINFO)
        done = put_variable(argument);
    if (!done) return err{done.error()};
    return 0;
}

constexpr open_file_operations operations = {.open = open,
                                             .read = read,
                                             .write = write,
                                             .llseek = llseek,
                                             .mmap = mmap,
                                             .ioctl = ioctl};

}  // namespace

REGISTER(char_device, fb_device) = {.name = "fb0",
                                    .device = MKDEV(29, 0),
                                    .mode = 0660,
                                    .operations = &operations,
                                    .is_there = is_there};
