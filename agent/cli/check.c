/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdarg.h>

#include "page.h"
#include "text.h"

#define FORMAT "frost-ga check"
#define VERSION 1

#define GRADE 8u
#define TOPIC 12u
#define INDENT (GRADE + TOPIC)

static void
finding_free(void *data)
{
    FrostFinding *self = data;

    g_free(self->text);
    g_free(self);
}

GPtrArray *
frost_findings_new(void)
{
    return g_ptr_array_new_with_free_func(finding_free);
}

void
frost_check_add(const FrostCheck *self, FrostGrade grade, const char *topic, const char *advice,
                const char *format, ...)
{
    FrostFinding *finding = g_new0(FrostFinding, 1);
    va_list args;

    va_start(args, format);
    finding->text = g_strdup_vprintf(format, args);
    va_end(args);
    finding->grade = grade;
    finding->topic = topic;
    finding->advice = advice;
    g_ptr_array_add(self->findings, finding);
}

FrostGrade
frost_findings_worst(const GPtrArray *findings)
{
    FrostGrade worst = FROST_GRADE_OK;

    for (guint i = 0; i < findings->len; i++) {
        const FrostFinding *finding = g_ptr_array_index(findings, i);

        worst = MAX(worst, finding->grade);
    }
    return worst;
}

int64_t
frost_check_number(const FrostCheck *self, const char *path)
{
    g_autofree char *text = NULL;
    char *end;

    if (self->sys->read_file(self->sys, path, &text, NULL) < 0)
        return -1;
    gint64 number = g_ascii_strtoll(text, &end, 10);
    return end == text ? -1 : number;
}

static const char *
grade_name(FrostGrade grade)
{
    static const char *const names[] = {
        [FROST_GRADE_OK] = "ok",
        [FROST_GRADE_WARNING] = "warning",
        [FROST_GRADE_PROBLEM] = "problem",
    };

    return names[grade];
}

static FrostStyle
grade_style(FrostGrade grade)
{
    static const FrostStyle styles[] = {
        [FROST_GRADE_OK] = FROST_STYLE_GOOD,
        [FROST_GRADE_WARNING] = FROST_STYLE_WARN,
        [FROST_GRADE_PROBLEM] = FROST_STYLE_BAD,
    };

    return styles[grade];
}

static void
draw(FrostPage *page, const FrostFinding *finding)
{
    g_autofree char *text = frost_text_clean(finding->text);

    frost_page_begin(page, grade_style(finding->grade));
    frost_text_add_left(page->out, grade_name(finding->grade), GRADE);
    frost_page_end(page);
    frost_text_add_left(page->out, finding->topic, TOPIC);
    frost_text_wrap(page->out, text, INDENT, INDENT);
    if (finding->advice) {
        g_string_append_printf(page->out, "%*s", (int)INDENT, "");
        frost_text_wrap(page->out, finding->advice, INDENT, INDENT);
    }
}

char *
frost_findings_draw(const GPtrArray *findings, bool colour)
{
    return frost_findings_draw_from(findings, 0, colour);
}

char *
frost_findings_draw_from(const GPtrArray *findings, guint first, bool colour)
{
    FrostPage page = {g_string_new(NULL), colour};

    for (guint i = first; i < findings->len; i++)
        draw(&page, g_ptr_array_index(findings, i));
    return g_string_free(page.out, FALSE);
}

QgaValue *
frost_findings_to_value(const GPtrArray *findings)
{
    QgaValue *document = qga_value_new_object();
    QgaValue *list = qga_value_new_array();

    for (guint i = 0; i < findings->len; i++) {
        const FrostFinding *finding = g_ptr_array_index(findings, i);
        QgaValue *value = qga_value_new_object();

        qga_value_set_string(value, "grade", grade_name(finding->grade));
        qga_value_set_string(value, "topic", finding->topic);
        qga_value_set_string(value, "text", finding->text);
        qga_value_set_string(value, "advice", finding->advice);
        qga_value_append(list, value);
    }
    qga_value_set_string(document, "format", FORMAT);
    qga_value_set_int(document, "version", VERSION);
    qga_value_set_string(document, "grade", grade_name(frost_findings_worst(findings)));
    qga_value_set(document, "findings", list);
    return document;
}
