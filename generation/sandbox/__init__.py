"""A strict stand-in for the Jimeng web service over real HTTP, which shares nothing with the gateway it checks."""
