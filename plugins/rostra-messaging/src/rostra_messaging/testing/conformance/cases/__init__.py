"""The cases, one module for each part of what a broker promises; each function that is not private is one."""
