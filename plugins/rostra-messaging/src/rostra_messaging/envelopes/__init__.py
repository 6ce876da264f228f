"""How are messages written? Envelopes: between the data of a message and the bytes that a broker moves."""

from rostra_messaging.envelopes.contract import Decoded, Encoded, Envelope
from rostra_messaging.envelopes.named import GROUP, Envelopes, MakeEnvelope

__all__ = ["GROUP", "Decoded", "Encoded", "Envelope", "Envelopes", "MakeEnvelope"]
