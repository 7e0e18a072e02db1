"""Datasets in the forms that other tools read. One module a format; `FORMATS` in `registry` names them."""
