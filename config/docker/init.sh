#!/bin/sh
# Make or update the production database: run by `docker compose run --rm odoo-init`.
# A new database starts with the password of DEALER_ADMIN_PASSWORD, never with Odoo's default.
set -eu

ADDONS="dealer_sales,dealer_workshop,dealer_finance_bridge"
SERVER="odoo --config=/etc/odoo/odoo.conf --db_host=$HOST --db_port=$PORT --db_user=$USER --db_password=$PASSWORD"

# An update of an add-on that is not installed yet does nothing, an installation of an installed one neither.
$SERVER --database=dealer --init="$ADDONS" --update=dealer_vehicle --stop-after-init --no-http

odoo shell --config=/etc/odoo/odoo.conf --db_host="$HOST" --db_port="$PORT" --db_user="$USER" \
    --db_password="$PASSWORD" --database=dealer --no-http <<'PYTHON'
import os
from odoo.exceptions import AccessDenied
admin = env.ref("base.user_admin")
try:
    admin.with_user(admin)._check_credentials({"type": "password", "password": "admin"}, {"interactive": False})
except AccessDenied:
    pass  # somebody chose a password already
else:
    admin.password = os.environ["DEALER_ADMIN_PASSWORD"]
    env.cr.commit()
PYTHON
