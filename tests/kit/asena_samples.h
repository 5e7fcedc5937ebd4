/*
 * What an Alaris Asena pump answers, for tests of the adapter and of its library.
 */
#ifndef KIT_ASENA_SAMPLES_H
#define KIT_ASENA_SAMPLES_H

/* Who it is, what it infuses, an alarm and its end, a syringe, a rate that is no number. */
#define ASENA_SAMPLE                                                                                                   \
    "!INST_SERIALNO^8002-51733|ACFF\r"                                                                                 \
    "!COMMS_PROTOCOL^Asena Rev 2.1.5|661A\r"                                                                           \
    "!INF^8002-51733^A^HLD^0.00^ml/h^^0.969^ml^530.15^mmHg^00:04:09^EVENT^214725|DB9D\r"                               \
    "!INF_VTBI^ACTIV^11.000^ml^STOP|4433\r"                                                                            \
    "!ALARM^AL_OCCLU^OCCLUSION^|664D\r"                                                                                \
    "!SYRINGE_STATUS^BD PLASTIPAK^ 50^CONF|1CF8\r"                                                                     \
    "!INF^8002-51733^-^SET^fast^ml/h^^^ml^17.91^mmHg^24+^EVENT^214726|6C68\r"                                          \
    "!ALARM^AL_NOALM^ ^ |C73B\r"

#endif
