"""What may follow a status."""

from __future__ import annotations


def _finality() -> dict[str, dict[str, dict[str | None, str]]]:
    table: dict[str, dict[str, dict[str | None, str]]] = {}

    def rows(family: str, verdict: str, *names: str) -> None:
        for name in names:
            status, _, sub_status = name.partition("/")
            table.setdefault(family, {}).setdefault(status, {})[sub_status or None] = verdict

    rows("payment", "pending", "CREATED/CREATED", "READY_TO_PAY/CREATED", "PENDING/AUTHORIZED", "PENDING/IN_PROCESS")
    rows("payment", "pending", "PENDING/WAITING_ADDITIONAL_STEP", "PENDING/PENDING_PROVIDER_CONFIRMATION")
    rows("payment", "pending", "PENDING/PENDING_FRAUD_REVIEW", "PENDING/PENDING_OTP_COMPLETION")
    rows("payment", "pending", "SUCCEEDED/PARTIALLY_APPROVED", "SUCCEEDED/REFUND_RETRY_IN_PROCESS")
    rows("payment", "pending", "SUCCEEDED/CAPTURE_RETRY_IN_PROCESS", "REFUNDED/PENDING_PROVIDER_CONFIRMATION")
    rows("payment", "pending", "CANCELED/PENDING_PROVIDER_CONFIRMATION", "IN_DISPUTE/RECEIVED")
    rows("payment", "pending", "IN_DISPUTE/PENDING_REVIEW", "ERROR/TIMEOUT", "ERROR/PENDING_REVERSE")
    rows("payment", "settled", "SUCCEEDED/APPROVED", "SUCCEEDED/CAPTURED", "SUCCEEDED/PARTIALLY_CAPTURED")
    rows("payment", "settled", "SUCCEEDED/PARTIALLY_REFUNDED", "SUCCEEDED/PARTIALLY_CHARGEBACKED")
    rows("payment", "settled", "SUCCEEDED/FRAUD_DECLINED", "SUCCEEDED/CAPTURE_RETRY_PROCESS_FAILED")
    rows("payment", "final", "VERIFIED/VERIFIED", "EXPIRED/EXPIRED", "REJECTED/REJECTED", "DECLINED/DECLINED")
    rows("payment", "final", "DECLINED/FRAUD_DECLINED", "SUCCEEDED/THREE_D_SECURE_VERIFIED", "REFUNDED/REFUNDED")
    rows("payment", "final", "CANCELED/CANCELED", "CHARGEBACK/LOST", "ERROR/ERROR", "ERROR/REVERSED_BY_TIMEOUT")
    rows("payment", "final", "FRAUD/FRAUD_VERIFIED")
    rows("transaction", "pending", "CREATED", "PENDING", "IN_PROCESS", "PENDING_REVIEW")
    rows("transaction", "final", "SUCCEEDED", "DECLINED", "REJECTED", "ERROR", "EXPIRED", "WON", "LOST", "PREVENTED")
    rows("subscription", "pending", "CREATED", "ACTIVE", "TRIALING", "PAST_DUE", "PAUSED")
    rows("subscription", "final", "COMPLETED", "CANCELED")
    rows("payment_method", "pending", "CREATED", "READY_TO_ENROLL", "ENROLL_IN_PROCESS", "UNENROLL_IN_PROCESS")
    rows("payment_method", "settled", "ENROLLED")
    rows("payment_method", "final", "UNENROLLED", "EXPIRED", "REJECTED", "DECLINED", "CANCELED", "ERROR")
    rows("payout", "pending", "CREATED", "PENDING")
    rows("payout", "final", "SUCCEEDED", "REJECTED", "DECLINED", "ERROR")
    rows("onboarding", "pending", "CREATED", "PENDING", "PENDING_ADDITIONAL_DOCUMENTATION", "PENDING_RECIPIENT_ACTION")
    rows("onboarding", "pending", "BLOCKED", "ERROR")
    rows("onboarding", "settled", "SUCCEEDED", "INACTIVE", "TRANSFERRED")
    rows("onboarding", "final", "FAILED", "DECLINED", "REJECTED", "CANCELLED", "CANCELED", "EXPIRED", "TERMINATED")
    rows("banking", "pending", "CREATED", "PENDING", "PENDING_ADDITIONAL_DOCUMENTATION", "UNDER_REVIEW", "PROCESSING")
    rows("banking", "settled", "COMPLETED")
    rows("banking", "final", "SUCCEEDED", "FAILED", "DECLINED", "CANCELLED", "EXPIRED", "REVERSED")
    rows("split_transfer", "pending", "CREATED", "PENDING", "REVERSED_PARTIAL")
    rows("split_transfer", "settled", "SUCCEEDED")
    rows("split_transfer", "final", "REVERSED", "DECLINED", "ERROR")
    rows("report", "pending", "IN_PROCESS")
    rows("report", "settled", "SUCCEEDED")
    rows("report", "final", "DOWNLOADED", "EXPIRED", "FAILED", "ERROR")
    rows("payment_link", "pending", "CREATED")
    rows("payment_link", "final", "USED", "CANCELED", "EXPIRED", "ERROR")
    rows("unreferenced_refund", "pending", "CREATED/CREATED", "PENDING/APPROVED")
    rows("unreferenced_refund", "final", "SUCCEEDED/SUCCEEDED", "FAILED/DECLINED_BY_PROVIDER")
    return table


FINALITY = _finality()


def finality(family: str, status: str | None, sub_status: str | None) -> str:
    verdicts = FINALITY.get(family, {}).get(status or "", {})
    if sub_status in verdicts:
        return verdicts[sub_status]
    common = set(verdicts.values())
    return common.pop() if len(common) == 1 else "unknown"
