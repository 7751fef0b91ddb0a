#include "drivers/screen/screen.hpp"

#include "drivers/screen/framebuffer.hpp"
#include "drivers/screen/terminal.hpp"
#include "drivers/screen/vga_text.hpp"
#include "lib/command.hpp"
#include "lib/console.hpp"
#include "lib/errno.hpp"
#include "lib/log.hpp"
#include "lib/spinlock.hpp"

namespace {

constexpr u32 grid_cells = 16 * 1024;
constexpr u32 history_cells = 12 * 1024;

cell grid_memory[grid_cells];
cell shown_memory[grid_cells];
cell history_memory[history_cells];

class screen_console final : public console_device {
public:
    constexpr screen_console() : console_device("tty0") {}

    void write(std::string_view text) override {
        lock_guard held(lock_);
        if (visible_) terminal_.write(text);
    }

    void write_bytes(std::string_view bytes) override {
        lock_guard held(lock_);
        if (visible_) terminal_.write_bytes(bytes, answers_);
    }

    // Whoever held the lock may have left things half done.
    void enter_panic() override NO_THREAD_SAFETY_ANALYSIS {
        lock_.break_lock();
        if (visible_) terminal_.recover();
    }

    bool attach_vga(void* window) {
        lock_guard held(lock_);
        if (kind_ != boot_framebuffer::none) return false;
        vga_.attach(window);
        terminal_.attach(vga_, storage());
        kind_ = boot_framebuffer::vga_text;
        visible_ = true;
        return true;
    }

    bool attach_framebuffer(const boot_framebuffer& info, void* mapped) {
        lock_guard held(lock_);
        if (kind_ != boot_framebuffer::none) return false;
        framebuffer_.attach(info, mapped);
        terminal_.attach(framebuffer_, storage());
        info_ = info;
        kind_ = boot_framebuffer::linear;
        visible_ = true;
        return true;
    }

    void rebase(void* mapped) {
        lock_guard held(lock_);
        if (kind_ == boot_framebuffer::vga_text) vga_.rebase(mapped);
        if (kind_ == boot_framebuffer::linear) framebuffer_.rebase(mapped);
        visible_ = mapped && kind_ != boot_framebuffer::none;
    }

    void scroll_view(int lines) {
        lock_guard held(lock_);
        if (visible_) terminal_.scroll_view(lines);
    }

    struct description {
        boot_framebuffer::kind_t kind;
        boot_framebuffer info;  // where kind is linear
        screen_dimensions size;
        u32 history_lines;
    };
    description describe() {
        lock_guard held(lock_);
        return {kind_, info_, {terminal_.columns(), terminal_.rows()},
                terminal_.grid().history_lines()};
    }

private:
    struct typed_answers final : text_sink {
        void write(std::string_view text) override {
            for (const char c : text) console_input(console_line::tty0, c);
        }
    };

    static grid_storage storage() { return {grid_memory, shown_memory, history_memory}; }

    irq_spinlock lock_{"the screen's lock"};
    boot_framebuffer::kind_t kind_ GUARDED_BY(lock_) = boot_framebuffer::none;
    bool visible_ GUARDED_BY(lock_) = false;  // its memory can be written
    boot_framebuffer info_ GUARDED_BY(lock_);
    vga_text vga_ GUARDED_BY(lock_);
    framebuffer framebuffer_ GUARDED_BY(lock_);
    terminal terminal_ GUARDED_BY(lock_);
    typed_answers answers_;
};

constinit screen_console tty0;

void print_colours(text_sink& out) {
    for (u32 brightness : {40u, 100u}) {
        const u32 ink = brightness == 40 ? 97 : 30;
        for (u32 i = brightness; i < brightness + 8; ++i)
            format_to(out, "\x1b[{};{}m {:>3} \x1b[0m", ink, i, i);
        out.write("\n");
    }
    for (u32 brightness : {30u, 90u}) {
        for (u32 i = brightness; i < brightness + 8; ++i)
            format_to(out, "\x1b[{}m{:>3}█░\x1b[0m", i, i);
        out.write("\n");
    }
}

int run_screen(command_line&, text_sink& out) {
    const screen_console::description d = tty0.describe();
    switch (d.kind) {
        case boot_framebuffer::none:
            out.write("there is no screen\n");
            return ENODEV;
        case boot_framebuffer::vga_text:
            out.write("VGA text mode, the letters are our font's\n");
            break;
        case boot_framebuffer::linear:
            format_to(out, "framebuffer of {} x {} pixels, {} bits each, at {:#x}\n",
                      d.info.width, d.info.height, d.info.bits_per_pixel, d.info.address);
            format_to(out, "{} bytes a line, bits of red {}+{}, green {}+{}, blue {}+{}\n",
                      d.info.pitch, d.info.red_shift, d.info.red_bits, d.info.green_shift,
                      d.info.green_bits, d.info.blue_shift, d.info.blue_bits);
            break;
    }
    format_to(out, "{} columns, {} rows, {} lines scrolled away\n", d.size.columns,
              d.size.rows, d.history_lines);
    print_colours(out);
    return 0;
}

}  // namespace

REGISTER(monitor_command, screen_command) = {
    .name = "screen",
    .usage = "screen",
    .help = "what the screen is, and its colours",
    .run = run_screen,
};

bool screen_init_vga(void* window) {
    if (!tty0.attach_vga(window)) return false;
    register_console(tty0);
    return true;
}

bool screen_init_framebuffer(const boot_framebuffer& info, void* mapped) {
    if (const char* refusal = framebuffer_refusal(info)) {
        pr_warn("screen: the framebuffer is not used: {}", refusal);
        return false;
    }
    if (!tty0.attach_framebuffer(info, mapped)) return false;
    register_console(tty0);
    return true;
}

void screen_rebase(void* mapped) { tty0.rebase(mapped); }

void screen_scroll_view(int lines) { tty0.scroll_view(lines); }

screen_dimensions screen_size() { return tty0.describe().size; }
