"""A local web page to search, filter and read the rows of a dataset. `app.make_app` is the server."""
