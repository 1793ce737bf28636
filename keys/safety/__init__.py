"""The safety center: leaked credentials, and what is done about them."""
