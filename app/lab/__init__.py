"""The phone lab: a carrier that behaves as Twilio does, with phones that people write down."""
