"""rostra: an asyncio application framework.

A stage loads plugins. Plugins put components into the context and yield tasks. Adapters make further
components out of those. Handlers and tasks use them. Everything is put away in reverse.
"""
