"""The API: everything a credential opens, in the shapes Datadog's own clients expect."""
