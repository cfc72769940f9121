"""What invoicers have announced: one notification at each bank (SenderInfo).

From the notification service guidelines, 3 and 4: a notification is found by the
sender's address, who carries its messages, and the payment subject. A change carries
everything anew, with the accounts that the bank has beside those that it shall have.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from counterparties.bank.frame import Finding, Frame
from counterparties.bank.records import Records
from counterparties.bank.values import Row, iban_ok

MAILBOX, ROOT = "SENDERINFO", "FinvoiceSenderInfo"
OTHER, EXISTS, NOT_FOUND = 6, 803, 804
_SENDER = "InvoiceSenderInformationDetails"
_INVOICES = "SellerInvoiceDetails"
_LABEL = "SellerInvoiceIdentifierText"
_SUBJECT = f"{_INVOICES}/PaymentInstructionIdentifier"


class Register:
    """The notifications of all banks of the program, in its books."""

    def __init__(self, books: Records, banks: dict[str, Row]) -> None:
        self.books = books
        self.banks = banks

    def begin(self, known: dict[str, Row]) -> None:
        """Enter in empty books what every bank knows from before."""
        if self.books.all("notification"):
            return
        with self.books.transaction():
            for bic in self.banks:
                for key, invoicer in known.items():
                    row = {**invoicer, "key": key, "bank": bic, "status": "announced"}
                    self.books.add("notification", row)

    def all(self) -> list[Row]:
        """Every notification, ended ones too."""
        return self.books.all("notification")

    def announced(self, bic: str, **where: object) -> list[Row]:
        """What is in force at a bank."""
        return self.books.all("notification", bank=bic, status="announced", **where)

    def find(self, key: object, bic: str) -> Row | None:
        """The invoicer of that key at a bank, the last where it came several times."""
        found = self.books.all("notification", bank=bic, key=str(key))
        return found[-1] if found else None

    # A message

    def check(self, root: etree._Element, frame: Frame) -> Iterator[Finding]:
        """What a bank refuses a notification for; the form has been checked."""
        stated = _address(root, "")
        if stated != (frame.sender, frame.sender_intermediator):
            fault = f"The frame is from {frame.sender}, the message from {stated[0]}"
            yield Finding(OTHER, fault)
        known = self._meant(root, frame)
        action = text_in(root, "MessageDetails/MessageActionCode")
        if action == "ADD" and known:
            yield Finding(EXISTS, "This SenderInfo exists already")
        if action != "ADD" and not known:
            yield Finding(NOT_FOUND, "SenderInfo could not be allocated")
        languages = [node.get("LanguageCode") for node in root.iter(_LABEL)]
        if "FI" not in languages or "FI" not in _names(root):
            yield Finding(OTHER, "Finnish is missing")
        if action == "CHANGE" and known:
            yield from self._old_accounts(root, known)
        for account in _accounts(root, "New" if action == "CHANGE" else ""):
            yield from self._account(account)

    def _meant(self, root: etree._Element, frame: Frame) -> Row | None:
        address, via = _address(root, "")
        for row in self.announced(
            frame.receiver_intermediator,
            sender_address=address,
            sender_intermediator=via,
            payment_subject=text_in(root, _SUBJECT),
        ):
            return row
        return None

    def _old_accounts(self, root: etree._Element, known: Row) -> Iterator[Finding]:
        """The old accounts of a change are those that the bank has, all of them."""
        ours = {account["iban"] for account in known["accounts"]}
        theirs = {account["iban"] for account in _accounts(root, "")}
        if ours != theirs:
            fault = f"Old accounts {_listed(theirs)}, the bank has {_listed(ours)}"
            yield Finding(OTHER, fault)
        if not _accounts(root, "New"):
            yield Finding(OTHER, "The change leaves no account")

    def _account(self, account: Row) -> Iterator[Finding]:
        """A real account, and at that bank as far as the bank is one of these."""
        iban, bank = account["iban"], self.banks.get(account["bic"])
        if not iban_ok(iban):
            yield Finding(OTHER, f"Account {iban} is not an account number")
        elif bank and not iban[4:].startswith(bank["prefix"]):
            yield Finding(OTHER, f"Account {iban} is not known at {account['bic']}")

    def enter(self, root: etree._Element, frame: Frame, stamp: str) -> Row:
        """Do what a good message says: the notification as it is now.

        The end of one ends every order under it, and no bank tells the invoicer.
        """
        known = self._meant(root, frame)
        action = text_in(root, "MessageDetails/MessageActionCode")
        if action == "DELETE" and known:
            self.books.update(known, status="ended", since=stamp)
            orders = self.books.all(
                "order", status="active", invoicer=known["key"], bank=known["bank"]
            )
            for order in orders:
                self.books.update(order, status="stopped", stopped=stamp)
            return known
        told = {**_contents(root, action), "since": stamp}
        if known:
            self.books.update(known, **told)
            return known
        bic, subject = frame.receiver_intermediator, told["payment_subject"]
        others = [row for row in self.announced(bic) if row["key"] == subject]
        key = f"{subject}@{frame.sender}" if others else subject
        row = {**told, "key": key, "bank": bic, "status": "announced"}
        return self.books.add("notification", row)


def text_in(root: etree._Element, path: str) -> str:
    """The text at a path, or nothing."""
    return (root.findtext(path) or "").strip()


def _listed(accounts: set[str]) -> str:
    return ", ".join(sorted(accounts)) or "none"


def _address(root: etree._Element, prefix: str) -> tuple[str, str]:
    return (
        text_in(root, f"{_SENDER}/{prefix}InvoiceSenderAddress"),
        text_in(root, f"{_SENDER}/{prefix}InvoiceSenderIntermediatorAddress"),
    )


def _accounts(root: etree._Element, prefix: str) -> list[Row]:
    """Each once, in the order of the message."""
    found = {}
    for block in root.iter("SellerAccountDetails"):
        iban = text_in(block, f"{prefix}SellerAccountID")
        if iban:
            bic = text_in(block, f"{prefix}SellerBic")
            found[iban] = {"iban": iban, "bic": bic}
    return list(found.values())


def _names(root: etree._Element) -> dict[str, str]:
    return {
        node.get("LanguageCode"): text_in(node, "SellerOrganisationName")
        for node in root.iter("SellerOrganisationNames")
    }


def _texts(root: etree._Element, tag: str) -> dict[str, str]:
    return {
        node.get("LanguageCode", "FI"): (node.text or "").strip()
        for node in root.iter(tag)
    }


def _preferred(texts: dict[str, str]) -> str:
    """As these pages are in English: that, else Finnish."""
    return texts.get("EN") or texts.get("FI") or ""


def _contents(root: etree._Element, action: str) -> Row:
    """Everything that a message says of the invoicer."""
    names = _names(root)
    new = action == "CHANGE"
    address, via = _address(root, "New") if new else ("", "")
    old_address, old_via = _address(root, "")
    return {
        "name": names["FI"],
        "names": names,
        "business_id": text_in(root, "SellerPartyDetails/SellerPartyIdentifier"),
        "street": text_in(
            root, "SellerPartyDetails/SellerPostalAddressDetails/SellerStreetName"
        ),
        "sender_address": address or old_address,
        "sender_intermediator": via or old_via,
        "sender_info_id": text_in(root, "MessageDetails/SenderInfoIdentifier"),
        "accounts": _accounts(root, "New" if new else ""),
        "payment_subject": text_in(root, _SUBJECT),
        "service_code": text_in(root, f"{_INVOICES}/SellerServiceCode"),
        "invoice_type": _preferred(_texts(root, "SellerInvoiceTypeText")),
        "instruction": _preferred(_texts(root, "SellerInstructionFreeText")),
        "languages": list(names),
        "identifiers": _identifiers(root),
    }


def identifiers_in(root: etree._Element) -> list[str]:
    """What an invoicer knows a consumer by."""
    return [(node.text or "").strip() for node in root.iter("SellerInvoiceIdentifier")]


def _identifiers(root: etree._Element) -> list[Row]:
    groups = [
        block.findall(_LABEL)
        for block in root.findall(f"{_INVOICES}/SellerInvoiceTypeDetails")
    ]
    prefix = "SellerInvoiceIdentifier"
    asked = []
    for nodes in zip(*groups, strict=True):
        first = nodes[0]
        labels = {node.get("LanguageCode"): (node.text or "").strip() for node in nodes}
        asked.append(
            {
                "label": _preferred(labels),
                "labels": labels,
                "type": first.get(f"{prefix}Type", "99"),
                "min": int(first.get(f"{prefix}MinLength", "1")),
                "max": int(first.get(f"{prefix}MaxLength", "35")),
                "spaces": first.get(f"{prefix}Spaces") in ("true", "1"),
                "hyphens": first.get(f"{prefix}Hyphens") in ("true", "1"),
            }
        )
    return asked
