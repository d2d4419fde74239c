"""File systems and what is below them (user/services/fs, fat, ramfs, blk, pci): on the host, and in systems that boot with a disk."""
