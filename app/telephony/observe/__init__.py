"""What Twilio does where its documentation is silent: seen on a spare number, and written down."""
