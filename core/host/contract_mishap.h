/*
 * What happens to bytes on a line, for the contract suite.
 */
#ifndef HOST_CONTRACT_MISHAP_H
#define HOST_CONTRACT_MISHAP_H

#include <dragoman/base.h>

typedef enum contract_mishap {
    CONTRACT_BIT_WRONG,
    CONTRACT_BYTE_MISSING,
    CONTRACT_BYTE_DOUBLED,
    CONTRACT_CUT_OFF,
    CONTRACT_MISHAPS,
} contract_mishap;

/* Writes `bytes` with a mishap to byte `at` into `to`, which has room for one byte more. Returns how many came of it.
 */
size_t contract_mishap_apply(dragoman_bytes bytes, size_t at, contract_mishap kind, uint8_t *to);

/* The next number of a chain that is the same in every run; begin with any `state`. */
uint64_t contract_draw(uint64_t *state);

#endif
