"""Numbers that the ORM was too slow for. Each takes a tenant id and returns a list of dicts."""

from decimal import Decimal

from django.db import connection

REVENUE = """
    SELECT SUBSTR(CAST(i.issued AS TEXT), 1, 7) AS month,
           COUNT(DISTINCT i.id) AS invoices,
           SUM(i.net_cents) AS net_cents,
           SUM(CASE WHEN i.status = 'P' THEN i.total_cents ELSE 0 END) AS paid_cents
      FROM billing_invoice i
      LEFT JOIN orders_order o ON o.id = i.order_id
     WHERE i.tenant_id = %s AND i.status <> 'V' AND (o.id IS NULL OR o.status <> 'cancelled')
     GROUP BY SUBSTR(CAST(i.issued AS TEXT), 1, 7)
     ORDER BY month DESC
     LIMIT 24
"""

TOP_CUSTOMERS = """
    SELECT c.id, c.name, COUNT(DISTINCT o.id) AS orders, COUNT(DISTINCT t.id) AS tickets,
           (SELECT COALESCE(SUM(p.amount_cents), 0)
              FROM billing_payment p JOIN billing_invoice i ON i.id = p.invoice_id
             WHERE i.customer_id = c.id) AS paid_cents
      FROM orders_customer c
      JOIN orders_order o ON o.customer_id = c.id
      LEFT JOIN support_ticket t ON t.customer_id = c.id
     WHERE c.tenant_id = %s
     GROUP BY c.id, c.name
     ORDER BY paid_cents DESC, c.id
     LIMIT 20
"""

STOCK_VALUE = """
    SELECT w.code AS warehouse, g.name AS category, SUM(s.on_hand) AS units,
           SUM(s.on_hand * p.price_cents) AS value_cents
      FROM inventory_stockitem s
      JOIN inventory_warehouse w ON w.id = s.warehouse_id
      JOIN catalog_product p ON p.id = s.product_id
      JOIN catalog_category g ON g.id = p.category_id
     WHERE w.tenant_id = %s
     GROUP BY w.code, g.name
     ORDER BY w.code, g.name
"""


def revenue_by_month(tenant_id):
    return _rows(REVENUE, [tenant_id])


def top_customers(tenant_id):
    return _rows(TOP_CUSTOMERS, [tenant_id])


def stock_value(tenant_id):
    return _rows(STOCK_VALUE, [tenant_id])


BY_KIND = {"revenue": revenue_by_month, "customers": top_customers, "stock": stock_value}


def _rows(sql, parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, map(_plain, row), strict=True)) for row in cursor.fetchall()]


def _plain(value):
    """PostgreSQL sums big integers as decimals, which JSON does not know."""
    return int(value) if isinstance(value, Decimal) else value
