"""/verify: the question a gateway asks before it lets a request through. Is its credential good for this, now?"""
