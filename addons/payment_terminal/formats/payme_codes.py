"""The codes of Payme's Merchant API and what the payer reads beside them.

Sources: developer.help.paycom.uz, the tables "Коды ошибок" of each method of "Методы
Merchant API"; PaycomUZ/paycom-integration-php-template for the general codes.
"""

from __future__ import annotations

from .calls import Result

NOT_POST, NOT_JSON, SYSTEM_ERROR = -32300, -32700, -32400

ACCOUNT = "account"
"""The sub-field of ``account`` that holds the customer's number, unless it is alone."""

CODES: dict[Result, tuple[int, str]] = {
    # -32400 is repeated by Payme, all others are final. -31050 to -31099 are errors of
    # what the payer typed: the message is shown to him, ``data`` names the sub-field.
    Result.OK: (0, "id"),
    Result.NOT_FOUND: (-31050, ACCOUNT),
    Result.MANY_FOUND: (-31051, ACCOUNT),
    Result.BAD_ACCOUNT: (-31052, ACCOUNT),
    Result.INACTIVE: (-31053, ACCOUNT),
    Result.BAD_FACTOR: (-31054, ACCOUNT),
    Result.CLOSED: (-31099, ACCOUNT),
    Result.TOO_SMALL: (-31001, "amount"),
    Result.TOO_LARGE: (-31001, "amount"),
    Result.BAD_AMOUNT: (-31001, "amount"),
    Result.WRONG_CURRENCY: (-31001, "amount"),
    Result.UNKNOWN_PAYMENT: (-31003, "id"),
    Result.CONFLICT: (-31008, "id"),
    Result.CANCELLED: (-31008, "id"),
    Result.BAD_DATE: (-32600, "time"),
    Result.BAD_ID: (-32600, "id"),
    Result.BAD_REQUEST: (-32600, "params"),
    Result.BAD_OPERATION: (-32601, "method"),
    Result.PENDING: (SYSTEM_ERROR, "id"),
    Result.FAULT: (SYSTEM_ERROR, "id"),
    Result.FORBIDDEN: (-32504, "authorization"),
}
MESSAGES: dict[Result, tuple[str, str, str]] = {
    # Russian, Uzbek, English; each required where the payer sees it
    Result.NOT_FOUND: (
        "Лицевой счёт не найден",
        "Hisob raqami topilmadi",
        "Account not found",
    ),
    Result.MANY_FOUND: (
        "Найдено несколько лицевых счетов",
        "Bir nechta hisob raqami topildi",
        "Several accounts found",
    ),
    Result.BAD_ACCOUNT: (
        "Неверный формат лицевого счёта",
        "Hisob raqami notoʻgʻri",
        "Not an account number",
    ),
    Result.INACTIVE: (
        "Лицевой счёт заблокирован",
        "Hisob raqami bloklangan",
        "The account is blocked",
    ),
    Result.BAD_FACTOR: (
        "Дополнительные данные не совпадают",
        "Qoʻshimcha maʼlumotlar mos kelmadi",
        "The additional data does not match",
    ),
    Result.CLOSED: (
        "Приём платежей временно недоступен",
        "Toʻlov qabul qilish vaqtincha mavjud emas",
        "Payments are temporarily not available",
    ),
    Result.TOO_SMALL: (
        "Сумма слишком мала",
        "Summa juda kichik",
        "The amount is too small",
    ),
    Result.TOO_LARGE: (
        "Сумма слишком велика",
        "Summa juda katta",
        "The amount is too large",
    ),
    Result.BAD_AMOUNT: ("Неверная сумма", "Summa notoʻgʻri", "Wrong amount"),
    Result.WRONG_CURRENCY: ("Неверная валюта", "Valyuta notoʻgʻri", "Wrong currency"),
    Result.UNKNOWN_PAYMENT: (
        "Транзакция не найдена",
        "Tranzaksiya topilmadi",
        "Transaction not found",
    ),
    Result.CONFLICT: (
        "Транзакция с другими данными уже существует",
        "Bunday tranzaksiya boshqa maʼlumotlar bilan mavjud",
        "The transaction exists with other data",
    ),
    Result.CANCELLED: (
        "Транзакция отменена",
        "Tranzaksiya bekor qilingan",
        "The transaction is cancelled",
    ),
    Result.BAD_OPERATION: ("Метод не найден", "Metod topilmadi", "Method not found"),
    Result.FORBIDDEN: (
        "Недостаточно привилегий",
        "Huquqlar yetarli emas",
        "Insufficient privilege",
    ),
    Result.FAULT: ("Системная ошибка", "Tizim xatosi", "System error"),
    Result.BAD_REQUEST: ("Неверный запрос", "Notoʻgʻri soʻrov", "Bad request"),
}
