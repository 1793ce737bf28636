"""Keys: the five kinds of credential, from the moment one is issued to the moment it stops working."""
