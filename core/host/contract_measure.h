/*
 * How work and memory grow with the input, for the contract suite.
 */
#ifndef HOST_CONTRACT_MEASURE_H
#define HOST_CONTRACT_MEASURE_H

#include "host/contract.h"

typedef struct contract_cost {
    int64_t time_ns; /* processor time of one run */
    uint64_t allocations;
    bool is_over; /* the adapter gave up before the end */
} contract_cost;

/* Runs what is measured with so many times its input. */
typedef contract_cost (*contract_run_times)(void *of, uint32_t times);

/* Tells what a byte costs with the input and with ten times the input, and whether that is in proportion. `bytes`: of
 * the input once, above 0. */
bool contract_measure_growth(contract_run_times run, void *of, size_t bytes, contract_tell tell, void *context);

#endif
