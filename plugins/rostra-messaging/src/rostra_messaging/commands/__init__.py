"""What can be done with messages from the command line: look at dead ones, publish, see what passes."""
