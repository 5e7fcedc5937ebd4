/*
 * Answers: '!', fields separated by '^', '|', four digits, carriage return. The digits are the CRC-16 of what stands
 * between '!' and '|' (polynomial 1021, beginning with FFFF, not reflected).
 */
#ifndef ASENA_FRAME_H
#define ASENA_FRAME_H

#include "limits.h"
#include <dragoman/base.h>

#define ASENA_START '!'
#define ASENA_CHECK '|'
#define ASENA_FIELD '^'
#define ASENA_END '\r'
#define ASENA_BREAK 0x1bu

typedef struct asena_scanner {
    bool is_in_line;
    bool is_spoilt; /* too long, or with a character that no answer has */
    size_t size;
    uint8_t line[ASENA_LINE_MOST];
} asena_scanner;

typedef enum asena_scanned {
    ASENA_SCANNED_NOTHING = 0,
    ASENA_SCANNED_ANSWER = 1,
    ASENA_SCANNED_BROKEN = 2, /* an answer ended that is none, or another began in it */
    ASENA_SCANNED_NOISE = 3,  /* a byte outside of any answer */
} asena_scanned;

/* The fields of an answer; the first is the name of the query. */
typedef struct asena_answer {
    dragoman_bytes fields[ASENA_FIELDS];
    uint32_t count;
} asena_answer;

/* Forgets what was begun. */
void asena_scanner_reset(asena_scanner *scanner);
/* Takes a byte of the line. With ANSWER, ret_answer holds its fields, borrowed until the next byte. */
asena_scanned asena_scan(asena_scanner *scanner, uint8_t byte, asena_answer *ret_answer);
/* A field of an answer without blanks around it; empty when it has fewer. */
dragoman_bytes asena_field(const asena_answer *answer, uint32_t index);

#endif
