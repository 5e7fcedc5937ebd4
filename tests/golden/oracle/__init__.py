"""An independent translation of HL7 v2 into what dragoman must say about it. See README.md beside this folder."""
