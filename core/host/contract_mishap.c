#include "host/contract_mishap.h"

#include <string.h>

size_t contract_mishap_apply(dragoman_bytes bytes, size_t at, contract_mishap kind, uint8_t *to) {
    size_t behind = kind == CONTRACT_CUT_OFF ? 0 : bytes.size - at - 1;
    size_t size = at;
    memcpy(to, bytes.data, at);
    if (kind == CONTRACT_BIT_WRONG || kind == CONTRACT_BYTE_DOUBLED) {
        to[size++] = kind == CONTRACT_BIT_WRONG ? (uint8_t)(bytes.data[at] ^ 1u << at % 8) : bytes.data[at];
    }
    if (kind == CONTRACT_BYTE_DOUBLED) {
        to[size++] = bytes.data[at];
    }
    memcpy(to + size, bytes.data + at + 1, behind);
    return size + behind;
}

/* splitmix64 */
uint64_t contract_draw(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
