#!/bin/sh
# The restore drill: a backup goes into an empty database beside the real one, and is looked at.
#   drill.sh FILE [DATABASE_URL of an empty database; a file of its own without it]
# Run it each quarter as the service's user, with the service's settings.  It sends nothing.
set -eu

file=${1:?"which backup? drill.sh FILE [DATABASE_URL]"}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
trap 'exit 1' HUP INT TERM # else some shells leave the copy behind
umask 077

# The command of this release, and not the one in /usr/local/bin: that reads the service's settings
# anew, and would restore into the real database.
PATH=$(cd "$(dirname "$0")/../.." && pwd)/.venv/bin:$PATH
STATE_DIR=$room
DATABASE_URL=${2:-sqlite:///$room/drill.db}
export STATE_DIR DATABASE_URL
# Nothing here may reach a family, a carrier or a mail server by mistake.
unset TWILIO_ACCOUNT_SID TWILIO_AUTH_TOKEN TWILIO_API_URL SMTP_URL MAIL_FROM FALLBACK_URL
unset FIGURES_DATABASE_URL OTEL_EXPORTER_OTLP_ENDPOINT

began=$(date +%s)
beredskap restore "$file" --dry-run | tail -n 1
beredskap restore "$file" --by drill
beredskap audit verify
echo "Handovers, as they stood:"
beredskap handovers
echo "On standby, as this rota says now:"
beredskap oncall
echo "The drill took $(($(date +%s) - began)) s.  Write down when, which file, who, and these lines."
