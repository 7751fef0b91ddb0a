// Settings and typed bytes of all kinds into a line discipline. Whatever comes, it has room for
// a line's end or a line to read, gives back no more than was typed, and transmits nothing while
// it is stopped.
#include "drivers/tty/line_discipline.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace {

struct port_of_nobody : tty_port {
    void transmit(std::string_view bytes) override {
        if (bytes.empty() || bytes.size() > 256) abort();
    }
    void raise(tty_signal) override {}
};

void change(line_discipline& line, uint8_t which, uint8_t value) {
    ktermios settings = line.settings();
    const u32 bit = 1u << (value & 15);
    switch (which & 3) {
        case 0: settings.c_iflag ^= bit; break;
        case 1: settings.c_oflag ^= bit; break;
        case 2: settings.c_lflag ^= bit; break;
        case 3: settings.c_cc[which % NCCS] = value; break;
    }
    line.set(settings);
}

void read(line_discipline& line, size_t bytes) {
    char to[256];
    if (bytes > sizeof to) bytes = sizeof to;
    const bool there = line.readable();
    const line_discipline::piece piece = line.read({to, bytes});
    if (piece.bytes > bytes || (!there && (piece.bytes > 0 || piece.ended))) abort();
    if (!piece.ended && piece.bytes == bytes) line.skip_end_of_file();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    port_of_nobody port;
    const auto line = std::make_unique<line_discipline>(port);
    while (size >= 3) {
        const uint8_t what = data[0], a = data[1], b = data[2];
        data += 3;
        size -= 3;
        switch (what & 7) {
            case 0: change(*line, a, b); break;
            case 1: read(*line, a); break;
            case 2: line->stop(); break;
            case 3: line->write({reinterpret_cast<const char*>(&b), 1}); break;
            case 4: line->flush_input(); break;
            default: {
                const char c = static_cast<char>(a);
                for (uint32_t i = 0; i <= (b & 63u) * (b & 64u); ++i) line->receive({&c, 1});
            }
        }
        line->check_invariants();
        if (line->room() == 0 && !line->readable()) abort();
        if (line->available() > line_buffer::capacity) abort();
    }
    return 0;
}
