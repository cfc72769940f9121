from ...formats.privacy import mask_address

# Who reads in full what is personal.
PRIVATE = "einvoice_consumer.einvoice_consumer_group_private"


def show_addresses(records):
    """Tell each record's routing address: in full to who may read it, else its ends."""
    in_full = records.env.user.has_group(PRIVATE)
    for record in records:
        address = record.recipient_address or ""
        record.address_shown = address if in_full else mask_address(address)
