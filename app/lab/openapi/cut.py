"""
Cuts the carrier's OpenAPI descriptions down to the requests that the lab checks.

Run it by hand on the folder out of the npm package ``@twilio/cli-core`` whose version stands in
NOTICE.txt beside this::

    npm pack @twilio/cli-core
    tar xzf twilio-cli-core-*.tgz package/src/services/twilio-api
    python -m app.lab.openapi.cut package/src/services/twilio-api
"""

import json
import sys
from pathlib import Path
from typing import Any

ACCOUNT = "/2010-04-01/Accounts/{AccountSid}"
PATHS = {
    "twilio_api_v2010.json": (
        "/2010-04-01/Accounts/{Sid}.json",
        f"{ACCOUNT}/Balance.json",
        f"{ACCOUNT}/Messages.json",
        f"{ACCOUNT}/Messages/{{Sid}}.json",
        f"{ACCOUNT}/Calls.json",
        f"{ACCOUNT}/Calls/{{Sid}}.json",
        f"{ACCOUNT}/IncomingPhoneNumbers.json",
        f"{ACCOUNT}/IncomingPhoneNumbers/{{Sid}}.json",
    ),
    "twilio_messaging_v1.json": (
        "/v1/Services",
        "/v1/Services/{Sid}",
        "/v1/Services/{ServiceSid}/PhoneNumbers",
        "/v1/Services/{ServiceSid}/PhoneNumbers/{Sid}",
    ),
    "twilio_trusthub_v1.json": ("/v1/CustomerProfiles",),
}
FORM = "application/x-www-form-urlencoded"
KEPT = ("type", "format", "enum", "pattern", "minimum", "maximum", "items")
Json = dict[str, Any]
CUT = Path(__file__).with_name("requests.json")


def main(source: Path) -> None:
    cut: Json = {}
    for name, paths in PATHS.items():
        spec = json.loads((source / name).read_text(encoding="utf-8"))
        schemas = spec["components"]["schemas"]
        for path in paths:
            operations = spec["paths"][path]
            cut[path] = {
                method.upper(): _operation(operations[method], schemas)
                for method in ("get", "post", "delete")
                if method in operations
            }
    CUT.write_text(json.dumps(cut, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _operation(operation: Json, schemas: Json) -> Json:
    found: Json = {"path": {}, "query": {}, "form": {}, "required": []}
    for parameter in operation.get("parameters", []):
        found[parameter["in"]][parameter["name"]] = _schema(parameter["schema"], schemas)
    form = operation.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {})
    found["required"] = form.get("required", [])
    for name, schema in form.get("properties", {}).items():
        found["form"][name] = _schema(schema, schemas)
    return found


def _schema(schema: Json, schemas: Json) -> Json:
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    kept = {key: schema[key] for key in KEPT if key in schema}
    if "items" in kept:
        kept["items"] = _schema(kept["items"], schemas)
    return kept


if __name__ == "__main__":
    main(Path(sys.argv[1]))
