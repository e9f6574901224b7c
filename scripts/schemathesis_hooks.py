"""Leads generated calls to sellers and payments that exist, so that they reach more than "not found".

Only values that are of the right form are replaced, and by others of the right form: whether a call
is well formed stays as it was generated.
"""

import re
import zlib

import schemathesis

REFERENCE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
CURRENCY = re.compile(r"[A-Z]{3}")
AMOUNT = re.compile(r"(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?")
ORDERS = ["order-1001", "order-1002", "order-1003"]


def one_of(values, text):
    """The same choice for the same text, so that a run can be repeated by its seed."""
    return values[zlib.crc32(text.encode(errors="replace")) % len(values)]


def led(values, form, value):
    """`value`, or one that exists if `value` is of that form."""
    if isinstance(value, str) and form.fullmatch(value):
        return one_of([*values, value], value)
    return value


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    path = context.operation.path
    if path_parameters and "id" in path_parameters:
        suffix = "-a" if path.startswith("/v1/payments") else ""
        orders = [order + suffix for order in ORDERS]
        path_parameters["id"] = led(orders, REFERENCE, path_parameters["id"])
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    if not isinstance(body, dict):
        return body
    for part in [body, *(body.get("payment_orders") or [])]:
        if isinstance(part, dict):
            lead(part)
    return body


def lead(part):
    for name, values, form in [
        ("seller_account", ["alpine-books", "summit-gear"], REFERENCE),
        ("payment_method_id", ["pm_card_visa", "pm_card_challenge", "pm_card_declined"], REFERENCE),
        ("currency", ["EUR", "EUR", "EUR"], CURRENCY),
        ("amount", ["1.00", "0.01", "2.50"], AMOUNT),
    ]:
        if name in part:
            part[name] = led(values, form, part[name])
