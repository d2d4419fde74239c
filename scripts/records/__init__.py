"""What is recorded: records, footprints, captures and peers are read, checked and written here. It touches results/ and what it is given."""
