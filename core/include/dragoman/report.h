/*
 * The canonical model, as an adapter hands it over and as the rest of the house reads it: what a device said, in IEEE
 * 11073 terms, immutable, with the vendor's own codes. Patient attribution, MDC, LOINC and UCUM of foreign codes are
 * conclusions that are drawn later and kept beside it.
 *
 * Everything is borrowed: an adapter may build a report on its stack and in batch memory (dragoman_host.batch), and the
 * host has copied what it keeps when emit returns. Containers begin with struct_size or sit in a dragoman_list that
 * carries their size; members are only appended in a minor. Structs that stand inside others by value (concept,
 * identifier, range) are frozen for a major. A zeroed container means "nothing was said". schemas/dragoman.proto is the
 * same model in its written form.
 */
#ifndef DRAGOMAN_REPORT_H
#define DRAGOMAN_REPORT_H

#include "base.h"

/* A thing named by codes: any number of codings of equal meaning, best first, and the words that stood with them. */
typedef struct dragoman_concept {
    const dragoman_code *codings; /* coding_count of them; dragoman_code is a frozen leaf */
    uint32_t coding_count;
    uint32_t reserved;
    dragoman_bytes text;
} dragoman_concept;

/* An identifier with the authority that gave it. */
typedef struct dragoman_identifier {
    dragoman_bytes value;
    dragoman_bytes authority;      /* name of the assigning authority, as sent */
    dragoman_bytes universal;      /* its universal id (OID, UUID, DNS, EUI-64 ...), as sent */
    dragoman_bytes universal_type; /* "ISO", "UUID", "EUI-64", "URI", "L" ... */
    dragoman_bytes type;           /* HL7 table 0203 or the like: "MR", "VN", "SN", "UDI" ... */
} dragoman_identifier;

/* A person's name; parts are empty when not sent. */
typedef struct dragoman_name {
    dragoman_bytes family;
    dragoman_bytes given; /* given names in order, separated by one blank */
    dragoman_bytes prefix;
    dragoman_bytes suffix;
    dragoman_bytes use;            /* HL7 table 0200: L legal, M maiden ... */
    dragoman_bytes representation; /* HL7 table 0465: A alphabetic, I ideographic, P phonetic */
} dragoman_name;

/* Whom the device or the message says it is about. */
typedef struct dragoman_patient {
    uint32_t struct_size;
    uint32_t reserved;
    dragoman_list identifiers; /* dragoman_identifier */
    dragoman_list names;       /* dragoman_name */
    dragoman_time born_at;
    dragoman_bytes sex;          /* as sent: "M", "F", "U", "O", "A" ... */
    dragoman_identifier account; /* PID-18 */
    dragoman_identifier visit;   /* PV1-19 */
    dragoman_bytes visit_class;  /* PV1-2 as sent */
} dragoman_patient;

/* Where: a bed and what it stands in. Parts are empty when not sent. */
typedef struct dragoman_place {
    uint32_t struct_size;
    uint32_t reserved;
    dragoman_bytes point_of_care;
    dragoman_bytes room;
    dragoman_bytes bed;
    dragoman_bytes facility;
    dragoman_bytes building;
    dragoman_bytes floor;
} dragoman_place;

/* A version string of a part of a device. */
typedef struct dragoman_version {
    dragoman_bytes part; /* "software", "hardware", "firmware", "protocol" or the vendor's word */
    dragoman_bytes value;
} dragoman_version;

/* The device that a report comes from: exactly one MDS. */
typedef struct dragoman_device {
    uint32_t struct_size;
    uint32_t reserved;
    dragoman_bytes key; /* what the adapter knows this device by: stable, unique on its link; never a patient's data */
    dragoman_list identifiers; /* dragoman_identifier: EUI-64, UDI, serial, vendor ids */
    dragoman_concept type;
    dragoman_bytes manufacturer;
    dragoman_bytes model;
    dragoman_bytes serial;
    dragoman_list versions; /* dragoman_version */
} dragoman_device;

/* A row of the containment tree above the metrics: the MDS itself (vmd and channel 0), a VMD (channel 0) or a channel.
 */
typedef struct dragoman_node {
    dragoman_path path;
    dragoman_concept type;
    dragoman_list identifiers; /* dragoman_identifier */
    dragoman_bytes manufacturer;
    dragoman_bytes model;
} dragoman_node;

typedef enum dragoman_value_kind {
    DRAGOMAN_VALUE_NONE = 0,        /* said to have no value: see absent */
    DRAGOMAN_VALUE_DECIMAL = 1,     /* number, with comparator if one was sent */
    DRAGOMAN_VALUE_TEXT = 2,        /* text */
    DRAGOMAN_VALUE_CODE = 3,        /* concept */
    DRAGOMAN_VALUE_BITS = 4,        /* bits and bit_count */
    DRAGOMAN_VALUE_SAMPLES = 5,     /* samples */
    DRAGOMAN_VALUE_TIME = 6,        /* from */
    DRAGOMAN_VALUE_PERIOD = 7,      /* from, to; either may be NONE */
    DRAGOMAN_VALUE_RANGE = 8,       /* number to other_number; a missing end is DRAGOMAN_NAN */
    DRAGOMAN_VALUE_RATIO = 9,       /* number : other_number */
    DRAGOMAN_VALUE_ATTACHMENT = 10, /* text = media type, data = the bytes; or reference = where they are */
} dragoman_value_kind;

/* Why there is no value: the FHIR data-absent-reason codes that devices can give cause for. */
typedef enum dragoman_absent {
    DRAGOMAN_PRESENT = 0,
    DRAGOMAN_ABSENT_UNKNOWN = 1,
    DRAGOMAN_ABSENT_TEMPORARILY_UNKNOWN = 2,
    DRAGOMAN_ABSENT_NOT_ASKED = 3,
    DRAGOMAN_ABSENT_NOT_PERFORMED = 4,
    DRAGOMAN_ABSENT_ERROR = 5,
    DRAGOMAN_ABSENT_NOT_A_NUMBER = 6,
    DRAGOMAN_ABSENT_POSITIVE_INFINITY = 7,
    DRAGOMAN_ABSENT_NEGATIVE_INFINITY = 8,
    DRAGOMAN_ABSENT_NOT_APPLICABLE = 9,
    DRAGOMAN_ABSENT_UNSUPPORTED = 10,
    DRAGOMAN_ABSENT_MASKED = 11,
} dragoman_absent;

typedef enum dragoman_comparator {
    DRAGOMAN_EQUAL = 0,
    DRAGOMAN_LESS = 1,
    DRAGOMAN_LESS_OR_EQUAL = 2,
    DRAGOMAN_GREATER = 3,
    DRAGOMAN_GREATER_OR_EQUAL = 4,
} dragoman_comparator;

/* A block of equally spaced samples: value = sample x scale + origin. Samples that are no value are `missing`. */
typedef struct dragoman_samples {
    uint32_t struct_size;
    uint8_t sample_bytes; /* 2: int16_t, 4: int32_t, in this machine's order */
    uint8_t has_missing;
    uint8_t reserved[2];
    const void *data;    /* count x dimensions samples, dimension fastest */
    uint32_t count;      /* per dimension */
    uint32_t dimensions; /* at least 1 */
    int64_t period_ns;   /* time from one sample to the next; 0: nobody said */
    dragoman_decimal scale;
    dragoman_decimal origin;
    dragoman_decimal low; /* ends of the scale, NAN where not known */
    dragoman_decimal high;
    int32_t missing;
    uint32_t reserved2;
} dragoman_samples;

/* One value. Which members count is said by kind. */
typedef struct dragoman_value {
    uint8_t kind;       /* dragoman_value_kind */
    uint8_t absent;     /* dragoman_absent, with DRAGOMAN_VALUE_NONE */
    uint8_t comparator; /* dragoman_comparator */
    uint8_t bit_count;
    uint32_t reserved;
    dragoman_decimal number;
    dragoman_decimal other_number;
    uint64_t bits; /* bit n of the vendor's or standard's numbering is 1 << n */
    dragoman_time from;
    dragoman_time to;
    dragoman_bytes text;
    dragoman_bytes data;
    dragoman_bytes reference;
    dragoman_concept concept;
    const dragoman_samples *samples;
} dragoman_value;

/* IEEE 11073-10101 MeasurementStatus. Bit n of the standard is 1 << n here. */
#define DRAGOMAN_STATUS_INVALID (1u << 0)
#define DRAGOMAN_STATUS_QUESTIONABLE (1u << 1)
#define DRAGOMAN_STATUS_NOT_AVAILABLE (1u << 2)
#define DRAGOMAN_STATUS_CALIBRATING (1u << 3)
#define DRAGOMAN_STATUS_TEST_DATA (1u << 4)
#define DRAGOMAN_STATUS_DEMO_DATA (1u << 5)
#define DRAGOMAN_STATUS_VALIDATED (1u << 8)
#define DRAGOMAN_STATUS_EARLY (1u << 9)
#define DRAGOMAN_STATUS_ONGOING (1u << 10)
#define DRAGOMAN_STATUS_IN_ALARM (1u << 14)
#define DRAGOMAN_STATUS_ALARM_INHIBITED (1u << 15)
/* Beyond the standard's sixteen: above and below the scale (SDC Oflw and Uflw, OBX-8 > and <), probe off, no
 * information. */
#define DRAGOMAN_STATUS_OVERFLOW (1u << 16)
#define DRAGOMAN_STATUS_UNDERFLOW (1u << 17)
#define DRAGOMAN_STATUS_PROBE_OFF (1u << 18)
#define DRAGOMAN_STATUS_NO_INFORMATION (1u << 19)
/* The sender's code and name for this metric disagree; both are kept. */
#define DRAGOMAN_STATUS_CODE_MISMATCH (1u << 24)

/* How finished a result is. UNVALIDATED is a device's own live value (OBX-11 R): never FINAL by itself. */
typedef enum dragoman_result {
    DRAGOMAN_RESULT_UNSTATED = 0,
    DRAGOMAN_RESULT_FINAL = 1,
    DRAGOMAN_RESULT_PRELIMINARY = 2,
    DRAGOMAN_RESULT_UNVALIDATED = 3,
    DRAGOMAN_RESULT_CORRECTED = 4,
    DRAGOMAN_RESULT_AMENDED = 5,
    DRAGOMAN_RESULT_WRONG = 6, /* deleted or withdrawn: entered in error */
    DRAGOMAN_RESULT_CANCELLED = 7,
    DRAGOMAN_RESULT_NOT_ASKED = 8,
    DRAGOMAN_RESULT_PENDING = 9, /* ordered, in process, no value yet */
} dragoman_result;

/* How a value came to be. */
typedef enum dragoman_obtained {
    DRAGOMAN_OBTAINED_UNSTATED = 0,
    DRAGOMAN_OBTAINED_CONTINUOUS = 1,
    DRAGOMAN_OBTAINED_EPISODIC = 2,
    DRAGOMAN_OBTAINED_SETTING = 3,
    DRAGOMAN_OBTAINED_CALCULATED = 4,
    DRAGOMAN_OBTAINED_MANUAL = 5,
} dragoman_obtained;

/* What kind of row an observation is; it decides what OBX-7 and the like mean. */
typedef enum dragoman_domain {
    DRAGOMAN_DOMAIN_DEVICE = 0,     /* a metric of a patient-connected device */
    DRAGOMAN_DOMAIN_LABORATORY = 1, /* a result on a specimen */
    DRAGOMAN_DOMAIN_CARDIAC = 2,    /* an implanted device's interrogation (IDCO) */
    DRAGOMAN_DOMAIN_PLACE = 3,      /* about a room, a refrigerator, a device itself */
} dragoman_domain;

/* One end or both of a range, as numbers and as the text that was sent. A missing end is DRAGOMAN_NAN. */
typedef struct dragoman_range {
    dragoman_decimal low;
    dragoman_decimal high;
    dragoman_bytes text; /* empty: no range was sent */
} dragoman_range;

/* One part of a compound observation (systolic of a pressure). */
typedef struct dragoman_component {
    dragoman_concept code;
    dragoman_code unit;
    dragoman_list values; /* dragoman_value */
    uint32_t status;      /* DRAGOMAN_STATUS_... */
    uint32_t reserved;
} dragoman_component;

/* The order and specimen that a group of laboratory results belongs to. */
typedef struct dragoman_order {
    uint32_t struct_size;
    uint32_t reserved;
    dragoman_identifier placer;
    dragoman_identifier filler;
    dragoman_concept service;
    dragoman_identifier specimen;
    dragoman_concept specimen_type;
    dragoman_time collected_at;
} dragoman_order;

/* One observation. */
typedef struct dragoman_observation {
    dragoman_path path;
    dragoman_bytes sub_id;     /* a grouping text that is no containment path (OBX-4 "1a") */
    dragoman_concept code;     /* the vendor's own codes; MDC where the device speaks it */
    dragoman_code unit;        /* as sent */
    dragoman_list values;      /* dragoman_value: one, or several where the device repeats; none for a pure compound */
    dragoman_list components;  /* dragoman_component */
    dragoman_time measured_at; /* the device's clock; NONE: only the receive time is known */
    dragoman_time measured_until; /* end of an averaging or sampling period; NONE: a moment */
    uint32_t status;              /* DRAGOMAN_STATUS_... */
    uint8_t result;               /* dragoman_result */
    uint8_t obtained;             /* dragoman_obtained */
    uint8_t domain;               /* dragoman_domain */
    uint8_t time_is_own;          /* 1: measured_at was stated for this value, 0: it is its group's or message's time */
    dragoman_range alarm_limits;
    dragoman_range normal_range;
    dragoman_concept flags; /* interpretation codes as sent (OBX-8: H, L, A ...) that are no status bit */
    dragoman_concept site;
    dragoman_concept method;
    dragoman_identifier instance; /* the sender's own id for this observation (OBX-21) */
    dragoman_identifier producer; /* the device part that measured it, if it is not the report's device (OBX-18) */
    const dragoman_order *order;  /* or NULL */
    dragoman_bytes note;
} dragoman_observation;

typedef enum dragoman_alert_priority { /* IHE ACM: PN PL PM PH */
                                       DRAGOMAN_PRIORITY_UNSTATED = 0,
                                       DRAGOMAN_PRIORITY_NONE = 1,
                                       DRAGOMAN_PRIORITY_LOW = 2,
                                       DRAGOMAN_PRIORITY_MEDIUM = 3,
                                       DRAGOMAN_PRIORITY_HIGH = 4,
} dragoman_alert_priority;

typedef enum dragoman_alert_kind { /* IHE ACM: SP ST SA */
                                   DRAGOMAN_ALERT_UNSTATED = 0,
                                   DRAGOMAN_ALERT_PHYSIOLOGICAL = 1,
                                   DRAGOMAN_ALERT_TECHNICAL = 2,
                                   DRAGOMAN_ALERT_ADVISORY = 3,
} dragoman_alert_kind;

typedef enum dragoman_alert_phase {
    DRAGOMAN_PHASE_UNSTATED = 0,
    DRAGOMAN_PHASE_START = 1,
    DRAGOMAN_PHASE_CONTINUE = 2,
    DRAGOMAN_PHASE_END = 3,
    DRAGOMAN_PHASE_UPDATE = 4,
    DRAGOMAN_PHASE_ESCALATE = 5,
    DRAGOMAN_PHASE_DEESCALATE = 6,
    DRAGOMAN_PHASE_RESET = 7,
    DRAGOMAN_PHASE_PRESENT = 8, /* "tpoint" and the like: a moment, no start and end */
} dragoman_alert_phase;

typedef enum dragoman_alert_state {
    DRAGOMAN_STATE_UNSTATED = 0,
    DRAGOMAN_STATE_INACTIVE = 1,
    DRAGOMAN_STATE_ACTIVE = 2,
    DRAGOMAN_STATE_LATCHED = 3,
} dragoman_alert_state;

/* Inactivation states, combinable. */
#define DRAGOMAN_ALERT_ENABLED (1u << 0)
#define DRAGOMAN_ALERT_AUDIO_PAUSED (1u << 1)
#define DRAGOMAN_ALERT_AUDIO_OFF (1u << 2)
#define DRAGOMAN_ALERT_ALARM_PAUSED (1u << 3)
#define DRAGOMAN_ALERT_ALARM_OFF (1u << 4)
#define DRAGOMAN_ALERT_ACKNOWLEDGED (1u << 5)

/* An alarm, advisory or technical condition that the device raised (IHE ACM facets). */
typedef struct dragoman_alert {
    dragoman_path path;
    dragoman_identifier id;     /* this report of the alert (OBR-3) */
    dragoman_identifier parent; /* the first report of it (OBR-29); empty on the first */
    dragoman_concept event;
    dragoman_concept source;     /* metric or device part that it is about */
    dragoman_list source_values; /* dragoman_value: the value at that moment, if sent */
    dragoman_code source_unit;
    dragoman_range limits;
    dragoman_bytes text;
    dragoman_time occurred_at;
    uint8_t priority;      /* dragoman_alert_priority */
    uint8_t kind;          /* dragoman_alert_kind */
    uint8_t phase;         /* dragoman_alert_phase */
    uint8_t state;         /* dragoman_alert_state */
    uint32_t inactivation; /* DRAGOMAN_ALERT_...; 0: not said */
} dragoman_alert;

typedef enum dragoman_context_kind {
    DRAGOMAN_CONTEXT_NONE = 0,
    DRAGOMAN_CONTEXT_ADMIT = 1,
    DRAGOMAN_CONTEXT_PREADMIT = 2,
    DRAGOMAN_CONTEXT_TRANSFER = 3,
    DRAGOMAN_CONTEXT_DISCHARGE = 4,
    DRAGOMAN_CONTEXT_UPDATE = 5,
    DRAGOMAN_CONTEXT_SWAP = 6,
    DRAGOMAN_CONTEXT_LEAVE = 7, /* leave of absence begins */
    DRAGOMAN_CONTEXT_RETURN = 8,
    DRAGOMAN_CONTEXT_MERGE = 9, /* prior_patient's record went into patient's */
    DRAGOMAN_CONTEXT_MOVE = 10, /* an account or visit moved from prior_patient to patient */
    DRAGOMAN_CONTEXT_CHANGE_ID = 11,
    DRAGOMAN_CONTEXT_LINK_PATIENTS = 12,
    DRAGOMAN_CONTEXT_UNLINK_PATIENTS = 13,
    DRAGOMAN_CONTEXT_CANCEL_ADMIT = 14,
    DRAGOMAN_CONTEXT_CANCEL_TRANSFER = 15,
    DRAGOMAN_CONTEXT_CANCEL_DISCHARGE = 16,
    DRAGOMAN_CONTEXT_PENDING = 17,      /* announced, not done: A14-A16 and the like; changes nothing */
    DRAGOMAN_CONTEXT_CHANGE_CLASS = 18, /* inpatient to outpatient and back */
    DRAGOMAN_CONTEXT_TRACK = 19,        /* departing or arriving: a place without a change of bed */
    DRAGOMAN_CONTEXT_DEVICE_LINK = 20,
    DRAGOMAN_CONTEXT_DEVICE_UNLINK = 21,
    DRAGOMAN_CONTEXT_CANCEL_PENDING = 22,
} dragoman_context_kind;

/* Something that changed who is where, or linked to what. */
typedef struct dragoman_context {
    uint8_t kind; /* dragoman_context_kind */
    uint8_t
        suspected; /* 1: concluded by the adapter from a changed field (an A08 with another bed), not said outright */
    uint8_t reserved[6];
    dragoman_bytes trigger;                /* the sender's own event code: "A02" */
    const dragoman_patient *patient;       /* or NULL */
    const dragoman_patient *prior_patient; /* MRG; the second patient of a swap; or NULL */
    const dragoman_place *place;           /* or NULL */
    const dragoman_place *prior_place;     /* or NULL; the second patient's place in a swap */
    const dragoman_device *device;         /* device links only */
    dragoman_time occurred_at;
    dragoman_time recorded_at;
} dragoman_context;

/* How a device is reached. The host says so of a device that has been quiet; an adapter may, when the device itself
 * or its gateway does. */
typedef enum dragoman_device_state {
    DRAGOMAN_DEVICE_NOT_SAID = 0,
    DRAGOMAN_DEVICE_LIVE = 1,  /* it speaks, again */
    DRAGOMAN_DEVICE_STALE = 2, /* its link stands, but nothing was heard of it for longer than its link's stale_after */
    DRAGOMAN_DEVICE_GONE = 3,  /* as stale, and its link has no connection */
} dragoman_device_state;

/* What a device said at one time about one patient. */
typedef struct dragoman_report {
    uint32_t struct_size;
    uint32_t reserved;
    const dragoman_device *device;   /* required, with a key, when there are observations or alerts */
    const dragoman_place *place;     /* where the device says it is, or NULL */
    const dragoman_patient *patient; /* whom the device says it measures, or NULL */
    dragoman_time sent_at;           /* the sender's time of the message */
    dragoman_bytes message_id;       /* the sender's id of the message */
    dragoman_code sender;       /* code = sending application, text = sending facility, system = protocol and version */
    dragoman_list nodes;        /* dragoman_node */
    dragoman_list observations; /* dragoman_observation */
    dragoman_list alerts;       /* dragoman_alert */
    dragoman_list contexts;     /* dragoman_context */
    uint32_t device_state;      /* dragoman_device_state (ABI 1.1) */
    uint32_t reserved_state;
} dragoman_report;

#endif
