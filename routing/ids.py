"""Opaque ids: what travels in addresses and logs instead of facts about people."""

from typing import NewType

LineId = NewType("LineId", str)
DistrictId = NewType("DistrictId", str)  # the district's own slug, never renamed
TherapistId = NewType("TherapistId", str)
ClientId = NewType("ClientId", str)  # the register's reference: no name, no personal number
ContactId = NewType("ContactId", str)  # the carrier's own CallSid or MessageSid
HandoverId = NewType("HandoverId", str)
ThreadId = NewType("ThreadId", str)
SwapId = NewType("SwapId", int)  # short, since it is typed in a text
FollowUpId = NewType("FollowUpId", int)  # short, since it is typed
