"""How are messages written? Envelopes: between the data of a message and the bytes that a broker moves."""

from rostra_messaging.envelopes.contract import Decoded, Encoded, Envelope

__all__ = ["Decoded", "Encoded", "Envelope"]
