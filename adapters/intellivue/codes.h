/*
 * Numbers of the protocol, by their names in the guide ("Attribute IDs", "Object Classes", "Protocol Identification").
 */
#ifndef INTELLIVUE_CODES_H
#define INTELLIVUE_CODES_H

/* Partitions of the nomenclature. Codes from PRIVATE on are the vendor's own in any of them. */
#define INTELLIVUE_PART_OBJ 1u
#define INTELLIVUE_PART_SCADA 2u
#define INTELLIVUE_PART_EVT 3u
#define INTELLIVUE_PART_DIM 4u
/* The nomenclature's partition for what is set on a device: the measurement's term beside those of 2. */
#define INTELLIVUE_PART_SETTINGS 258u
/* The partition of labels under which settings of other devices are shown. */
#define INTELLIVUE_PART_SETTING_LABELS 0x0402u
#define INTELLIVUE_PRIVATE 0xF000u

/* Object classes. */
#define NOM_MOC_VMO_METRIC_ENUM 5u
#define NOM_MOC_VMO_METRIC_NU 6u
#define NOM_MOC_VMO_METRIC_SA_RT 9u
#define NOM_MOC_VMS_MDS 33u
#define NOM_MOC_PT_DEMOG 42u
#define NOM_MOC_VMO_AL_MON 54u

/* Actions and events. */
#define NOM_ACT_POLL_MDIB_DATA 0x0C16u
#define NOM_ACT_POLL_MDIB_DATA_EXT 0xF13Bu
#define NOM_NOTI_MDS_CREAT 0x0D06u
#define NOM_NOTI_CONN_INDIC 0x0D17u

/* Attribute groups; 0 asks for the observed values with the context of one object at a time. */
#define NOM_ATTR_GRP_ALL 0u
#define NOM_ATTR_GRP_AL_MON 0x0801u
#define NOM_ATTR_GRP_METRIC_VAL_OBS 0x0803u
#define NOM_ATTR_GRP_PT_DEMOG 0x0807u
#define NOM_ATTR_GRP_SYS_APPL 0x080Au
#define NOM_ATTR_GRP_SYS_PROD 0x080Cu
#define NOM_ATTR_GRP_VMO_DYN 0x0810u
#define NOM_ATTR_GRP_VMO_STATIC 0x0811u

/* Attributes. */
#define NOM_ATTR_AL_MON_P_AL_LIST 0x0902u
#define NOM_ATTR_AL_MON_T_AL_LIST 0x0904u
#define NOM_ATTR_ID_BED_LABEL 0x091Eu
#define NOM_ATTR_ID_LABEL 0x0924u
#define NOM_ATTR_ID_LABEL_STRING 0x0927u
#define NOM_ATTR_ID_MODEL 0x0928u
#define NOM_ATTR_ID_PROD_SPECN 0x092Du
#define NOM_ATTR_METRIC_SPECN 0x093Fu
#define NOM_ATTR_NU_CMPD_VAL_OBS 0x094Bu
#define NOM_ATTR_NU_VAL_OBS 0x0950u
#define NOM_ATTR_PT_DEMOG_ST 0x0957u
#define NOM_ATTR_PT_DOB 0x0958u
#define NOM_ATTR_PT_ID 0x095Au
#define NOM_ATTR_PT_NAME_FAMILY 0x095Cu
#define NOM_ATTR_PT_NAME_GIVEN 0x095Du
#define NOM_ATTR_PT_SEX 0x0961u
#define NOM_ATTR_SA_CMPD_VAL_OBS 0x0967u
#define NOM_ATTR_SA_SPECN 0x096Du
#define NOM_ATTR_SA_VAL_OBS 0x096Eu
#define NOM_ATTR_SCALE_SPECN_I16 0x096Fu
#define NOM_ATTR_SYS_ID 0x0984u
#define NOM_ATTR_SYS_TYPE 0x0986u
#define NOM_ATTR_TIME_ABS 0x0987u
#define NOM_ATTR_TIME_PD_SAMP 0x098Du
#define NOM_ATTR_TIME_REL 0x098Fu
#define NOM_ATTR_TIME_STAMP_ABS 0x0990u
#define NOM_ATTR_UNIT_CODE 0x0996u
#define NOM_ATTR_VAL_ENUM_OBS 0x099Eu
#define NOM_ATTR_SA_FIXED_VAL_SPECN 0x0A16u
#define NOM_ATTR_PCOL_SUPPORT 0xF101u
#define NOM_ATTR_TIME_PD_POLL 0xF13Eu

/* Of the association: NOM_POLL_PROFILE_SUPPORT and its optional package. */
#define NOM_POLL_PROFILE_SUPPORT 1u
#define NOM_ATTR_POLL_PROFILE_EXT 0xF001u
#define POLL_EXT_PERIOD_NU_1SEC 0x80000000u
#define POLL_EXT_PERIOD_NU_AVG_12SEC 0x40000000u
#define POLL_EXT_PERIOD_NU_AVG_60SEC 0x20000000u
#define POLL_EXT_PERIOD_NU_AVG_300SEC 0x10000000u
#define POLL_EXT_PERIOD_NU 0xF0000000u
#define POLL_EXT_PERIOD_RTSA 0x08000000u
#define POLL_EXT_ENUM 0x04000000u

/* RelativeTime counts eighths of a millisecond. */
#define INTELLIVUE_TICKS_PER_MS 8u
#define INTELLIVUE_TICK_US 125

#endif
