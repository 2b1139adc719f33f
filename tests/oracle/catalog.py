"""The catalogue of event kinds."""

from __future__ import annotations

PAYMENT = ["purchase", "authorize", "capture", "cancel", "refund", "verify", "chargeback"]
SUBSCRIPTION = [
    "create",
    "active",
    "pause",
    "resume",
    "cancel",
    "complete",
    "close_to_renewal",
    "plan_change_scheduled",
    "plan_change_canceled",
    "plan_changed",
]
SUBSCRIPTION_UNGATED = [
    "trialing",
    "past_due",
    "cycle_executed",
    "phase_started",
    "phase_completed",
    "cancel_scheduled",
    "cancel_schedule_canceled",
]
ONBOARDING = [
    "pending",
    "succeeded",
    "declined",
    "error",
    "expired",
    "blocked",
    "unblocked",
    "cancelled",
    "inactive",
    "transferred",
    "terminated",
]
ONBOARDING_UNGATED = ["pending_additional_documentation", "pending_recipient_action", "rejected", "failed"]
BANKING = {
    "entity": ["created", "updated", "deleted"],
    "onboarding": [
        "created",
        "pending",
        "pending_additional_documentation",
        "succeeded",
        "failed",
        "declined",
        "cancelled",
        "expired",
    ],
    "account": ["created", "updated", "activated", "closed"],
    "transfer": ["pending", "processing", "completed", "failed", "cancelled", "reversed"],
    "transfer.incoming": ["pending", "completed"],
}


def _kinds() -> dict[str, tuple[str, list[str] | None]]:
    kinds: dict[str, tuple[str, list[str] | None]] = {}

    def add(family: str, stem: str, names: list[str], triggers: str | None) -> None:
        for name in names:
            kinds[f"{stem}.{name}"] = (family, [triggers, name.upper()] if triggers else None)

    add("payment", "payment", PAYMENT, "payment_triggers")
    add("payment", "payment", ["pre_chargeback", "fraud_screening", "split_update"], None)
    kinds["payment.pre_chargeback"] = ("payment", ["payment_triggers", "PRECHARGEBACK"])
    add("payment_method", "enrollment", ["enroll", "unenroll"], "enrollment_triggers")
    add("payment_method", "enrollment", ["expiration", "update"], None)
    add("subscription", "subscription", SUBSCRIPTION, "subscription_triggers")
    add("subscription", "subscription", SUBSCRIPTION_UNGATED, None)
    kinds["onboarding.create"] = ("onboarding", ["onboarding_triggers", "CREATED"])
    add("onboarding", "onboarding", ONBOARDING, "onboarding_triggers")
    add("onboarding", "onboarding", ONBOARDING_UNGATED, None)
    add("report", "report", ["create", "update"], "report_triggers")
    add("payout", "payout", ["payout"], None)
    for stem in ("split_transfer", "split_transfer_reverse"):
        add("split_transfer", stem, ["succeeded", "failed", "pending"], None)
    for part, names in BANKING.items():
        add("banking", f"banking.{part}", names, None)
    add("unreferenced_refund", "unreferenced_refund", ["created", "succeeded", "failed"], None)
    domain = ["registered", "verified", "verification_failed", "deleted"]
    add("payment_method_domain", "payment_method_domain", domain, None)
    return kinds


KINDS = _kinds()
ALIASES = {name.replace("banking.", "baas.", 1): name for name in KINDS if name.startswith("banking.")} | {
    "subscription.created": "subscription.create",
    "subscription.paused": "subscription.pause",
    "subscription.canceled": "subscription.cancel",
    "subscription.cancelled": "subscription.cancel",
    "subscription.completed": "subscription.complete",
    "onboarding.created": "onboarding.create",
    "onboarding.canceled": "onboarding.cancelled",
    "payment.prechargeback": "payment.pre_chargeback",
    "payment.fraud_screening_stand_alone": "payment.fraud_screening",
}


def kind_of(spelling: str) -> str:
    if spelling in KINDS:
        return spelling
    return ALIASES.get(spelling, "unknown")
