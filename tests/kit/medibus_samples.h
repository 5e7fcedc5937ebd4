/*
 * What a MEDIBUS device sends, for tests of the adapter and of its library.
 */
#ifndef KIT_MEDIBUS_SAMPLES_H
#define KIT_MEDIBUS_SAMPLES_H

/* A device on a line: it starts, names itself, tells limits, values, an alarm and its end, asks in between. */
#define MEDIBUS_SAMPLE                                                                                                 \
    "\x1bQ6C\r"                                                                                                        \
    "\x01Q52\r"                                                                                                        \
    "\x01R8200'EvitaXL'07.00:06.002B\r"                                                                                \
    "\x01%EB 90 56\r"                                                                                                  \
    "\x01$EB 98 E1 70 7A\r"                                                                                            \
    "\x01'?9APAW LOW     7B\r"                                                                                         \
    "\x1b"                                                                                                             \
    "04B\r"                                                                                                            \
    "\x01(11:11:1911-NOV-93E6\r"                                                                                       \
    "\x01)01   214E\r"                                                                                                 \
    "\x01'28\r"                                                                                                        \
    "\x1bI64\r"                                                                                                        \
    "\x01$EB 97 5C\r"

#endif
