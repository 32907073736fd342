"""Compilation takes most of the time of a test whose subject is what is computed."""


def uncompiled(function=None, **options):
    """In place of `tf.function`: leaves a function as it is."""
    return function or uncompiled
