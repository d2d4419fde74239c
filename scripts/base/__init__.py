"""What all scripts share: how an error is reported, how a process is waited for, how a file is written. It imports no other room."""
