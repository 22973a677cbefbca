/* Strings, globs and numbers. Memory functions are the C library's here; tests/smp runs on our own. */
#include "lib/string.h"
#include "tests/test.h"

TEST(lib_string_copy, .shows = "string_copy cuts, ends with a NUL, and returns the whole length")
{
    char to[5];
    check_eq(string_copy(to, "abc", sizeof to), 3);
    check(strcmp(to, "abc") == 0);
    check_eq(string_copy(to, "abcdefg", sizeof to), 7);
    check(strcmp(to, "abcd") == 0);
    check_eq(string_copy(to, "xyz", 0), 3);
    check(strcmp(to, "abcd") == 0);
}

TEST(lib_glob, .shows = "*, ? and [sets] match as in a shell, in linear space")
{
    static const char *const yes[][2] = {{"", ""},
                                         {"*", ""},
                                         {"*", "abc"},
                                         {"a?c", "abc"},
                                         {"a*c", "ac"},
                                         {"a*c", "abbbc"},
                                         {"*b*d*", "abcde"},
                                         {"r0[", "r0["},
                                         {"**x", "aaax"},
                                         {"*ab", "aab"},
                                         {"r0[1-4]*", "r03_one_read"},
                                         {"[ac-]b", "-b"},
                                         {"[!a-c]", "d"},
                                         {"[]]", "]"},
                                         {"*[0-9]x", "a1b2x"},
                                         {"[a", "[a"},
                                         {"lock:*", "lock:lock_wait"}};
    static const char *const no[][2] = {{"", "a"},       {"?", ""},     {"a?c", "ac"},    {"a*c", "ab"},
                                        {"abc", "abcd"}, {"*ab", "ba"}, {"a*b*c", "acb"}, {"r0[1-4]*", "r05"},
                                        {"[!a-c]", "b"}, {"[a]", ""},   {"[a]b", "a"}};
    for (u32 i = 0; i < ARRAY_SIZE(yes); i++)
        if (!glob_match(yes[i][0], yes[i][1]))
            test_fail(__FILE__, __LINE__, "\"%s\" should match \"%s\"", yes[i][0], yes[i][1]);
    for (u32 i = 0; i < ARRAY_SIZE(no); i++)
        if (glob_match(no[i][0], no[i][1]))
            test_fail(__FILE__, __LINE__, "\"%s\" should not match \"%s\"", no[i][0], no[i][1]);
}

TEST(lib_parse_u32, .shows = "numbers are decimal or 0x, and anything else or too large is refused")
{
    static const struct {
        const char *text;
        u32 value;
    } good[] = {{"0", 0}, {"42", 42}, {"007", 7}, {"4294967295", ~0u}, {"0xffffFFFF", ~0u}, {"0X10", 16}};
    static const char *const bad[] = {"",   "0x", "4294967296", "0x100000000", "-1", "+1",
                                      "1 ", " 1", "1a",         "0x1g",        "a",  "99999999999999999999"};
    for (u32 i = 0; i < ARRAY_SIZE(good); i++) {
        u32 value = 0x55;
        check(parse_u32(good[i].text, &value));
        check_eq(value, good[i].value);
    }
    for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
        u32 value = 0x55;
        if (parse_u32(bad[i], &value) || value != 0x55)
            test_fail(__FILE__, __LINE__, "\"%s\" was taken as %u", bad[i], value);
    }
}
