/*
 * What stands where in a subrecord of physiological data: four classes, each a row of groups, each group a status, a
 * label and numbers of two bytes (Record Specification, "Physiological data"). The numbers' scales and units are fixed
 * by the specification. What published readers of the records disagree about is not in the table.
 */
#ifndef DRI_GROUPS_H
#define DRI_GROUPS_H

#include <dragoman/base.h>

/* Bytes of a group's status and label, before its numbers. */
#define DRI_GROUP_HEADER 6u
/* Status bits that all groups have: there is a module, and it measures. */
#define DRI_GROUP_EXISTS (1u << 0)
#define DRI_GROUP_ACTIVE (1u << 1)
/* Status bits of the first group of the basic class: where the heart rate is from. */
#define DRI_SOURCE_SHIFT 3u
#define DRI_SOURCE_MASK 15u

/* What a group's label or status changes in the names of its numbers. */
typedef enum dri_naming {
    DRI_NAMED_PLAIN = 0,
    DRI_NAMED_BY_PRESSURE = 1,    /* the group is called as its label says: art, cvp */
    DRI_NAMED_BY_TEMPERATURE = 2, /* the number is called as the label says: eso, skin */
    DRI_NAMED_BY_AGENT = 3,       /* the group is called as its label says: sev, des */
} dri_naming;

/* What makes one number special among those of its group. */
typedef enum dri_quirk {
    DRI_QUIRK_NONE = 0,
    DRI_QUIRK_HEART_RATE = 1, /* the status says what it is counted from */
    DRI_QUIRK_SATURATION = 2, /* the label says of which blood */
    DRI_QUIRK_OF_ALL = 3,     /* of all agents, whatever the label */
    DRI_QUIRK_CUFF = 4,       /* one measurement, shown until the next; its time is in the auxiliary information */
    DRI_QUIRK_OUTPUT = 5,
    DRI_QUIRK_WEDGE = 6,
} dri_quirk;

typedef struct dri_field {
    const char *name;
    const char *unit; /* UCUM, or NULL: it has none, or nobody says */
    uint8_t at;       /* behind where the group's numbers begin */
    int8_t exponent;  /* of the number */
    uint8_t quirk;    /* dri_quirk */
} dri_field;

typedef struct dri_group {
    const char *name;
    const dri_field *fields;
    uint8_t count;    /* fields */
    uint8_t in_class; /* 0 basic, 1 to 3 extended */
    uint16_t header;  /* where its status and label stand in the class's bytes; some share those of another */
    uint16_t at;      /* where its numbers begin */
    uint8_t naming;   /* dri_naming */
} dri_group;

#define DRI_GROUPS 44u
extern const dri_group dri_groups[DRI_GROUPS];

/* What the group is called under this label. */
const char *dri_group_name(const dri_group *group, uint16_t label);
/* What the number is called under this label and status. */
const char *dri_field_name(const dri_group *group, const dri_field *field, uint32_t status, uint16_t label);

#endif
