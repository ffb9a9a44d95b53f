"""The port to the practice's own store, by subject.

Repositories take and give the frozen values of ``syncd.core``; ids are given by the caller (`ids.new_id`), so that a
value is whole before it is stored. ``get`` raises `NotFoundError`. Nothing is visible to others before the transaction
ends. What has a version is saved over that version only; what has none is kept from others' writes from ``get`` to the
transaction's end. Details, facts and histories are JSON values: a time in them is text.
"""
