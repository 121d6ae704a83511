"""Vocabulary shared by the models of the workshop (no database)."""

# Why the car is here. Source: practice P33
REPAIR_KINDS = [
    ("maintenance", "Maintenance"),
    ("general", "General Repair"),
    ("accident", "Accident"),
    ("body_paint", "Body and Paint"),
    ("pdi", "PDI"),
    ("accessory", "Accessory Fitting"),
    ("recall", "Recall"),
    ("goodwill", "Goodwill"),
    ("comeback_internal", "Comeback (Internal)"),
    ("comeback_external", "Comeback (External)"),
    ("first_service", "First Service"),
    ("recondition", "Used-car Reconditioning"),
]

# Our own work, done again.
COMEBACKS = ("comeback_internal", "comeback_external")

# Who pays. Prepaid: an entitlement the customer bought before. Source: practice P33, P38, terms §6
PAY_TYPES = [
    ("customer", "Customer Pay"),
    ("warranty", "Warranty"),
    ("insurance", "Insurance"),
    ("internal", "Internal"),
    ("prepaid", "Prepaid"),
]
