"""Compiled execution: an operation becomes closures once, and a request only runs them (architecture §2 idea 4).

Ordinary graphql-core execution of the same document is the oracle: the answers of both are equal (tests/conformance/
compiled). `Compiler.plan` gives the plan of an operation, or `Unsupported` with the reason why it runs ordinarily.

    plans        operation -> plan, remembered with its document
    selections   which fields a runtime type gets from merged selection sets
    fields       one field: how its value is had, and what becomes of errors
    callers      the function of a resolver, called with what it asks for
    arguments    arguments of a field, coerced once per request
    completion   a value -> its part of the response: lists, objects, interfaces
    leaves       scalars and enums
    run          one request: errors, null bubbling, fields that are awaited
"""

from dialog_graph.graphql.compiled.plans import Compiler, Plan, Plans, Unsupported

__all__ = ["Compiler", "Plan", "Plans", "Unsupported"]
