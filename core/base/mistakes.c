#include "base/mistakes.h"

#include <stdarg.h>
#include <stdio.h>

void mistake_tell(mistake_list *self, mistake_place place, const char *format, ...) {
    char sentence[MISTAKE_TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    self->count++;
    self->report(self->context, place, sentence);
}
