"""The OpenAPI document: schema/operations.py tells how a view is described."""
