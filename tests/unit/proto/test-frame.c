/* SPDX-License-Identifier: MIT */

#include "events.h"
#include "test-support.h"

#define BAD "! JSON parse error, "
#define MAX_BYTES 4096
#define CHECK(rows) events_check((rows), G_N_ELEMENTS(rows), MAX_BYTES)

static void
objects_need_no_separator(void **state)
{
    static const EventsRow rows[] = {
        ROW("{}", "= {}\n"),
        ROW("{}{}", "= {}\n= {}\n"),
        ROW("{}\n{}\r\n\t {}\n", "= {}\n= {}\n= {}\n"),
        ROW("{}[]", "= {}\n= []\n"),
        ROW(" { \"a\" :\n[ 1 ,\t{ } ] }", "= {\"a\":[1,{}]}\n"),
        ROW("", ""),
        ROW(" \n", ""),
        ROW("{\"a\":1", ""),
    };

    CHECK(rows);
}

static void
scalars_at_the_top_end_with_the_next_byte(void **state)
{
    static const EventsRow rows[] = {
        ROW("1", ""),
        ROW("1\n", "= 1\n"),
        ROW("true", ""),
        ROW("true{}", "= true\n= {}\n"),
        ROW("1 2 ", "= 1\n= 2\n"),
        ROW("\"a\"", "= \"a\"\n"),
        ROW("\"a\"'b'", "= \"a\"\n= \"b\"\n"),
        ROW("null\"a\"", "= null\n= \"a\"\n"),
        ROW("1tru ", "= 1\n" BAD "invalid keyword 'tru'\n"),
    };

    CHECK(rows);
}

static void
strings_get_one_spelling(void **state)
{
    static const EventsRow rows[] = {
        ROW("'a'", "= \"a\"\n"),
        ROW("'a\"b'", "= \"a\\\"b\"\n"),
        ROW("\"a'b\"", "= \"a'b\"\n"),
        ROW("\"\\'\"'\\''", "= \"'\"\n= \"'\"\n"),
        ROW("'\\\"'", "= \"\\\"\"\n"),
        ROW("\"\\/\\\\\"", "= \"/\\\\\"\n"),
        ROW("\"\\b\\f\\n\\r\\t\"", "= \"\\u0008\\u000C\\u000A\\u000D\\u0009\"\n"),
        ROW("\"\\u0041\\u00e9\\u20AC\"", "= \"A\xC3\xA9\xE2\x82\xAC\"\n"),
        ROW("\"\\ud83d\\ude00\"", "= \"\xF0\x9F\x98\x80\"\n"),
        ROW("\"\xF0\x9F\x98\x80\x7F\"", "= \"\xF0\x9F\x98\x80\x7F\"\n"),
        ROW("\"%s %d\"", "= \"%s %d\"\n"),
        ROW("\"\\u0000\xC0\x80\"", "= \"\xC0\x80\xC0\x80\"\n"),
        ROW("\"\"", "= \"\"\n"),
    };

    CHECK(rows);
}

static void
numbers_get_one_spelling(void **state)
{
    static const EventsRow rows[] = {
        ROW("0 -0 7 -7 ", "= 0\n= 0\n= 7\n= -7\n"),
        ROW("9223372036854775807 ", "= 9223372036854775807\n"),
        ROW("9223372036854775808 ", "= 9223372036854775808\n"),
        ROW("18446744073709551615 ", "= 18446744073709551615\n"),
        ROW("18446744073709551616 ", "= 1.8446744073709552e+19\n"),
        ROW("-9223372036854775808 ", "= -9223372036854775808\n"),
        ROW("-9223372036854775809 ", "= -9.2233720368547758e+18\n"),
        ROW("1.0 -0.0 1e2 1E+2 1.5e-1 ", "= 1.0\n= -0.0\n= 100.0\n= 100.0\n"
                                         "= 0.14999999999999999\n"),
        ROW("1e400 -1e400 ", "= 1.7976931348623157e+308\n= -1.7976931348623157e+308\n"),
        ROW("1e-400 ", "= 0.0\n"),
        ROW("0.5e1 ", "= 5.0\n"),
        ROW("0e5 ", "= 0\n" BAD "invalid keyword 'e'\n= 5\n"),
        ROW("-0e5 ", "= 0\n" BAD "invalid keyword 'e'\n= 5\n"),
    };

    CHECK(rows);
}

static void
bad_bytes_are_stray_with_what_was_begun(void **state)
{
    static const EventsRow rows[] = {
        ROW("@\n", BAD "stray '@'\n"),
        ROW("-\n", BAD "stray '-\n'\n"),
        ROW("01\n", BAD "stray '01'\n"),
        ROW("-01\n", BAD "stray '-01'\n"),
        ROW("+1\n", BAD "stray '+'\n"),
        ROW(".5\n", BAD "stray '.'\n"),
        ROW("1.\n", BAD "stray '1.\n'\n"),
        ROW("1.x\n", BAD "stray '1.x'\n"),
        ROW("1e\n", BAD "stray '1e\n'\n"),
        ROW("1e+-", BAD "stray '1e+-'\n"),
        ROW("1.5.3\n", "= 1.5\n" BAD "stray '.'\n"),
        ROW("truE\n", BAD "invalid keyword 'tru'\n" BAD "stray 'E'\n"),
        ROW("\"a\tb\"\n", BAD "stray '\"a\t'\n"),
        ROW("'a\\\n'\n", BAD "stray ''a\\\n'\n"),
        ROW("\"ab\0cd\"{}", BAD "stray '\"ab'\n= {}\n"),
        ROW("\0{}", BAD "stray ''\n= {}\n"),
        ROW("\xEF\xBB\xBF{}", BAD "stray '\xEF'\n= {}\n"),
        ROW("{\"a\":[1,@", BAD "stray '@'\n"),
    };

    CHECK(rows);
}

static void
after_a_stray_byte_all_is_skipped_to_a_landmark(void **state)
{
    static const EventsRow rows[] = {
        ROW("@@ x 1 \"a\" {}", BAD "stray '@'\n= {}\n"),
        ROW("@\t1 {}", BAD "stray '@'\n= {}\n"),
        ROW("@\x7F\xC3\xA9 {}", BAD "stray '@'\n= {}\n"),
        ROW("@ 1\n1\n", BAD "stray '@'\n= 1\n"),
        ROW("@ 1\r1\n", BAD "stray '@'\n= 1\n"),
        ROW("@,{}", BAD "stray '@'\n" BAD "expecting value\n= {}\n"),
        ROW("@:[]", BAD "stray '@'\n" BAD "expecting value\n= []\n"),
        ROW("@}", BAD "stray '@'\n" BAD "expecting value\n"),
        ROW("@]", BAD "stray '@'\n" BAD "expecting value\n"),
        ROW("@\x01{}", BAD "stray '@'\n" BAD "stray '\x01'\n= {}\n"),
        ROW("-{\"a\":1}", BAD "stray '-{'\n" BAD "expecting value\n= 1\n" BAD "expecting value\n"),
        ROW("{\"a\":[@]}", BAD "stray '@'\n" BAD "expecting value\n" BAD "expecting value\n"),
    };

    CHECK(rows);
}

static void
reset_bytes_drop_what_is_pending(void **state)
{
    static const EventsRow rows[] = {
        ROW("\xFF{}", BAD "stray '\xFF'\n= {}\n"),
        ROW("\xFE\xFF{}", BAD "stray '\xFE'\n" BAD "stray '\xFF'\n= {}\n"),
        ROW("{\"a\":[\xFF{}", BAD "stray '\xFF'\n= {}\n"),
        ROW("{\"a\xFF{}", BAD "stray '\"a\xFF'\n= {}\n"),
        ROW("'a\\\xFE{}", BAD "stray ''a\\\xFE'\n= {}\n"),
        ROW("@\xFF{}", BAD "stray '@'\n" BAD "stray '\xFF'\n= {}\n"),
        ROW("abc\xFF", BAD "invalid keyword 'abc'\n" BAD "stray '\xFF'\n"),
        ROW("12\xFF", "= 12\n" BAD "stray '\xFF'\n"),
        ROW("-\xFF{}", BAD "stray '-\xFF'\n= {}\n"),
        ROW("[,\xFF{}", BAD "expecting value\n= {}\n"),
        ROW("\xFF"
            "1{}",
            BAD "stray '\xFF'\n= {}\n"),
    };

    CHECK(rows);
}

static void
the_first_error_of_a_message_is_named(void **state)
{
    static const EventsRow rows[] = {
        ROW("nul\n", BAD "invalid keyword 'nul'\n"),
        ROW("{a:1}", BAD "invalid keyword 'a'\n"),
        ROW("[truex]", BAD "invalid keyword 'truex'\n"),
        ROW("{\"a\" 1}", BAD "missing : in object pair\n"),
        ROW("{\"a\"}", BAD "missing : in object pair\n"),
        ROW("{\"a\":}", BAD "expecting value\n"),
        ROW("[,]", BAD "expecting value\n"),
        ROW("[1,]", BAD "expecting value\n"),
        ROW("{,}", BAD "expecting value\n"),
        ROW("{\"a\":1,}", BAD "expecting value\n"),
        ROW("{:1}", BAD "expecting value\n"),
        ROW("{5:6}", BAD "key is not a string in object\n"),
        ROW("{5 6}", BAD "key is not a string in object\n"),
        ROW("{null:1}", BAD "key is not a string in object\n"),
        ROW("{[1]:2}", BAD "key is not a string in object\n"),
        ROW("{{\"a\":1}:2}", BAD "key is not a string in object\n"),
        ROW("{[1,]:2}", BAD "key is not a string in object\n"),
        ROW("{\"a\":1,5:6}", BAD "key is not a string in object\n"),
        ROW("{\"a\":1 \"b\":2}", BAD "expected separator in dict\n"),
        ROW("{\"a\":1]", BAD "expected separator in dict\n"),
        ROW("[1 2]", BAD "expected separator in list\n"),
        ROW("[1}", BAD "expected separator in list\n"),
        ROW("[1 \"\\q\"]", BAD "expected separator in list\n"),
        ROW("[,1 2 nul \"\\q\"]", BAD "expecting value\n"),
    };

    CHECK(rows);
}

static void
a_message_ends_when_its_brackets_are_counted_off(void **state)
{
    static const EventsRow rows[] = {
        ROW("}", BAD "expecting value\n"),
        ROW("]", BAD "expecting value\n"),
        ROW(",:", BAD "expecting value\n" BAD "expecting value\n"),
        ROW("[}]", BAD "expecting value\n" BAD "expecting value\n"),
        ROW("{]}", BAD "expecting value\n" BAD "expecting value\n"),
        ROW("[[[}{}", BAD "expecting value\n= {}\n"),
        ROW("[{]{}", BAD "expecting value\n"),
        ROW("[{]{}}{}", BAD "expecting value\n= {}\n"),
        ROW("{\"a\":[}]{}", BAD "expecting value\n= {}\n"),
        ROW("{\"a\":1,}[,]]",
            BAD "expecting value\n" BAD "expecting value\n" BAD "expecting value\n"),
    };

    CHECK(rows);
}

static void
a_wrong_token_is_answered_at_once_and_the_rest_of_its_message_is_swallowed(void **state)
{
    static const EventsRow rows[] = {
        ROW("[{]", BAD "expecting value\n"),
        ROW("{\"a\":[}", BAD "expecting value\n"),
        ROW("[1 2", ""), /* the 2 may go on */
        ROW("[1 2 ", BAD "expected separator in list\n"),
        ROW("[1 2 nul \"\\q\" {}", BAD "expected separator in list\n"),
        ROW("[1 2 [3]]{}", BAD "expected separator in list\n= {}\n"),
        ROW("{\"a\" 1", ""),
        ROW("{\"a\" 1,", BAD "missing : in object pair\n"),
        ROW("{[", BAD "key is not a string in object\n"),
        ROW("{{\"a\":1}:2,\"b\":3}{}", BAD "key is not a string in object\n= {}\n"),
        ROW("{\"a\":\"\\q\"", BAD "invalid escape sequence in string\n"),
    };

    CHECK(rows);
}

static void
a_stray_byte_ends_the_swallowing_and_is_no_second_error(void **state)
{
    static const EventsRow rows[] = {
        ROW("[1 2 @ x {}", BAD "expected separator in list\n= {}\n"),
        ROW("[1 2 \xFF{}", BAD "expected separator in list\n= {}\n"),
        ROW("[1 2 \"abc\xFF{}", BAD "expected separator in list\n= {}\n"),
        ROW("[1 2 \xFF\xFF{}", BAD "expected separator in list\n" BAD "stray '\xFF'\n= {}\n"),
    };

    CHECK(rows);
}

static void
a_duplicate_key_is_an_error_when_its_value_is_complete(void **state)
{
    static const EventsRow rows[] = {
        ROW("{\"a\":1,\"a\":2}", BAD "duplicate key\n"),
        ROW("{\"a\":1,\"a\":2,\"b\" 3}", BAD "duplicate key\n"),
        ROW("{\"a\":1,\"a\":[1 2]}", BAD "expected separator in list\n"),
        ROW("{\"a\":1,\"a\":}", BAD "expecting value\n"),
        ROW("{\"a\":1,\"a\" 2}", BAD "missing : in object pair\n"),
        ROW("{\"a\":1,'\\u0061':2}", BAD "duplicate key\n"),
        ROW("[{\"a\":1},{\"b\":{\"x\":0,\"x\":0}}]", BAD "duplicate key\n"),
        ROW("{\"a\\u0000\":1,\"a\xC0\x80\":2}", BAD "duplicate key\n"),
        ROW("{\"\":1,\"\":2}", BAD "duplicate key\n"),
        ROW("{\"a\":{\"a\":{\"a\":1}}}", "= {\"a\":{\"a\":{\"a\":1}}}\n"),
        ROW("{\"a\":{\"b\":1},\"b\":2}", "= {\"a\":{\"b\":1},\"b\":2}\n"),
        ROW("{\"a\\u0000\":1,\"a\":2}", "= {\"a\xC0\x80\":1,\"a\":2}\n"),
        ROW("[{\"a\":1},{\"a\":1}]", "= [{\"a\":1},{\"a\":1}]\n"),
        ROW("{\"a\":1}{\"a\":1}", "= {\"a\":1}\n= {\"a\":1}\n"),
    };

    CHECK(rows);
}

static void
bad_escapes_are_shown(void **state)
{
    static const EventsRow rows[] = {
        ROW("\"\\q\"", BAD "invalid escape sequence in string\n"),
        ROW("\"\\\x80\"", BAD "invalid escape sequence in string\n"),
        ROW("\"\\U0041\"", BAD "invalid escape sequence in string\n"),
        ROW("\"\\uZZZZ\"", BAD "\\uZZZZ is not a valid Unicode character\n"),
        ROW("\"\\u+123\"", BAD "\\u+123 is not a valid Unicode character\n"),
        ROW("\"\\u\"", BAD "\\u\" is not a valid Unicode character\n"),
        ROW("\"\\u12\"", BAD "\\u12\" is not a valid Unicode character\n"),
        ROW("\"\\u12\\\"34\"", BAD "\\u12\\\" is not a valid Unicode character\n"),
        ROW("\"\\ud83d\"", BAD "\\ud83d is not a valid Unicode character\n"),
        ROW("\"\\ud83d\\u0041\"", BAD "\\ud83d is not a valid Unicode character\n"),
        ROW("\"\\ud83d\\n\"", BAD "\\ud83d is not a valid Unicode character\n"),
        ROW("\"\\ud83d\\u12\"", BAD "\\ud83d is not a valid Unicode character\n"),
        ROW("\"\\uDC00\"", BAD "\\uDC00 is not a valid Unicode character\n"),
        ROW("\"\\ud83f\\udffe\"", BAD "\\ud83f\\udffe is not a valid Unicode character\n"),
        ROW("\"\\ufffe\"", BAD "\\ufffe is not a valid Unicode character\n"),
        ROW("\"\\uFDD0\"", BAD "\\uFDD0 is not a valid Unicode character\n"),
    };

    CHECK(rows);
}

static void
bad_utf8_is_refused(void **state)
{
    static const EventsRow rows[] = {
        ROW("\"\x80\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xC3\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xC3\\n\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xE2\x82\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xC0\xAF\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xC1\xBF\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xE0\x9F\xBF\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xF0\x8F\xBF\xBF\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xED\xA0\x80\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xF4\x90\x80\x80\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xF8\x88\x80\x80\x80\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xEF\xB7\x90\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xEF\xBF\xBF\"", BAD "invalid UTF-8 sequence in string\n"),
        ROW("\"\xE0\xA0\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBD\"",
            "= \"\xE0\xA0\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBD\"\n"),
    };

    CHECK(rows);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_need_no_separator),
        cmocka_unit_test(scalars_at_the_top_end_with_the_next_byte),
        cmocka_unit_test(strings_get_one_spelling),
        cmocka_unit_test(numbers_get_one_spelling),
        cmocka_unit_test(bad_bytes_are_stray_with_what_was_begun),
        cmocka_unit_test(after_a_stray_byte_all_is_skipped_to_a_landmark),
        cmocka_unit_test(reset_bytes_drop_what_is_pending),
        cmocka_unit_test(the_first_error_of_a_message_is_named),
        cmocka_unit_test(a_message_ends_when_its_brackets_are_counted_off),
        cmocka_unit_test(
            a_wrong_token_is_answered_at_once_and_the_rest_of_its_message_is_swallowed),
        cmocka_unit_test(a_stray_byte_ends_the_swallowing_and_is_no_second_error),
        cmocka_unit_test(a_duplicate_key_is_an_error_when_its_value_is_complete),
        cmocka_unit_test(bad_escapes_are_shown),
        cmocka_unit_test(bad_utf8_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
