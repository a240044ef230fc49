"""Demo data: the same rows for the same number of orders, on every machine and on every day."""

import datetime as dt
import random
from collections import Counter

from django.contrib.auth.hashers import get_hasher
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection

from accounts.models import ApiToken, Membership, Role, Tenant, User
from audit.models import AuditEntry, Note
from billing.models import Invoice, InvoiceLine, Payment, Plan, Subscription
from catalog.models import Bundle, BundleItem, Category, Product, Tag
from core import demo_data as demo
from core.helpers import add_days, tax_on
from core.models import NumberRange
from inventory.models import Reservation, StockItem, StockMovement, Warehouse
from notifications.models import MessageTemplate, Notification, Preference
from orders.models import Address, Customer, Order, OrderLine, Shipment
from reports.models import SavedReport
from support.models import Ticket, TicketMessage

SEED = 20260630
LAST_DAY = dt.date(2026, 6, 30)
NOON = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
SPAN_DAYS = 540
CHUNK = 2000


def seed(orders, report=lambda text: None):
    """Fill an empty database. `orders` is their number; everything else follows from it."""
    Seeder(orders, report).run()


def is_seeded():
    """Number ranges are written last: without them, seeding was interrupted."""
    return NumberRange.objects.exists()


class Seeder:
    def __init__(self, orders, report):
        self.rng = random.Random(SEED)
        self.orders = orders
        self.report = report
        self.pks = Counter()
        self.numbers = Counter()
        self.reserved = Counter()

    def run(self):
        self._accounts()
        self._catalog()
        self._inventory()
        self._customers()
        self._subscriptions()
        for start in range(0, self.orders, CHUNK):
            self._orders(start, min(start + CHUNK, self.orders))
            self.report(f"{min(start + CHUNK, self.orders)} of {self.orders} orders")
        self._finish()

    def _new(self, model, **fields):
        """An unsaved row with the next primary key and fixed time stamps."""
        self.pks[model] += 1
        if hasattr(model, "created_at"):
            fields.setdefault("created_at", NOON)
            fields.setdefault("updated_at", fields["created_at"])
        return model(pk=self.pks[model], **fields)

    def _number(self, tenant, kind):
        self.numbers[tenant.pk, kind] += 1
        return NumberRange.format(kind, self.numbers[tenant.pk, kind])

    def _accounts(self):
        new = self._new
        self.tenants = [
            new(Tenant, name=name, slug=slug, country=country, currency=currency)
            for name, slug, country, currency in demo.TENANTS
        ]
        tenants = {tenant.slug: tenant for tenant in self.tenants}
        roles = {
            code: new(Role, code=code, name=name, can_sell=sell, can_bill=bill, can_manage=manage)
            for code, name, sell, bill, manage in demo.ROLES
        }
        self.users = {name: self._user(name, first, root) for name, first, root, _ in demo.USERS}
        memberships = [
            new(Membership, user=self.users[name], tenant=tenants[slug], role=roles[role])
            for name, _, _, places in demo.USERS
            for slug, role in places
        ]
        self.staff = {
            tenant.pk: [member.user for member in memberships if member.tenant == tenant]
            for tenant in self.tenants
        }
        tokens = [
            new(
                ApiToken,
                key=demo.token_key(name, slug),
                label="demo",
                user=self.users[name],
                tenant=tenants[slug],
            )
            for name, slug in demo.TOKENS
        ]
        templates = [
            new(MessageTemplate, code=code, subject=subject, body=body)
            for code, subject, body in demo.TEMPLATES
        ]
        preferences = [
            new(Preference, user=user, channel=channel)
            for user in self.users.values()
            for channel, _ in Preference.CHANNELS
        ]
        self._store(self.tenants, list(roles.values()), list(self.users.values()), memberships, tokens)
        self._store(templates, preferences)
        self._greet(templates[-1])

    def _user(self, username, first_name, is_superuser):
        password = get_hasher().encode(demo.PASSWORD, f"demo-salt-{username}")
        return self._new(
            User,
            username=username,
            first_name=first_name,
            email=f"{username}@example.com",
            password=password,
            is_staff=is_superuser,
            is_superuser=is_superuser,
            date_joined=NOON,
        )

    def _greet(self, template):
        greetings = [
            self._new(
                Notification,
                tenant=tenant,
                recipient=user,
                template=template,
                subject=template.subject,
                body=template.body,
                sent_at=NOON,
            )
            for tenant in self.tenants
            for user in self.staff[tenant.pk]
        ]
        self._store(greetings)

    def _catalog(self):
        new, rng = self._new, self.rng
        categories, tags, products, links = [], [], [], []
        for tenant in self.tenants:
            root = new(Category, tenant=tenant, name="Everything")
            mine = [new(Category, tenant=tenant, name=name, parent=root) for name in demo.CATEGORIES]
            categories += [root, *mine]
            labels = [new(Tag, tenant=tenant, name=name) for name in demo.TAGS]
            tags += labels
            for kind in demo.KINDS:
                for size in demo.SIZES:
                    product = self._product(tenant, rng.choice(mine), f"{kind} {size}")
                    products.append(product)
                    links += [
                        Product.tags.through(product=product, tag=tag)
                        for tag in rng.sample(labels, rng.randint(0, 2))
                    ]
        self._store(categories, tags, products, links)
        self.products = {t.pk: [p for p in products if p.tenant_id == t.pk] for t in self.tenants}
        for tenant in self.tenants:
            self._bundle(tenant)

    def _product(self, tenant, category, name):
        tax = {"GB": 20, "FR": 20}.get(tenant.country, 7 if category.name == demo.LOW_TAX_CATEGORY else 19)
        return self._new(
            Product,
            tenant=tenant,
            sku=f"{tenant.slug[:3].upper()}-{self.pks[Product] + 1:04d}",
            name=name,
            category=category,
            price_cents=self.rng.randint(3, 400) * 50 - 1,
            currency=tenant.currency,
            tax_percent=tax,
        )

    def _bundle(self, tenant):
        parts = self.products[tenant.pk][:3]
        base = self._product(tenant, parts[0].category, "Starter set")
        fields = {f.attname: getattr(base, f.attname) for f in Product._meta.concrete_fields}
        bundle = Bundle(product_ptr_id=base.pk, **fields)
        bundle.save_base()
        BundleItem.objects.bulk_create(self._new(BundleItem, bundle=bundle, product=part) for part in parts)

    def _inventory(self):
        warehouses, self.stock = [], {}
        for tenant in self.tenants:
            main = self._new(Warehouse, tenant=tenant, code="MAIN", name="Main warehouse")
            spare = self._new(Warehouse, tenant=tenant, code="SPARE", name="Overflow")
            warehouses += [main, spare]
            for product in self.products[tenant.pk]:
                on_hand = self.rng.randint(1000, 9000)
                self.stock[product.pk] = self._new(
                    StockItem, warehouse=main, product=product, on_hand=on_hand
                )
        self._store(warehouses, list(self.stock.values()))

    def _customers(self):
        customers, addresses, notes = [], [], []
        of_customer = ContentType.objects.get_for_model(Customer)
        for index in range(max(30, self.orders // 12)):
            tenant = self.tenants[index % len(self.tenants)]
            customer = self._customer(tenant, index)
            customers.append(customer)
            for kind, _ in Address.KINDS:
                postcode, city = self.rng.choice(demo.CITIES)
                street = f"{self.rng.randint(1, 180)} {self.rng.choice(demo.NAMES)} Street"
                address = self._new(
                    Address, customer=customer, kind=kind, street=street, postcode=postcode, city=city
                )
                addresses.append(address)
            customer.first_address = addresses[-1]
            if index % 10 == 0:
                notes.append(
                    self._new(
                        Note,
                        tenant=tenant,
                        author=customer.account_manager,
                        body="Prefers to be called in the morning.",
                        content_type=of_customer,
                        object_id=customer.pk,
                    )
                )
        self._store(customers, addresses, notes)
        self.customers = {t.pk: [c for c in customers if c.tenant_id == t.pk] for t in self.tenants}

    def _customer(self, tenant, index):
        rng = self.rng
        name = f"{rng.choice(demo.NAMES)} {rng.choice(demo.TRADES)} {index + 1}"
        return self._new(
            Customer,
            tenant=tenant,
            name=name,
            email=f"office{index + 1}@customer.example",
            phone=rng.choice([None, "", f"+49 30 {rng.randint(10**5, 10**6)}"]),
            vat_id=rng.choice([None, "", f"{tenant.country}{rng.randint(10**8, 10**9 - 1)}"]),
            account_manager=rng.choice(self.staff[tenant.pk]),
        )

    def _subscriptions(self):
        plans, subscriptions, reports = [], [], []
        for tenant in self.tenants:
            offers = [
                self._new(
                    Plan, tenant=tenant, code=code, name=name, monthly_cents=cents, currency=tenant.currency
                )
                for code, name, cents in [("basic", "Basic", 4900), ("service", "Service plus", 14900)]
            ]
            plans += offers
            subscriptions += [
                self._new(
                    Subscription,
                    tenant=tenant,
                    customer=customer,
                    plan=self.rng.choice(offers),
                    started_on=dt.date(2025, self.rng.randint(1, 12), 1),
                    cancelled_on=dt.date(2026, 1, 31) if self.rng.random() < 0.2 else None,
                )
                for customer in self.customers[tenant.pk][:10]
            ]
            reports += [
                self._new(SavedReport, tenant=tenant, name=name, kind=kind, owner=self.staff[tenant.pk][0])
                for kind, name in SavedReport.KINDS
            ]
        self._store(plans, subscriptions, reports)

    def _orders(self, start, stop):
        batch = {
            model: []
            for model in (
                Order, OrderLine, Invoice, InvoiceLine, Payment, Shipment,
                Reservation, StockMovement, Ticket, TicketMessage, AuditEntry,
            )
        }  # fmt: skip
        self.of_invoice = ContentType.objects.get_for_model(Invoice)
        for index in range(start, stop):
            self._order(index, batch)
        self._store(*batch.values())

    def _order(self, index, batch):
        rng = self.rng
        tenant = rng.choices(self.tenants, weights=[5, 3, 2])[0]
        day = LAST_DAY - dt.timedelta(days=SPAN_DAYS - SPAN_DAYS * (index + 1) // self.orders)
        moment = dt.datetime(day.year, day.month, day.day, 7, tzinfo=dt.UTC) + dt.timedelta(
            minutes=rng.randint(0, 600)
        )
        customer = rng.choice(self.customers[tenant.pk])
        status = self._status(index)
        order = self._new(
            Order,
            created_at=moment,
            tenant=tenant,
            number=self._number(tenant, "order"),
            customer=customer,
            placed_by=customer.account_manager,
            ship_to=customer.first_address,
            status=status,
            currency=tenant.currency,
            placed_at=None if status == Order.DRAFT else moment,
        )
        products = rng.sample(self.products[tenant.pk], rng.randint(1, 4))
        lines = [
            self._new(
                OrderLine,
                order=order,
                product=product,
                position=position,
                quantity=rng.randint(1, 12),
                unit_cents=product.price_cents,
            )
            for position, product in enumerate(products, start=1)
        ]
        order.total_cents = sum(line.amount_cents for line in lines)
        batch[Order].append(order)
        batch[OrderLine] += lines
        self._goods(order, lines, day, batch)
        if status in {Order.PLACED, Order.SHIPPED}:
            self._invoice(order, lines, day, batch)
        if index % 25 == 7:
            self._ticket(order, batch)

    def _status(self, index):
        left = self.orders - index
        if left <= min(12, self.orders // 10):
            return Order.DRAFT
        if left <= min(120, self.orders // 3):
            return Order.PLACED
        return Order.CANCELLED if self.rng.random() < 0.04 else Order.SHIPPED

    def _goods(self, order, lines, day, batch):
        if order.status == Order.PLACED:
            for line in lines:
                item = self.stock[line.product_id]
                self.reserved[item.pk] += line.quantity
                batch[Reservation].append(
                    self._new(Reservation, stock_item=item, order_line=line, quantity=line.quantity)
                )
        elif order.status == Order.SHIPPED:
            warehouse = self.stock[lines[0].product_id].warehouse
            code = f"TR{order.pk:09d}"
            batch[Shipment].append(
                self._new(
                    Shipment,
                    order=order,
                    warehouse=warehouse,
                    tracking_code=code,
                    shipped_on=add_days(day, 2),
                )
            )
            if order.pk % 5 == 0:
                batch[StockMovement] += [
                    self._new(
                        StockMovement,
                        stock_item=self.stock[line.product_id],
                        order=order,
                        delta=-line.quantity,
                        reason="sale",
                    )
                    for line in lines
                ]

    def _invoice(self, order, lines, day, batch):
        rng, tenant = self.rng, order.tenant
        status = rng.choices(["P", "O", "V"], weights=[82, 14, 4])[0]
        old = day < dt.date(2025, 7, 1)
        invoice = self._new(
            Invoice,
            created_at=order.created_at,
            tenant=tenant,
            invoice_no=self._number(tenant, "invoice"),
            customer=order.customer,
            order=order,
            status=status,
            issued=day,
            due=add_days(day, 30),
            paid_on=add_days(day, rng.randint(1, 40)) if status == "P" else None,
            currency=order.currency,
            bill_to=order.customer.name,
            po_number=rng.choice([None if old else "", f"PO-{rng.randint(1000, 9999)}"]),
            notes=None if old else rng.choice(["", "", "Please quote the invoice number."]),
            exported=old,
        )
        billed = [self._invoice_line(invoice, line) for line in lines]
        invoice.net_cents = sum(line.amount_cents for line in billed)
        invoice.tax_cents = sum(tax_on(line.amount_cents, line.tax_percent) for line in billed)
        invoice.total_cents = invoice.net_cents + invoice.tax_cents
        order.is_paid = status == "P"
        batch[Invoice].append(invoice)
        batch[InvoiceLine] += billed
        if status == "P":
            batch[Payment].append(self._payment(invoice))
        if invoice.pk % 4 == 0:
            batch[AuditEntry].append(self._audit(invoice))

    def _invoice_line(self, invoice, line):
        return self._new(
            InvoiceLine,
            invoice=invoice,
            product=line.product,
            position=line.position,
            sku=line.product.sku,
            description=line.product.name,
            quantity=line.quantity,
            unit_cents=line.unit_cents,
            tax_percent=line.product.tax_percent,
            amount_cents=line.amount_cents,
        )

    def _payment(self, invoice):
        return self._new(
            Payment,
            created_at=invoice.created_at,
            invoice=invoice,
            method=self.rng.choice("CBD"),
            amount_cents=invoice.total_cents,
            currency=invoice.currency,
            received_on=invoice.paid_on,
            reference=self.rng.choice([None, "", invoice.invoice_no]),
        )

    def _audit(self, invoice):
        return self._new(
            AuditEntry,
            created_at=invoice.created_at,
            tenant=invoice.tenant,
            verb="invoice.issued",
            content_type=self.of_invoice,
            object_id=invoice.pk,
            changes={"order": invoice.order.number},
        )

    def _ticket(self, order, batch):
        ticket = self._new(
            Ticket,
            created_at=order.created_at,
            tenant=order.tenant,
            number=self._number(order.tenant, "ticket"),
            subject=self.rng.choice(["Wrong colour", "Parcel damaged", "Invoice address", "Late delivery"]),
            customer=order.customer,
            order=order,
            opened_by=order.placed_by,
            assignee=order.customer.account_manager,
            status=self.rng.choice([Ticket.NEW, Ticket.WAITING, Ticket.CLOSED]),
            priority=self.rng.choice([1, 2, 2, 3]),
        )
        batch[Ticket].append(ticket)
        batch[TicketMessage].append(
            self._new(
                TicketMessage,
                ticket=ticket,
                author=order.placed_by,
                body=f"About {order.number}: please help.",
            )
        )

    def _finish(self):
        for pk, reserved in sorted(self.reserved.items()):
            StockItem.objects.filter(pk=pk).update(reserved=reserved)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(self.pks)):
                cursor.execute(statement)
        NumberRange.objects.bulk_create(
            NumberRange(tenant=tenant, kind=kind, next_value=self.numbers[tenant.pk, kind] + 1)
            for tenant in self.tenants
            for kind in NumberRange.PREFIXES
        )

    def _store(self, *lists):
        for rows in lists:
            if rows:
                type(rows[0]).objects.bulk_create(rows, batch_size=CHUNK)
