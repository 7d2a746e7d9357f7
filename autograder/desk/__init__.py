"""The desk: where students hand in and read what to mend."""
