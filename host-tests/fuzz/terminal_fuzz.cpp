// Any bytes at all into a terminal over a framebuffer whose bounds ASan watches.
// The first three bytes choose the size; 0xFE and 0xFF scroll the view.
#include "drivers/screen/framebuffer.hpp"
#include "drivers/screen/terminal.hpp"

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    if (size < 3) return 0;
    boot_framebuffer info;
    info.kind = boot_framebuffer::linear;
    info.address = 0x1000;
    info.bits_per_pixel = 24;
    info.red_shift = 16, info.green_shift = 8;
    info.red_bits = info.green_bits = info.blue_bits = 8;
    info.width = 8 + data[0];
    info.height = 16 + data[1];
    info.pitch = info.width * 3 + 1;
    if (framebuffer_refusal(info)) __builtin_trap();

    std::vector<u8> memory(framebuffer_bytes(info));
    framebuffer surface;
    surface.attach(info, memory.data());
    std::vector<cell> grid(1 + data[2]), shown(grid.size()), history(3 * data[2]);
    terminal tty;
    tty.attach(surface, {grid, shown, history});

    for (size_t i = 3; i < size; ++i) {
        if (data[i] >= 0xFE) {
            tty.scroll_view(data[i] == 0xFF ? 2 : -1);
        } else {
            const char c = static_cast<char>(data[i]);
            tty.write({&c, 1});
        }
        tty.check_invariants();
    }
    return 0;
}
