"""The browser side: one file a page, and what the pages share."""
