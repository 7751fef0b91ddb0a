// slub_debug=: what is understood, and which caches are meant.
#include "mm/slab/slab_debug.hpp"

#include <test.hpp>

namespace {

constexpr slab_flags_t F = SLAB_CONSISTENCY_CHECKS, Z = SLAB_RED_ZONE, P = SLAB_POISON,
                       U = SLAB_STORE_USER;

}  // namespace

TEST(slab_debug_param, parses_letters_and_names) {
    const struct {
        const char* text;
        slab_flags_t flags;
        const char* names;
    } rows[] = {
        {"", F | Z | P | U, ""},
        {"F", F, ""},
        {"z", Z, ""},
        {"P", P, ""},
        {"u", U, ""},
        {"FZPU", F | Z | P | U, ""},
        {"uf", F | U, ""},
        {"-", 0, ""},
        {"FZ,filp", F | Z, "filp"},
        {",filp", F | Z | P | U, "filp"},
        {"P,kmalloc-*,filp", P, "kmalloc-*,filp"},
        {"-,filp", 0, "filp"},
    };
    for (const auto& row : rows) {
        const auto parsed = parse_slab_debug(row.text);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->flags, row.flags);
        EXPECT_EQ(parsed->names, std::string_view(row.names));
    }
}

TEST(slab_debug_param, refuses_what_is_malformed) {
    for (const char* text : {"X", "FZX", "F,", ",", "F Z", "1", "FZ;filp", "0x3"})
        EXPECT_FALSE(parse_slab_debug(text));
}
