"""Where `test_words.py` lets other words stand, each with its reason."""

_VERBATIM = "names of programs stay as they are"
_ARGUMENT = "begins with the name of an argument, for programmers"
_PART = "the name of a part of a row, in brackets after its number"
_ADDRESS = "a part of an address, in a list of what is missing"
_STATE = "the name of a state, quoted in a sentence"
_VERDICT = "a verdict, in a column of its own"

#: Terms that look like pieces of sentences and are none.
FRAGMENTS = {
    "%(most)s %(one)s": "puts a space, or what a language has, between whole sentences",
    "%(place)s: %(what)s": "a place in a message, and the sentence about it",
    "account number": _PART,
    "agrees": _VERDICT,
    "amount": _PART,
    "archived": "a remark beside a customer's name",
    "by Consumer E-Invoice": "as “by Email” of core, in the same list",
    "cannot be compared": _VERDICT,
    "channel_id %s is no channel of yours.": _ARGUMENT,
    "city": _ADDRESS,
    "company": "a remark beside a customer's name",
    "contradicts": _VERDICT,
    "country": _ADDRESS,
    "customer": _ADDRESS,
    "date": _PART,
    "days/{day}.csv": "a part of an address, as an example",
    "declined": _STATE,
    "description": _PART,
    "discount": _PART,
    "agency_id names another agency: new cases of %(company)s go to %(agency)s.": (
        _ARGUMENT
    ),
    "company_id %s is no company of yours.": _ARGUMENT,
    "ended": _STATE,
    "https://api.example.com/v1": _VERBATIM,
    "id": _VERBATIM,
    "ids is empty: name at least one record.": _ARGUMENT,
    "ids must name exactly one record; %s were named.": _ARGUMENT,
    "no agency": "stands for the name of an agency",
    "not active": _STATE,
    "not entered": "stands for the name of a country",
    "not open yet": _STATE,
    "postcode": _ADDRESS,
    "product code": _PART,
    "sftp.example.com": _VERBATIM,
    "street": _ADDRESS,
    "suspended": _STATE,
    "unit": _PART,
    "unit price": _PART,
    "until is missing: say the new due date.": _ARGUMENT,
    "was asked for and not given": _VERDICT,
    "yes": "what the bank told, in a column of its own",
}

#: Labels that are not in sentence case.
LABELS = {
    "by Consumer E-Invoice": "as “by Email” of core; the app's name is in title case",
    "Communication Standard": "core's label of a field that gets one more choice",
}

#: Terms that mean two things, and so have two translations.
TWO_TRANSLATIONS = {
    ("ru", "Active"): "a record that is not archived; an agreement in force",
    ("ru", "Agreement"): "a contract with an agency; a consumer's consent at the bank",
    (
        "ru",
        "The agreement",
    ): "a contract with an agency; a consumer's consent at the bank",
    (
        "ru",
        "Awaiting approval",
    ): "a step that we approve; an invoice that a customer approves in the netbank",
    ("ru", "Customer number"): "the field Reference; what is typed at a kiosk",
    ("sv", "Request"): "what we ask of an agency; what a network asks of us",
}

#: English words that mean something else here, in every language.
OTHER_SENSES = {
    ("*", "account"): {
        "Account Move Reversal": "a model of core: reversal of entries",
        "Account Move Send": "a model of core: sending of entries",
    },
    ("*", "registry"): {
        "Sber: registry of debts": "of what is owed, not of what was paid",
        "The registry number of the company": "a company's number",
    },
    ("*", "agency"): {"The consumer agency's guideline": "an authority"},
    ("*", "bank"): {
        "At least 8 percentage points above the rate of Norges Bank": "a name",
    },
    ("*", "case"): {
        "A message that failed is then explained": "in any case",
        "From the sending, and at least 4 bank days": "in most cases",
    },
    ("*", "company"): {
        "Company numbers always go": "their names say it: organisation numbers",
        "Sold or pledged to a finance company": "a kind of company with its own name",
    },
    ("*", "credit"): {"Credit information checked": "credit standing"},
    ("*", "customer"): {"What the consumer typed in the netbank: a list": "a key"},
    ("*", "enforcement"): {
        "For a written demand that satisfies section 5": "the name of an authority"
    },
    ("*", "message"): {"%(element)s lacks": "left out: the place says it"},
    ("*", "network"): {
        "%s cannot be an own proxy": "a computer network",
        "May lie in a private network": "a computer network",
        "The address %(address)s lies in a private network": "a computer network",
    },
    ("*", "order"): {
        "For a written demand that satisfies section 5": "a court's payment order",
        "The agency does not send reminders": "a verb",
    },
    ("*", "payment"): {
        "Compensation for late payment": "delay, in the words of the laws",
        "For a written demand that satisfies section 5": "a court's payment order",
        "The payment instruction identifier": "the payment subject",
    },
    ("*", "secret"): {"Give it to the network. It is a secret": "nobody shall know it"},
    ("*", "state"): {"The least that a member state may set": "a country"},
}

#: What one language says otherwise.
OTHER_WORDS = {
    ("fi", "amount"): {"The rule is for debts up to": "”tämän suuruisia velkoja”"},
    ("fi", "secret"): {
        "Client secret": "as agencies and Odoo name it",
        "Webhook secret": "”allekirjoitusavain”: it signs",
    },
    ("is", "amount"): {"The residual amount": "„eftirstöðvar“"},
    ("is", "journal entry"): {"This field is used for payable": "„færslur“"},
    ("is", "kiosk"): {"Enter a bank or kiosk network": "„greiðslunet“"},
    ("is", "network"): {"Agree with a bank or kiosk network": "who runs the kiosks"},
    ("ru", "amount"): {"The residual amount": "«остаток»"},
    ("ru", "consumer"): {"by Consumer E-Invoice": "«в интернет-банк»"},
    ("sv", "demand"): {"Demand that is published": "”tratta” is the whole word"},
}
