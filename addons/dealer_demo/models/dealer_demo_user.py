from odoo import Command, api, models

from .dealer_demo_company import COMPANIES

# Everybody's password. The demonstration listens on the machine's own address only.
PASSWORD = "demo"

# code: (label in English, label in Chinese, groups)
ROLES = {
    "receptionist": ("Receptionist", "展厅前台", ["dealer_sales.group_receptionist"]),
    "advisor": ("Sales advisor", "销售顾问", ["dealer_sales.group_sales_advisor"]),
    "manager": ("Sales manager", "销售经理", ["dealer_sales.group_sales_manager"]),
    "fni": ("F&I manager", "金融保险经理", ["dealer_sales.group_fni"]),
    "keeper": ("Vehicle stock keeper", "整车库管", ["dealer_vehicle.group_stock_keeper"]),
    "buyer": ("Buyer", "采购员", ["dealer_vehicle.group_buyer"]),
    "service": ("Service advisor", "服务顾问", ["dealer_workshop.group_service_advisor"]),
    "technician": ("Technician", "维修技师", ["dealer_workshop.group_technician"]),
    "inspector": ("Quality inspector", "质检员", ["dealer_workshop.group_quality_inspector"]),
    "workshop": ("Workshop manager", "车间主任", ["dealer_workshop.group_workshop_manager"]),
    "parts": ("Parts keeper", "配件库管", ["dealer_parts.group_parts_keeper"]),
    "cashier": ("Cashier", "收银员", ["dealer_finance_bridge.group_cashier"]),
    "treasurer": ("Treasurer", "出纳", ["dealer_finance_bridge.group_treasurer"]),
    "accountant": ("Accountant", "会计", ["dealer_finance_bridge.group_accountant"]),
    "gm": ("General manager", "总经理", ["dealer_vehicle.group_general_manager"]),
    "auditor": ("Auditor", "审计员", ["dealer_vehicle.group_auditor"]),
    "admin": ("Administrator", "系统管理员", ["dealer_vehicle.group_dealer_admin"]),
    "clerk": ("Registration clerk", "上牌专员", ["dealer_sales.group_registration_clerk"]),
    "appraiser": ("Used-vehicle appraiser", "二手车评估师", ["dealer_sales.group_appraiser"]),
    "warranty": ("Warranty administrator", "索赔员", ["dealer_workshop.group_warranty_clerk"]),
}
HOMES = {"warranty": "dealer_workshop.dealer_claim_action"}
NAMES = {
    "cn": [
        "林晓雯",
        "陈志强",
        "王建国",
        "赵敏",
        "刘海波",
        "孙倩",
        "周伟",
        "吴刚",
        "郑国栋",
        "钱大勇",
        "冯立新",
        "蒋丽",
        "沈慧",
        "韩雪梅",
        "杨振华",
        "许明哲",
        "何俊",
        "方婷",
        "方志华",
        "邱晓东",
    ],
    "en": [
        "Emily Carter",
        "James Porter",
        "Susan Blake",
        "Rachel Kim",
        "Tom Harding",
        "Laura Nguyen",
        "Kevin Walsh",
        "Miguel Santos",
        "Dan O'Brien",
        "Frank Moretti",
        "Pete Lawson",
        "Grace Lee",
        "Helen Brooks",
        "Martin Shaw",
        "Victoria Chase",
        "Alan Reed",
        "Chris Dalton",
        "Amy Lindqvist",
        "Oscar Bell",
        "Nora Ellis",
    ],
    "ev": {
        "advisor": "唐佳怡",
        "manager": "罗文斌",
        "keeper": "邓超然",
        "service": "曹静",
        "accountant": "彭秀英",
        "gm": "萧天宇",
    },
}
# Second people of a role: (login, role, company, name)
MORE_USERS = [
    ("cn.advisor2", "advisor", "cn", "张雨薇"),
    ("cn.technician2", "technician", "cn", "马超"),
    ("cn.technician3", "technician", "cn", "胡建军"),
    ("cn.service2", "service", "cn", "梁静怡"),
    ("en.advisor2", "advisor", "en", "Nina Patel"),
    ("en.technician2", "technician", "en", "Steve Kowalski"),
]


class DealerDemo(models.AbstractModel):
    _inherit = "dealer.demo"

    @api.model
    def _logins(self):
        """Return one login per role, for whoever starts the demonstration.

        :return: list of (role label in English, login, password, company name), Chinese shop first
        """
        return [
            (ROLES[role][0], f"{key}.{role}", PASSWORD, self._company(key).name)
            for key in ("cn", "en", "ev")
            for role in ROLES
            if key != "ev" or role in NAMES["ev"]
        ]

    @api.model
    def _build_users(self):
        people = [
            (f"{key}.{role}", role, key, name)
            for key in ("cn", "en")
            for role, name in zip(ROLES, NAMES[key], strict=True)
        ]
        people += [(f"ev.{role}", role, "ev", name) for role, name in NAMES["ev"].items()]
        vals = {self._user_xmlid(login): self._prepare_user(login, *rest) for login, *rest in people + MORE_USERS}
        missing = [name for name in vals if self._find(name) is None]
        users = self._ensure_all(self.env["res.users"].with_context(no_reset_password=True), vals)
        self._set_passwords([users[name] for name in missing])

    @api.model
    def _set_passwords(self, users):
        # Hashing is slow on purpose; one password needs one hash.
        encrypted = self.env["res.users"]._crypt_context().hash(PASSWORD)
        for user in users:
            user._set_encrypted_password(user.id, encrypted)

    @api.model
    def _user_xmlid(self, login):
        return "user_" + login.replace(".", "_")

    @api.model
    def _user(self, login):
        """Return a demonstration user by his login, or None."""
        return self._find(self._user_xmlid(login))

    @api.model
    def _prepare_user(self, login, role, key, name):
        company = self._company(key)
        return {
            "name": name,
            "login": login,
            "email": f"{login}@example.com",
            "lang": COMPANIES[key][4],
            "tz": COMPANIES[key][5],
            "company_id": company.id,
            "company_ids": [Command.set(company.ids)],
            "notification_type": "inbox",
            # Where the first menu of his application is not his work: Preferences ▸ Home Action
            "action_id": role in HOMES and self.env.ref(HOMES[role]).id,
            "group_ids": [Command.set([self.env.ref(xmlid).id for xmlid in ["base.group_user", *ROLES[role][2]]])],
        }
