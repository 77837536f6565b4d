"""The sentences about somebody's rest, in the words of the law and the agreements."""

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """A sentence that says what is wrong, and one that says what to do."""

    message: str
    remedy: str


# By rule, then by language; a word after the rule is a case of it.
WORDS: Mapping[str, Mapping[str, Words]] = {
    "R1": {
        "en": Words(
            "{therapist} has {longest} off in a row in 24 hours, and must have {required} "
            "(ATL 13 §)",
            "move work so that {required} in a row are free before {period.end}",
        ),
        "sv": Words(
            "{therapist} har {longest} sammanhängande ledigt på ett dygn och ska ha {required} "
            "(ATL 13 §)",
            "flytta arbete så att {required} i följd blir lediga före {period.end}",
        ),
    },
    "R2": {
        "en": Words(
            "a call-out left {therapist} {longest} of daily rest instead of {required} (ATL 13 §)",
            "give {deficit} more with the next daily rest",
        ),
        "sv": Words(
            "ett uppdrag lämnade {therapist} {longest} dygnsvila i stället för {required} "
            "(ATL 13 §)",
            "ge {deficit} mer tillsammans med nästa dygnsvila",
        ),
    },
    "R5": {
        "en": Words(
            "{therapist} has work planned between 00 and 05 (ATL 13 §)",
            "plan it at another time; standby may lie there",
        ),
        "sv": Words(
            "{therapist} har arbete planerat mellan 00 och 05 (ATL 13 §)",
            "lägg det på en annan tid; beredskap får ligga där",
        ),
    },
    "R6": {
        "en": Words(
            "{therapist} has {longest} of weekly rest without work and standby, and must have "
            "{required} (ATL 14 §)",
            "{way_out}",
        ),
        "sv": Words(
            "{therapist} har {longest} veckovila fri från arbete och beredskap och ska ha "
            "{required} (ATL 14 §)",
            "{way_out}",
        ),
    },
    "R6 callout": {
        "en": Words(
            "a call-out left {therapist} {longest} of weekly rest, of {planned} planned (ATL 14 §)",
            "give it back with the next weekly rest, within 14 days",
        ),
        "sv": Words(
            "ett uppdrag lämnade {therapist} {longest} veckovila av planerade {planned} (ATL 14 §)",
            "ge igen den vid nästa veckovila, inom 14 dagar",
        ),
    },
    "R7": {
        "en": Words(
            "{therapist} has {longest} of weekly rest: lawful, and short of {full} (AB 13 §)",
            "nothing must be done",
        ),
        "sv": Words(
            "{therapist} har {longest} veckovila: lagligt, men under {full} (AB 13 §)",
            "ingenting måste göras",
        ),
    },
    "R8": {
        "en": Words(
            "{therapist} has {longest} of weekly rest beside standby: one late call breaks it "
            "(ATL 14 §)",
            "let the duty beside it end earlier or begin later",
        ),
        "sv": Words(
            "{therapist} har {longest} veckovila intill beredskap: ett sent samtal bryter den "
            "(ATL 14 §)",
            "låt passet intill sluta tidigare eller börja senare",
        ),
    },
    "R9": {
        "en": Words(
            "{therapist} is on standby and at work at once (AB 22 §)",
            "put somebody else on standby from {period.start} to {period.end}",
        ),
        "sv": Words(
            "{therapist} har beredskap och arbetar samtidigt (AB 22 §)",
            "sätt någon annan i beredskap från {period.start} till {period.end}",
        ),
    },
    "R9 away": {
        "en": Words(
            "{therapist} is on standby while away",
            "put somebody else on standby from {period.start} to {period.end}",
        ),
        "sv": Words(
            "{therapist} har beredskap under sin frånvaro",
            "sätt någon annan i beredskap från {period.start} till {period.end}",
        ),
    },
    "R19": {
        "en": Words(
            "{therapist} has {total} of standby in a month, over the step of {required} (AB 22 §)",
            "nothing must be done; the pay is higher above it",
        ),
        "sv": Words(
            "{therapist} har {total} beredskap på en månad, över gränsen {required} (AB 22 §)",
            "ingenting måste göras; ersättningen är högre över gränsen",
        ),
    },
    "R3": {
        "en": Words(
            "{therapist} is owed {deficit} of daily rest after a call-out (AB 13 § mom. 8)",
            "give a rest of {required} in a row before {due}",
        ),
        "sv": Words(
            "{therapist} har {deficit} dygnsvila att få igen efter ett uppdrag (AB 13 § mom. 8)",
            "ge {required} sammanhängande vila före {due}",
        ),
    },
    "R3 overdue": {
        "en": Words(
            "{therapist} has not been given back {deficit} of daily rest, due by {due} "
            "(AB 13 § mom. 8)",
            "give a rest of {required} in a row now, and by {latest} at the latest",
        ),
        "sv": Words(
            "{therapist} har inte fått igen {deficit} dygnsvila, som skulle ha getts före {due} "
            "(AB 13 § mom. 8)",
            "ge {required} sammanhängande vila nu, och senast {latest}",
        ),
    },
    "R4": {
        "en": Words(
            "{therapist} is to begin work at {next_work}, too early after a call-out (ATL 13 §)",
            "let {therapist} begin at {restart_at}",
        ),
        "sv": Words(
            "{therapist} ska börja arbeta {next_work}, för tidigt efter ett uppdrag (ATL 13 §)",
            "låt {therapist} börja {restart_at}",
        ),
    },
    "R10": {
        "en": Words(
            "{therapist} has duties with only work between them: the rest owed falls due after "
            "the last (AB 13 § mom. 8)",
            "give a rest of {required} in a row before {due}",
        ),
        "sv": Words(
            "{therapist} har pass med bara arbete emellan: vilan ska ges igen efter det sista "
            "(AB 13 § mom. 8)",
            "ge {required} sammanhängande vila före {due}",
        ),
    },
    "R10 disturbed": {
        "en": Words(
            "{therapist} had a disturbed night: {times} call-outs, {total} together "
            "(AB 13 § mom. 8)",
            "give the rest at once, and do not wait for the last duty of the series",
        ),
        "sv": Words(
            "{therapist} hade en störd natt: {times} uppdrag, {total} sammanlagt (AB 13 § mom. 8)",
            "ge vilan genast, och vänta inte till seriens sista pass",
        ),
    },
    "R11": {
        "en": Words(
            "{times} of the {duties} duties of {therapist} in twelve weeks had a call-out "
            "(AB 22 §)",
            "consider jour or ordinary time instead of standby",
        ),
        "sv": Words(
            "{times} av {therapist}s {duties} pass på tolv veckor hade uppdrag (AB 22 §)",
            "överväg jour eller ordinarie tid i stället för beredskap",
        ),
    },
    "R12": {
        "en": Words(
            "the standby of {therapist} may be working time: {times} call-outs in {duties} duties, "
            "or too little time to answer (CJEU C-580/19)",
            "ask less, or share the calls among more people",
        ),
        "sv": Words(
            "{therapist}s beredskap kan vara arbetstid: {times} uppdrag på {duties} pass, eller "
            "för kort inställelsetid (EU-domstolen C-580/19)",
            "kräv mindre, eller dela samtalen på fler",
        ),
    },
    "R13": {
        "en": Words(
            "{therapist} has {total} of call-outs, and the limit of overtime is {required} "
            "(ATL 8 §)",
            "put others on standby until {period.end}",
        ),
        "sv": Words(
            "{therapist} har {total} uppdrag, och gränsen för övertid är {required} (ATL 8 §)",
            "sätt andra i beredskap till {period.end}",
        ),
    },
    "R14": {
        "en": Words(
            "{therapist} works {total} a week on average over four months, and {required} is the "
            "most (ATL 10 b §)",
            "give time off until the average is lower",
        ),
        "sv": Words(
            "{therapist} arbetar {total} i veckan i genomsnitt över fyra månader, och högst "
            "{required} är tillåtet (ATL 10 b §)",
            "ge ledigt tills genomsnittet är lägre",
        ),
    },
    "R15": {
        "en": Words(
            "{therapist} has {total} of jour, and {required} is the most (ATL 6 §)",
            "plan less jour until {period.end}",
        ),
        "sv": Words(
            "{therapist} har {total} jour, och högst {required} är tillåtet (ATL 6 §)",
            "planera mindre jour till {period.end}",
        ),
    },
    "R22": {
        "en": Words(
            "the day break or week break of {therapist} moves in the middle of a schedule "
            "(ATL 13 §)",
            "let it move when the next schedule begins, not on {since}",
        ),
        "sv": Words(
            "dygnsbrytet eller veckobrytet för {therapist} flyttas mitt i ett schema (ATL 13 §)",
            "flytta det när nästa schema börjar, inte {since}",
        ),
    },
}
WAY_OUT: Mapping[str, Words] = {
    "en": Words("give {day_off} off: then {then} are free", "take a duty of that week away"),
    "sv": Words("ge ledigt {day_off}: då blir {then} fria", "ta bort ett pass den veckan"),
}
