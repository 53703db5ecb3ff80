"""The Jimeng web protocol: signing, payloads, parsing and the only user of httpx (docs/upstream.md)."""
