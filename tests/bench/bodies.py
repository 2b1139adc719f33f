"""Makes the bodies that are measured: payments as the provider documents them, with invented values."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

TRANSACTION: Json = {
    "id": "0b7e2b0c-51c4-4f0e-9a58-6a3d2f7a9f10",
    "type": "PURCHASE",
    "status": "SUCCEEDED",
    "category": "CARD",
    "amount": 149.9,
    "provider_id": "EXAMPLE_GATEWAY",
    "response_code": "SUCCEEDED",
    "merchant_reference": "order-100234",
    "response_message": "Transaction successful",
    "reason": None,
    "description": "Two pairs of shoes",
    "created_at": "2026-03-02T11:20:31.502043Z",
    "updated_at": "2026-03-02T11:20:34.049948Z",
    "payment_method": {
        "token": "6f0f6d77-0b0e-4a7c-9a36-2f1ddc8e7c21",
        "type": "CARD",
        "vaulted_token": "c1a0e7b4-7f1e-4a31-8b0f-0d7b8b1c2f33",
        "vault_on_success": False,
        "payment_method_detail": {
            "card": {
                "verify": None,
                "capture": True,
                "installments": 1,
                "installments_plan_id": None,
                "first_installment_deferral": None,
                "installments_amount": None,
                "installments_type": None,
                "soft_descriptor": "",
                "authorization_code": "871493",
                "retrieval_reference_number": "",
                "acquirer_reference_number": "",
                "voucher": None,
                "card_data": {
                    "holder_name": "Ana Example",
                    "iin": "41111111",
                    "lfd": "1111",
                    "number_length": 16,
                    "security_code_length": 3,
                    "brand": "VISA",
                    "issuer_name": "Example Bank",
                    "issuer_code": None,
                    "category": "Classic",
                    "type": "CREDIT",
                    "three_d_secure": {
                        "version": None,
                        "electronic_commerce_indicator": None,
                        "cryptogram": None,
                        "transaction_id": None,
                        "directory_server_transaction_id": None,
                        "pares_status": None,
                        "acs_id": None,
                    },
                    "network_token": None,
                    "fingerprint": None,
                },
                "stored_credentials": {"reason": None, "usage": None},
            },
            "wallet": None,
            "bnpl": None,
            "bank_transfer": None,
            "ticket": None,
            "payment_link": None,
        },
    },
    "provider_data": {
        "raw_response": {"value": "approved by the issuer"},
        "id": "EXAMPLE",
        "transaction_id": "gw-778120",
        "account_id": "acc-41",
        "status": "PAID",
        "status_detail": None,
        "response_message": "The payment was paid.",
        "response_code": "200",
        "third_party_transaction_id": "",
        "third_party_account_id": "",
    },
    "connection_data": {"id": "a3b0c7f8-1f0d-4f6a-8c51-52a0c0b9d7e4", "name": "main acquirer"},
    "simplified_mode": False,
    "third_party_session_id": "third_7938e98dbf3f758e",
}

ADDRESS: Json = {
    "address_line_1": "Calle Ejemplo 1234",
    "address_line_2": "",
    "city": "Montevideo",
    "country": "UY",
    "state": "Montevideo",
    "zip_code": "11200",
    "neighborhood": None,
}

CUSTOMER: Json = {
    "id": "9f1c1c83-28f4-4a53-9a0e-41a3c5ad1f02",
    "merchant_customer_id": "customer-889",
    "first_name": "Ana",
    "last_name": "Example",
    "gender": "",
    "date_of_birth": None,
    "email": "ana@shop.example",
    "nationality": None,
    "ip_address": "192.0.2.10",
    "device_fingerprint": None,
    "merchant_customer_created_at": "2024-01-12T08:01:58.502Z",
    "browser_info": {
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Example/1.0",
        "accept_header": "*/*",
        "color_depth": None,
        "screen_height": "1080",
        "screen_width": "1920",
        "javascript_enabled": None,
        "language": "es-UY",
        "accept_browser": None,
        "java_enabled": None,
        "browser_time_difference": None,
    },
    "document": {"document_number": "12345672", "document_type": "CI"},
    "billing_address": ADDRESS,
    "shipping_address": ADDRESS,
    "phone": {"country_code": "598", "number": "99123456"},
}

PAYMENT: Json = {
    "id": "5d1f6c0e-3b52-4f7e-8a3e-1f4f2c0c9b77",
    "account_id": "a7c1d2e3-4f50-4a61-8b72-93c4d5e6f708",
    "description": "Two pairs of shoes",
    "country": "UY",
    "status": "SUCCEEDED",
    "sub_status": "APPROVED",
    "merchant_order_id": "order-100234",
    "created_at": "2026-03-02T11:20:30.879857Z",
    "updated_at": "2026-03-02T11:20:34.734225Z",
    "idempotency_key": "2a6e0d3c-7f64-4d0e-9a0b-61b0b2f0a9cd",
    "amount": {"currency": "UYU", "value": 149.9, "refunded": 0, "captured": 0},
}

ORDER: Json = {
    "shipping_amount": 0,
    "fee_amount": None,
    "tip_amount": None,
    "items": [
        {
            "id": f"sku-{number}",
            "name": f"Shoe, size {number}",
            "quantity": 1,
            "unit_amount": 74.95,
            "category": "shoes",
            "brand": None,
            "sku_code": None,
            "manufacture_part_number": None,
            "image_url": None,
        }
        for number in (41, 42)
    ],
    "taxes": [],
}


def envelope(payment: Json) -> bytes:
    """The body as it is sent: compact, in UTF-8."""
    body = {
        "type": "payment",
        "type_event": "payment.purchase",
        "account_id": PAYMENT["account_id"],
        "retry": 0,
        "version": 2,
        "data": {"payment": payment},
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def bodies() -> dict[str, bytes]:
    """The bodies by their sizes."""
    left_out = ("payment_method", "provider_data", "connection_data", "third_party_session_id", "reason")
    short = {name: value for name, value in TRANSACTION.items() if name not in left_out}
    full = PAYMENT | {
        "customer_payer": CUSTOMER,
        "additional_data": {"order": ORDER, "airline": None, "seller_details": None},
        "transactions": TRANSACTION,
        "transactions_history": [TRANSACTION],
        "callback_url": None,
        "workflow": "SDK_CHECKOUT",
        "split": [],
        "fraud_screening": None,
        "metadata": [{"key": "channel", "value": "web"}],
    }
    long = copy.deepcopy(full) | {"transactions_history": [TRANSACTION] * 32}
    return {
        "1 KiB": envelope(PAYMENT | {"transactions": short}),
        "6 KiB": envelope(full),
        "64 KiB": envelope(long),
    }


def write(folder: Path) -> None:
    """Writes each body to a file of its size's name."""
    folder.mkdir(parents=True, exist_ok=True)
    for size, body in bodies().items():
        (folder / f"{size.replace(' ', '')}.json").write_bytes(body)


if __name__ == "__main__":
    for size, body in bodies().items():
        print(size, len(body))
