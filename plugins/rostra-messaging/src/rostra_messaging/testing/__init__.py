"""What a test of messages needs: the messages of its stage, and ways to let them go wrong.

``messages`` is a fixture for a ``conftest.py`` to import. It runs the stage of the test, whose broker is the one in
memory. ``rostra_messaging.testing.conformance`` is for those who write a transport.
"""

from rostra_messaging.testing.messages import Messages, messages

__all__ = ["Messages", "messages"]
