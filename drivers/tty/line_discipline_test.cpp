#include "drivers/tty/line_discipline.hpp"

#include "lib/format.hpp"
#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

// What went to the terminal, with the signals that were raised as <int>.
struct recorder : tty_port {
    void transmit(std::string_view bytes) override { out.write(bytes); }
    void raise(tty_signal signal) override {
        constexpr std::string_view names[] = {"<int>", "<quit>", "<susp>"};
        out.write(names[static_cast<size_t>(signal)]);
    }
    text_buffer<512> out;
};

struct terminal_fixture {
    recorder port;
    line_discipline line{port};
    char room[64];

    void change(void (*how)(ktermios&)) {
        ktermios settings = line.settings();
        how(settings);
        line.set(settings);
    }
    // What is echoed.
    std::string_view type(std::string_view text) {
        port.out.clear();
        line.receive(text);
        line.check_invariants();
        return port.out.view();
    }
    // What a read() of so many bytes gives: "-" if it would wait.
    std::string_view read(size_t bytes = sizeof room) {
        if (!line.readable()) return "-";
        return {room, line.read({room, bytes}).bytes};
    }
};

// Too large for a stack.
terminal_fixture& fresh() { return in_scratch<terminal_fixture>(); }

}  // namespace

#define EXPECT_TEXT(what, expected) EXPECT_TRUE((what) == std::string_view(expected))

TEST(line_discipline, a_line_is_read_when_it_has_ended) {
    auto& t = fresh();
    EXPECT_TEXT(t.type("ls"), "ls");
    EXPECT_TEXT(t.read(), "-");
    EXPECT_TEXT(t.type("\rpwd\n"), "\r\npwd\r\n");
    EXPECT_EQ(t.line.available(), 7u);
    EXPECT_TEXT(t.read(2), "ls");
    EXPECT_TEXT(t.read(), "\n");
    EXPECT_TEXT(t.read(), "pwd\n");
    EXPECT_TEXT(t.read(), "-");
}

TEST(line_discipline, ctrl_d_ends_a_line_without_being_in_it) {
    auto& t = fresh();
    EXPECT_TEXT(t.type("ab\x04\x04"), "ab");
    EXPECT_EQ(t.line.available(), 2u);
    EXPECT_TEXT(t.read(), "ab");
    EXPECT_TEXT(t.read(), "");
    EXPECT_TEXT(t.read(), "-");
    // Right behind the memory of a read() it is no end of a file.
    t.type("ab\x04");
    EXPECT_TEXT(t.read(2), "ab");
    t.line.skip_end_of_file();
    EXPECT_TEXT(t.read(), "-");
}

TEST(line_discipline, characters_words_and_lines_are_taken_back) {
    auto& t = fresh();
    EXPECT_TEXT(t.type("\x7f\x7f"), "");
    EXPECT_TEXT(t.type("ab\x7f"), "ab\b \b");
    EXPECT_TEXT(t.type("\x7f\x7f"), "\b \b");
    EXPECT_TEXT(t.type("a b_1,,\x17"), "a b_1,,\b \b\b \b\b \b\b \b\b \b");
    EXPECT_TEXT(t.type("\x15"), "\b \b\b \b");
    EXPECT_TEXT(t.type("x\x01\x7f"), "x^A\b \b\b \b");
    t.type("\n");
    EXPECT_TEXT(t.read(), "x\n");
    // What has ended is out of reach.
    EXPECT_TEXT(t.type("a\n\x7f\x15"), "a\r\n");
    EXPECT_TEXT(t.read(), "a\n");
}

TEST(line_discipline, a_tab_is_taken_back_to_where_it_began) {
    auto& t = fresh();
    t.line.write("$ ");
    EXPECT_TEXT(t.type("abc\t\x7f"), "abc\t\b\b\b");
    EXPECT_TEXT(t.type("\t\t\x7f"), "\t\t\b\b\b\b\b\b\b\b");
}

TEST(line_discipline, a_character_of_two_bytes_is_taken_back_whole) {
    auto& t = fresh();
    t.change([](ktermios& s) { s.c_iflag |= IUTF8; });
    EXPECT_TEXT(t.type("x\xc3\xa4\x7f\n"), "x\xc3\xa4\b \b\r\n");
    EXPECT_TEXT(t.read(), "x\n");
}

TEST(line_discipline, settings_of_the_echo) {
    auto& t = fresh();
    t.change([](ktermios& s) { s.c_lflag &= ~(ECHOE | ECHOKE | ECHOCTL); });
    EXPECT_TEXT(t.type("ab\x7f"), "ab\x7f");
    EXPECT_TEXT(t.type("\x15"), "\x15\r\n");
    t.change([](ktermios& s) { s.c_lflag &= ~ECHO; });
    EXPECT_TEXT(t.type("secret\n"), "");
    t.change([](ktermios& s) { s.c_lflag |= ECHONL; });
    EXPECT_TEXT(t.type("secret\n"), "\r\n");
}

TEST(line_discipline, ctrl_v_takes_the_next_one_literally_and_ctrl_r_shows_the_line_again) {
    auto& t = fresh();
    EXPECT_TEXT(t.type("\x16\x03"), "^\b^C");
    EXPECT_TEXT(t.type("a\x12"), "a^R\r\n^Ca");
    t.type("\n");
    EXPECT_TEXT(t.read(), "\x03" "a\n");
}

TEST(line_discipline, signals_take_what_was_typed_with_them) {
    auto& t = fresh();
    EXPECT_TEXT(t.type("ab\x03"), "ab^C<int>");
    EXPECT_TEXT(t.type("\x1c\x1a\n"), "^\\<quit>^Z<susp>\r\n");
    EXPECT_TEXT(t.read(), "\n");
    t.change([](ktermios& s) { s.c_lflag |= NOFLSH; });
    t.type("ab\x03\n");
    EXPECT_TEXT(t.read(), "ab\n");
    t.change([](ktermios& s) { s.c_lflag &= ~ISIG; });
    EXPECT_TEXT(t.type("\x03"), "^C");
}

TEST(line_discipline, ctrl_s_holds_output_back_and_ctrl_q_lets_it_go) {
    auto& t = fresh();
    EXPECT_TEXT(t.type("\x13xy"), "");
    EXPECT_EQ(t.line.write("more"), 0u);
    EXPECT_TEXT(t.type("\x11"), "xy");
    EXPECT_EQ(t.line.write("more"), 4u);
    t.change([](ktermios& s) { s.c_iflag |= IXANY; });
    EXPECT_TEXT(t.type("\x13z"), "z");
    t.type("\x13");
    t.change([](ktermios& s) { s.c_iflag &= ~IXON; });
    EXPECT_FALSE(t.line.stopped());
    EXPECT_TEXT(t.type("\x13"), "^S");
}

TEST(line_discipline, a_sender_is_held_back_while_there_is_little_room) {
    auto& t = fresh();
    t.change([](ktermios& s) {
        s.c_iflag |= IXOFF;
        s.c_lflag &= ~(ICANON | ECHO);
    });
    t.port.out.clear();
    for (u32 i = 0; i < line_buffer::capacity; ++i) t.line.receive("x");
    EXPECT_TEXT(t.port.out.view(), "\x13");
    EXPECT_EQ(t.line.room(), 0u);
    while (t.line.room() <= line_buffer::capacity / 2) t.read();
    EXPECT_TEXT(t.port.out.view(), "\x13\x11");
}

TEST(line_discipline, bytes_that_come_in_are_translated) {
    auto& t = fresh();
    t.change([](ktermios& s) { s.c_iflag = INLCR | ISTRIP | IUCLC; });
    EXPECT_TEXT(t.type("A\xe2\n"), "ab^M");
    t.change([](ktermios& s) { s.c_iflag = IGNCR | PARMRK; });
    t.type("\r\xff\x04");
    EXPECT_TEXT(t.read(), "ab\r\xff\xff");
}

TEST(line_discipline, a_line_that_is_too_long_can_still_be_ended) {
    auto& t = fresh();
    t.change([](ktermios& s) { s.c_lflag &= ~ECHO; });
    for (u32 i = 0; i < line_buffer::capacity + 10; ++i) t.line.receive("x");
    EXPECT_EQ(t.line.room(), 1u);
    t.line.receive("\n");
    EXPECT_EQ(t.line.available(), line_buffer::capacity);
    EXPECT_EQ(t.line.room(), 0u);
    t.line.receive("lost\n");
    EXPECT_EQ(t.line.available(), line_buffer::capacity);
    u32 total = 0;
    while (t.line.readable()) total += static_cast<u32>(t.read().size());
    EXPECT_EQ(total, line_buffer::capacity);
    EXPECT_EQ(t.room[sizeof t.room - 1], '\n');
}

TEST(line_discipline, without_lines_bytes_are_there_at_once) {
    auto& t = fresh();
    t.type("half");
    t.change([](ktermios& s) { s.c_lflag &= ~(ICANON | ECHO); });
    EXPECT_TEXT(t.read(), "half");
    t.type("\x04\x7f\n");
    EXPECT_TEXT(t.read(), "\x04\x7f\n");
    // And with them again, all that is there is a line.
    t.type("ab");
    t.change([](ktermios& s) { s.c_lflag |= ICANON; });
    EXPECT_TEXT(t.type("c\n"), "");
    EXPECT_TEXT(t.read(), "ab");
    EXPECT_TEXT(t.read(), "c\n");
}

TEST(line_discipline, the_four_cases_of_vmin_and_vtime) {
    auto& t = fresh();
    const auto rules = [&](u8 least, u8 time) {
        ktermios settings = t.line.settings();
        settings.c_lflag &= ~ICANON;
        settings.c_cc[VMIN] = least;
        settings.c_cc[VTIME] = time;
        t.line.set(settings);
        return t.line.read_rules();
    };
    constexpr s32 for_ever = line_discipline::patience::for_ever;
    const struct {
        u8 vmin, vtime;
        u32 least;
        s32 first, later;
        bool polled_with_one, polled_with_two;
    } cases[] = {{2, 5, 2, for_ever, 5, true, true},
                 {2, 0, 2, for_ever, for_ever, false, true},
                 {0, 5, 1, 5, 5, true, true},
                 {0, 0, 1, 0, 0, true, true}};
    for (const auto& c : cases) {
        t.line.flush_input();
        const line_discipline::patience got = rules(c.vmin, c.vtime);
        EXPECT_EQ(got.least, c.least);
        EXPECT_EQ(got.first, c.first);
        EXPECT_EQ(got.later, c.later);
        EXPECT_FALSE(t.line.poll_readable());
        t.type("x");
        EXPECT_EQ(t.line.poll_readable(), c.polled_with_one);
        t.type("y");
        EXPECT_EQ(t.line.poll_readable(), c.polled_with_two);
    }
    t.line.set(tty_std_termios);
    EXPECT_EQ(t.line.read_rules().first, for_ever);
}
