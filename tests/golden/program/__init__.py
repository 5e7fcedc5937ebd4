"""Reads what the program writes (protobuf, FHIR NDJSON) and puts it beside the cases."""
