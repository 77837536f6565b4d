"""The page that each office begins with."""

from collections.abc import Mapping

from routing.access import Office

HOME: Mapping[Office, str] = {
    Office.THERAPIST: "tonight.tonight",
    Office.MANAGER: "log.log",
    Office.REVIEWER: "readings.readings",
    Office.ADMINISTRATOR: "organisation.organisation",
}
