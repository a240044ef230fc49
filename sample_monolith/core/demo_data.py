"""Who and what the demo data is made of."""

PASSWORD = "demo-password"

TENANTS = [
    ("Acme GmbH", "acme", "DE", "EUR"),
    ("Globex SARL", "globex", "FR", "EUR"),
    ("Initech Ltd", "initech", "GB", "GBP"),
]
USERS = [  # username, first name, is_superuser, [(tenant, role)]
    ("admin", "Admin", True, []),
    ("alice", "Alice", False, [("acme", "owner")]),
    ("bob", "Bob", False, [("acme", "sales")]),
    ("carol", "Carol", False, [("globex", "owner")]),
    ("dave", "Dave", False, [("initech", "owner")]),
    ("erin", "Erin", False, [("acme", "accounting"), ("globex", "accounting")]),
    ("frank", "Frank", False, [("acme", "viewer")]),
]
ROLES = [  # code, name, can_sell, can_bill, can_manage
    ("owner", "Owner", True, True, True),
    ("sales", "Sales", True, False, False),
    ("accounting", "Accounting", False, True, False),
    ("viewer", "Viewer", False, False, False),
]
TOKENS = [  # user, tenant
    ("alice", "acme"),
    ("frank", "acme"),
    ("carol", "globex"),
    ("dave", "initech"),
]
TEMPLATES = [
    ("order-placed", "{order} placed by {customer}", "{order} for {customer} was placed: {total}."),
    ("payment-received", "{invoice} paid", "{amount} received for {invoice}."),
    ("invoice-overdue", "{invoice} is overdue", "{customer} is {days} days late with {invoice}."),
    ("stock-low", "{product} is running out", "{free} left of {product}."),
    ("ticket-reply", "New reply on {ticket}", "{subject}"),
    ("welcome", "Welcome", "Good to have you here."),
]
CATEGORIES = ["Fasteners", "Hand tools", "Power tools", "Safety", "Cabling", "Lighting"]
TAGS = ["new", "bulky", "clearance", "eco"]
KINDS = ["Bolt", "Clamp", "Drill", "Glove", "Cable", "Lamp", "Hinge", "Saw", "Mask", "Switch"]
SIZES = ["S", "M", "L", "XL", "12 mm", "40 mm"]
NAMES = [
    "Nordwind",
    "Delta",
    "Harbour",
    "Linden",
    "Quarry",
    "Meridian",
    "Fjord",
    "Orchard",
    "Summit",
    "Delft",
]
TRADES = ["Logistics", "Works", "Interiors", "Energy", "Foods", "Rail", "Print", "Clinics"]
CITIES = [
    ("10115", "Berlin"),
    ("69001", "Lyon"),
    ("20095", "Hamburg"),
    ("44135", "Dortmund"),
    ("B1 1AA", "Birmingham"),
]
LOW_TAX_CATEGORY = "Safety"


def token_key(username, tenant_slug):
    """The published API token of a demo user: "demo-token-alice-acme"."""
    return f"demo-token-{username}-{tenant_slug}"
