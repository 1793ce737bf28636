"""The intake: what browsers, Agents and programs send is let in by its credential, counted, and sent on."""
