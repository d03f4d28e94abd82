package datadir

// The parsers, for fuzzing without a disk.
var (
	PlistStrings    = plistStrings
	FromPreferences = fromPreferences
)
