"""What the tree itself says: its commits, abi.def, the layouts in headers, the files of a built image. It only reads."""
