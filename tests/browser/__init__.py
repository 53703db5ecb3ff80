"""The admin's main ways, walked in Chromium: two widths, two languages, real clicks."""
