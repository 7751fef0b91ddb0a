// The terminal under random input, on framebuffers of every layout: its invariants
// hold at every step, it writes pixels only, and drawing bit by bit leaves exactly
// what drawing everything once would.
#include "drivers/screen/framebuffer.hpp"
#include "drivers/screen/terminal.hpp"

#include <test.hpp>

#include <random>
#include <string>
#include <vector>

namespace {

// A framebuffer of its own memory, which ASan guards to the byte.
struct pixels {
    boot_framebuffer info;
    std::vector<u8> memory;
    framebuffer surface;

    explicit pixels(const boot_framebuffer& described)
        : info(described), memory(framebuffer_bytes(info), 0xA5) {
        surface.attach(info, memory.data());
    }
};

struct machine {
    pixels screen;
    std::vector<cell> grid, shown, history;
    terminal tty;

    machine(const boot_framebuffer& info, size_t cells, size_t history_cells)
        : screen(info), grid(cells), shown(cells), history(history_cells) {
        tty.attach(screen.surface, {grid, shown, history});
    }

    // What the screen would be if it were drawn at once.
    std::vector<u8> drawn_at_once() {
        pixels fresh(screen.info);
        fresh.surface.clear();
        for (u32 row = 0; row < tty.rows(); ++row)
            for (u32 column = 0; column < tty.columns(); ++column)
                fresh.surface.draw({column, row}, tty.grid().visible({column, row}));
        if (tty.cursor_visible() && tty.grid().view() == 0)
            fresh.surface.show_cursor(tty.cursor(), tty.grid().at(tty.cursor()));
        return fresh.memory;
    }
};

boot_framebuffer random_layout(std::mt19937& random) {
    boot_framebuffer info;
    info.kind = boot_framebuffer::linear;
    info.address = 0x1000;
    info.width = 8 + random() % 150;
    info.height = 16 + random() % 120;
    switch (random() % 4) {
        case 0:
            info.bits_per_pixel = 15;
            info.red_shift = 10, info.green_shift = 5;
            info.red_bits = info.green_bits = info.blue_bits = 5;
            break;
        case 1:
            info.bits_per_pixel = 16;
            info.red_shift = 11, info.green_shift = 5;
            info.red_bits = info.blue_bits = 5, info.green_bits = 6;
            break;
        default:
            info.bits_per_pixel = random() % 2 ? 24 : 32;
            info.blue_shift = 16, info.green_shift = 8;
            info.red_bits = info.green_bits = info.blue_bits = 8;
    }
    info.pitch = info.width * ((info.bits_per_pixel + 7u) / 8) + random() % 9;
    return info;
}

std::string random_input(std::mt19937& random) {
    static const char* const pieces[] = {
        "\n", "\r", "\b", "\t", "\x1b[", "\x1b[", "\x1b[?25h", "\x1b[?25l", "\x1b[2J",
        "\x1bM", "\x1b" "7", "\x1b" "8", "\x1b]x", "│", "█", "\x1b[r", "\n\n\n", "text", "       ",
    };
    std::string input;
    for (unsigned n = random() % 12; n > 0; --n) {
        switch (random() % 4) {
            case 0: input += pieces[random() % std::size(pieces)]; break;
            case 1: input += static_cast<char>(random()); break;
            case 2:
                input += "\x1b[" + std::to_string(random() % 12) + ";" +
                         std::to_string(random() % 12) +
                         "ABCDGHJKLMPSTX@dfmrsu"[random() % 21];
                break;
            default: input += static_cast<char>('a' + random() % 26);
        }
    }
    return input;
}

}  // namespace

TEST(terminal_random, drawing_differences_equals_drawing_all) {
    std::mt19937 random(2);
    for (int round = 0; round < 60; ++round) {
        const boot_framebuffer info = random_layout(random);
        ASSERT_EQ(framebuffer_refusal(info), nullptr);
        machine m(info, 1 + random() % 160, random() % 200);
        for (int step = 0; step < 60; ++step) {
            switch (random() % 8) {
                case 0: m.tty.scroll_view(static_cast<int>(random() % 21) - 10); break;
                case 1:
                    if (random() % 8 == 0) m.tty.recover();
                    break;
                default: m.tty.write(random_input(random));
            }
            m.tty.check_invariants();
            ASSERT_EQ(m.screen.memory, m.drawn_at_once())
                << "round " << round << " step " << step;
        }
    }
}

TEST(terminal_random, pure_noise_does_no_harm) {
    std::mt19937 random(3);
    machine m(random_layout(random), 200, 100);
    for (int step = 0; step < 20000; ++step) {
        std::string noise(1 + random() % 16, ' ');
        for (char& c : noise) c = static_cast<char>(random());
        m.tty.write(noise);
        if (step % 50 == 0) m.tty.check_invariants();
    }
    m.tty.recover();
    m.tty.write("\x1b[2J\x1b[Hx");
    EXPECT_EQ(m.tty.grid().at({0, 0}).glyph, 'x');
}

TEST(terminal_random, a_pause_anywhere_in_the_input_changes_nothing) {
    std::mt19937 random(4);
    for (int round = 0; round < 100; ++round) {
        const boot_framebuffer info = random_layout(random);
        machine whole(info, 160, 100), bytewise(info, 160, 100);
        std::string input;
        for (int i = 0; i < 20; ++i) input += random_input(random);
        whole.tty.write(input);
        for (char c : input) bytewise.tty.write({&c, 1});
        ASSERT_EQ(whole.screen.memory, bytewise.screen.memory) << "round " << round;
    }
}
