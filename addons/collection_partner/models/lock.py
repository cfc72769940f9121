def changed_fields(record, vals):
    """Yield the fields of ``record`` that writing ``vals`` would change.

    Programs and forms often write values back as they were; that is no change.
    """
    for name, value in vals.items():
        field = record._fields[name]
        cached = field.convert_to_cache(value, record, validate=False)
        if (field.convert_to_record(cached, record) or False) != (
            record[name] or False
        ):
            yield field
