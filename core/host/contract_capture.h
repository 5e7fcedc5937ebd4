/*
 * The contract suite on captures: for conversations that are more than one stream of bytes. Channels, datagrams,
 * messages, connections that come and go, and deadlines between them, on the times of the capture.
 *
 * The capture is played as it is, twice, its bytes one by one, and with each run of bytes cut in two; the same reports,
 * state and answers must come out. It is cut short, garbled, has wrong bits and bytes too few or too many (and is
 * played again behind that, on new connections), loses, doubles and swaps what came, is spoken to two instances in
 * turn, after another died half-way, and with a long silence between events; its messages are told to be duplicates,
 * and to be lost.
 */
#ifndef HOST_CONTRACT_CAPTURE_H
#define HOST_CONTRACT_CAPTURE_H

#include "host/contract.h"
#include "host/environment.h"

/* Plays of one clause: each goes through the whole capture. */
#define CONTRACT_CAPTURE_PLAYS 512u
/* Records of one capture: beyond that the suite is no test but a load. */
#define CONTRACT_CAPTURE_RECORDS_MAX 20000u

/* Runs every clause on a capture file's bytes and tells of each. Of `meanings` the hooks that speak of profiles are
 * taken; NULL: none speaks. Returns how many clauses were broken. */
uint32_t contract_run_capture(const host_adapter *adapter, dragoman_bytes capture, const host_hooks *meanings,
                              contract_tell tell, void *context);

/* As contract_measure for the whole capture, and for ten of them one after the other, on new connections. */
uint32_t contract_measure_capture(const host_adapter *adapter, dragoman_bytes capture, const host_hooks *meanings,
                                  contract_tell tell, void *context);

#endif
