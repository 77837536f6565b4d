"""The edge towards the carrier: signatures, webhooks, TwiML and the REST client."""
