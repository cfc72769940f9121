"""Invoices and agreements with agencies for ``test_agreement``: the usual, those that
differ, and the examples in which every reason is met."""

try:
    from hypothesis import strategies as st
except ImportError:
    st = None

# Days from today on both sides of every limit: 8 and 4 days in Sweden, 7, 10 and 14
# in Finland, 14 in Norway, the day itself, three years.
DUE = (2, 1, 0, -1, -2, -3, -4, -5, -6, -7, -8, -12, -13, -14, -15, -40)
ISSUED = (0, -1, -3, -4, -7, -8, -9, -30, -60, -1094, -1095, -1096, -1097, -1500)
REMINDED = (0, 1, 8, 9, 10, 11, 13, 14, 15)
COUNTRIES = ("se", "fi", "no", "de", "us")
# What kind of invoice it is; everything else about it is generated.
KINDS = (
    *("499.99", "500.00", "500.01", "1000.00", "49.99 EUR", "50.00 EUR", "50.01 EUR"),
    *("partly paid", "partly paid, unsent", "paid", "blocked", "draft", "credit note"),
    *("here", "elsewhere", "undone", "given up", "closed", "collected"),
    *("cents", "given"),
)
# What nothing stands in the way of, and the ways in which it may differ.
INVOICE = {
    "due": -20,
    "issued": -60,
    "reminded": (),
    "is_sent": True,
    "financed": False,
    "elsewhere": False,
    "is_company": True,
    "number": True,
    "country": "se",
    "missing": None,
    "ban": False,
    "flag": False,
    "tag": None,
}
OTHER_INVOICE = {
    "reminded": [(days,) for days in REMINDED] + [(0, 30)],
    "is_sent": [False],
    "financed": [True],
    "elsewhere": [True],
    "is_company": [False],
    "number": [False],
    "country": COUNTRIES,
    "missing": ["street", "zip", "city", "country_id", "blank"],
    "ban": [True],
    "flag": ["insolvent", "deceased", "abroad"],
    "tag": ["top", "below", "other"],
}
AGREEMENT = {
    "country": "se",
    "service": "reminder_collection",
    "excluded": False,
    "state": "active",
    "chosen": True,
    "send_from": "overdue",
    "auto_transfer": True,
    "auto_min_amount": 0,
    "longer": 0,
    "due_after": None,
}
OTHER_AGREEMENT = {
    "state": ["suspended"],
    "chosen": [False],
    "send_from": ["reminded"],
    "auto_transfer": [False],
    "auto_min_amount": [499.99, 500, 500.01],
    "longer": [1, 6],
    "due_after": [-21, -20, -19, -5, -4],
}


# Every reason is met at least here, whatever is generated besides.
EXAMPLES = (
    (
        {"excluded": True, "auto_min_amount": 500, "due_after": -21},
        {
            "1000.00": {},
            "500.01": {"missing": "street"},
            "500.00": {},
            "499.99": {"due": 1},
            "50.01 EUR": {"ban": True},
            "50.00 EUR": {"financed": True},
            "49.99 EUR": {"flag": "insolvent"},
            "partly paid": {"tag": "below"},
            "partly paid, unsent": {"elsewhere": True},
            "given up": {"is_sent": False},
            "elsewhere": {"due": -22},
            "closed": {"issued": -1500},
            "collected": {},
            "cents": {},
            "given": {},
            "paid": {},
            "blocked": {},
            "draft": {},
            "credit note": {},
            "here": {"due": -3},
            "undone": {"number": False},
        },
    ),
    (
        {"country": "fi", "service": "collection"},
        {
            "1000.00": {},
            "500.01": {"reminded": (1,)},
            "500.00": {"reminded": (10,)},
        },
    ),
    ({"send_from": "reminded"}, {"1000.00": {}, "500.00": {"reminded": (1,)}}),
    ({"state": "suspended"}, {"1000.00": {}}),
    ({"chosen": False, "excluded": True}, {"1000.00": {}}),
    ({"auto_transfer": False}, {"1000.00": {}}),
)


def draw(usual, others, most):
    """The usual, but for a few things that differ."""
    changes = [
        st.tuples(st.just(name), st.sampled_from(values))
        for name, values in others.items()
    ]
    return st.lists(st.one_of(changes), max_size=most).map(
        lambda changed: usual | dict(changed)
    )


def draw_agreement():
    always = st.fixed_dictionaries(
        {
            "country": st.sampled_from((*COUNTRIES, "se", "fi", "no")),
            "service": st.sampled_from(("reminder_collection", "collection")),
            "excluded": st.booleans(),
        }
    )
    changed = draw(AGREEMENT, OTHER_AGREEMENT, 2)
    return st.tuples(always, changed).map(lambda parts: parts[0] | parts[1])


def draw_invoices():
    always = st.fixed_dictionaries(
        {
            "kind": st.sampled_from(KINDS),
            "due": st.sampled_from((*DUE, *(-20,) * len(DUE))),
            "issued": st.sampled_from((*ISSUED, *(-60,) * len(ISSUED))),
        }
    )
    changed = draw(INVOICE, OTHER_INVOICE, 2)
    invoice = st.tuples(always, changed).map(lambda parts: parts[0] | parts[1])
    return st.lists(invoice, min_size=4, max_size=8, unique_by=lambda i: i["kind"])
