"""The adapters behind the servers that people use, over real HTTP."""
