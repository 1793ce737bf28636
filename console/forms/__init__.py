"""Forms turn what a person typed into keyword arguments; they neither save nor decide who may."""
