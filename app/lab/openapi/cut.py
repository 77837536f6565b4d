"""
Cuts the carrier's OpenAPI description down to the requests that the lab checks.

Run it by hand on the file out of the npm package ``@twilio/cli-core`` 8.3.2::

    npm pack @twilio/cli-core@8.3.2
    tar xzf twilio-cli-core-8.3.2.tgz package/src/services/twilio-api/twilio_api_v2010.json
    python -m app.lab.openapi.cut package/src/services/twilio-api/twilio_api_v2010.json
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = "/2010-04-01/Accounts/{AccountSid}"
PATHS = (
    "/Messages.json",
    "/Messages/{Sid}.json",
    "/Calls.json",
    "/Calls/{Sid}.json",
    "/IncomingPhoneNumbers.json",
    "/IncomingPhoneNumbers/{Sid}.json",
)
FORM = "application/x-www-form-urlencoded"
KEPT = ("type", "format", "enum", "pattern", "minimum", "maximum", "items")
Json = dict[str, Any]
CUT = Path(__file__).with_name("requests.json")


def main(source: Path) -> None:
    spec = json.loads(source.read_text(encoding="utf-8"))
    schemas = spec["components"]["schemas"]
    cut = {
        ROOT + path: {
            method.upper(): _operation(spec["paths"][ROOT + path][method], schemas)
            for method in ("get", "post", "delete")
            if method in spec["paths"][ROOT + path]
        }
        for path in PATHS
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
