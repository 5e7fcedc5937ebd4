/*
 * The contract suite: what every adapter must stand, whatever it speaks. Run on a sample of its input by the tests for
 * ours, and by integrators for theirs.
 *
 * The sample is fed whole, twice, byte by byte, and cut in two at every place: the same reports, state and answers must
 * come out. What an adapter is given is overwritten when the call returns. The sample is cut short, garbled, and has
 * wrong bits and bytes too few or too many, behind which the next good message is to be read; it is spoken to two
 * instances in turn, and to an instance after another died half-way; its messages are told to be duplicates, and to be
 * lost. Ten times the sample must not cost more than ten times the work, nor ever more memory. All with a clock that
 * only the suite moves. What must hold in every call is checked in every call: no more is consumed than there is, a
 * deadline lies ahead, actions end, reports say what can be.
 */
#ifndef HOST_CONTRACT_H
#define HOST_CONTRACT_H

#include "host/adapter.h"

/* Cuts that are tried on a long sample; a short one is cut everywhere. */
#define CONTRACT_CUTS_MAX 2048u
/* Garbled copies of the sample. */
#define CONTRACT_GARBLED 256u
/* Places of a long sample at which a bit is wrong, a byte missing or doubled. */
#define CONTRACT_MISHAPS_MAX 512u
/* Actions that one call may ask for before it counts as never ending. */
#define CONTRACT_ACTIONS_MAX 4096u

typedef struct contract_sample {
    dragoman_bytes bytes;
    uint32_t channel_kind; /* dragoman_channel_kind: STREAM or FILE */
    const dragoman_setting *settings;
    uint32_t setting_count;
    const dragoman_setting *device; /* the device section of its profile */
    uint32_t device_count;
} contract_sample;

/* One clause of the contract and whether the adapter kept it; `detail` says what to mend; of a clause that is kept it
 * is what was measured, or empty. */
typedef void (*contract_tell)(void *context, const char *clause, bool is_kept, const char *detail);

/* Runs every clause on a sample and tells of each. Returns how many were broken. A crash is the caller's to catch. */
uint32_t contract_run(const host_adapter *adapter, const contract_sample *sample, contract_tell tell, void *context);

/* Measures processor time and pieces of memory a byte, of the sample and of ten times the sample, and tells whether the
 * work grows with the input more than the input, and whether memory is taken that never comes back. Returns how many
 * clauses were broken. Part of contract_run is it not: it takes some tenths of a second. */
uint32_t contract_measure(const host_adapter *adapter, const contract_sample *sample, contract_tell tell,
                          void *context);

#endif
