/*
 * The linear scale of a wave as decimals: value = sample x scale + origin ("Attribute: Scale and Range Specification").
 * A range whose steps are no finite decimal (1 over 4095) is given to more digits than a sample can show.
 */
#ifndef INTELLIVUE_SCALE_H
#define INTELLIVUE_SCALE_H

#include "metric.h"

typedef struct intellivue_line {
    dragoman_decimal scale;
    dragoman_decimal origin;
    dragoman_decimal low; /* the range's ends; NAN for a wave without absolute values */
    dragoman_decimal high;
} intellivue_line;

/* UNSUPPORTED: the range is empty, or its ends are no numbers or too far apart; a wave without absolute values (NaN)
 * has its own samples as values. */
dragoman_status intellivue_scale_line(const intellivue_scale *scale, intellivue_line *ret_line);

#endif
