/*
 * What an analyser sends, for tests that ask for nothing but a whole conversation.
 */
#ifndef KIT_ASTM_SAMPLES_H
#define KIT_ASTM_SAMPLES_H

/* Frames as an analyser sends them; between them one with a wrong sum, and at the end it takes our word that there are
 * no orders. */
#define ASTM_SAMPLE_FRAMES                                                                                             \
    "\x05"                                                                                                             \
    "\x02"                                                                                                             \
    "1H|\\^&|||XN^1||||||||E1394-97\r\x03"                                                                             \
    "21\r\n"                                                                                                           \
    "\x02"                                                                                                             \
    "2P|1|7||A\rO|1|S1||^^^WBC\r\x03"                                                                                  \
    "22\r\n"                                                                                                           \
    "\x02"                                                                                                             \
    "3R|1|^^^WBC|9\r\x03"                                                                                              \
    "00\r\n"                                                                                                           \
    "\x02"                                                                                                             \
    "3R|1|^^^WBC|8.13|10*3/uL|4-10.5|N||F||||2024\x17"                                                                 \
    "8C\r\n"                                                                                                           \
    "\x02"                                                                                                             \
    "40627135407\rC|1|I|x\r\x03"                                                                                       \
    "FD\r\n"                                                                                                           \
    "\x02"                                                                                                             \
    "5Q|1|^S1\rL|1|N\r\x03"                                                                                            \
    "71\r\n"                                                                                                           \
    "\x04\x06\x06\x06"
/* A file of records without frames: two messages, and a result that nobody can name. */
#define ASTM_SAMPLE_RECORDS "H|\\^&|||XN^1\rP|1|7\rR|1|^^^WBC|8.13|10*3/uL\rL|1\rH|\\^&|||XN^1\rR|1||8\rR|2|^^^A|8\r"

#endif
