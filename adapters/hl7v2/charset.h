/*
 * Character sets: what MSH-18 or the site says a message is written in, and how it becomes UTF-8. A message that is
 * plain ASCII is left as it lies. Bytes that no set explains become U+FFFD and are counted; NUL counts among them,
 * since no text of ours may hold it.
 */
#ifndef HL7V2_CHARSET_H
#define HL7V2_CHARSET_H

#include "message.h"

/* The sets that this adapter may ask the host for, as iconv knows them. */
#define HL7V2_CHARSETS 21
extern const char *const hl7v2_charsets[HL7V2_CHARSETS];

/* What the setting `charset` may say. */
#define HL7V2_CHARSET_CHOICES                                                                                          \
    "auto UTF-8 ASCII ISO-8859-1 ISO-8859-2 ISO-8859-3 ISO-8859-4 ISO-8859-5 ISO-8859-6 ISO-8859-7 ISO-8859-8 "        \
    "ISO-8859-9 ISO-8859-15 WINDOWS-1250 WINDOWS-1251 WINDOWS-1252 ISO-2022-JP SHIFT_JIS EUC-JP GB18030 BIG5 EUC-KR"

/* iconv's name for a set by any of its usual names ("8859/1", "UNICODE UTF-8", "ISO IR87"); NULL in *ret_name is UTF-8.
 * NOT_FOUND: nobody knows it. */
dragoman_status hl7v2_charset_find(dragoman_bytes name, const char **ret_name);

/* Makes `message` UTF-8, by `override` (a setting, empty for none), else by MSH-18, else UTF-8 where it is valid and
 * ISO 8859-1 where it is not. May replace message->text, message->charset and message->is_raw; adds to
 * message->replaced. UNSUPPORTED: the set is known but the host cannot convert it. NO_MEMORY. */
dragoman_status hl7v2_charset_apply(hl7v2_message *message, dragoman_bytes override, dragoman_bytes declared);

/* `text` in `charset` (NULL: UTF-8) as valid UTF-8 without NUL; the same slice when it is that already. */
dragoman_bytes hl7v2_charset_convert(hl7v2_message *message, const char *charset, dragoman_bytes text);

#endif
