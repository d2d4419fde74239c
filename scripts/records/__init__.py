"""What is recorded: records, footprints, captures and peers are read, checked and written. It touches results/ and what it is given."""
