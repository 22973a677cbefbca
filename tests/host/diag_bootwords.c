/* Words of every kind, declared as any owner declares them. What a wrong word does, the boot tests show. */
#include "diag/bootwords.h"
#include "lib/string.h"
#include "tests/test.h"

static bool flag;
static u32 number;
static char text[WORD_TEXT_MAX];
static unsigned choice;
BOOT_FLAG(unit_flag, "a flag of the unit tests", &flag);
BOOT_NUMBER(unit_number, "a number of the unit tests", &number);
BOOT_TEXT(unit_text, "a text of the unit tests", text);
BOOT_CHOICE(unit_choice, "a choice of the unit tests", &choice, "one", "two", "three");

TEST(diag_bootwords,
     .shows = "flags, numbers, texts, choices and quotes reach their variables; the last word wins")
{
    bootwords_parse("/boot/faultline unit_flag unit_number=0x20 unit_choice=three unit_text=a=b,c");
    check(flag);
    check_eq(number, 32);
    check_eq(choice, 2);
    check(strcmp(text, "a=b,c") == 0);

    bootwords_parse(
        "  unit_flag=off\tunit_text=\"two words\"  unit_number=1 unit_number=2 unit_choice=one \n");
    check(!flag);
    check_eq(number, 2);
    check_eq(choice, 0);
    check(strcmp(text, "two words") == 0);

    bootwords_parse("");
    bootwords_parse("/only/a/path");
    check_eq(number, 2);
}
