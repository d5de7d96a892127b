"""The command line of Sidan: one program, Chinese first."""
