from odoo import api, fields, models


class DealerFinanceDocumentKind(models.Model):
    """A paper lenders ask for: identity, income, licence."""

    _name = "dealer.finance.document.kind"
    _description = "Loan Paper Kind"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_confidential = fields.Boolean(
        string="Confidential", help="Shows what somebody earns or owns: only who works on loans opens it."
    )
    words = fields.Char(
        string="Words in file names",
        help="Comma-separated. A file whose name holds one of them is taken for this paper.",
    )

    _name_uniq = models.UniqueIndex("(name) WHERE active", "There is a paper of this name already.")

    @api.model
    def _recognise(self, file_name, kinds):
        """Return which of these kinds a file name speaks of.

        :param str file_name: as uploaded
        :param kinds: ``dealer.finance.document.kind`` to choose from
        :return: one of them, or an empty record
        """
        low = (file_name or "").lower()

        def speaks_of(kind):
            words = [kind.name, *(kind.words or "").split(",")]
            return any(word.strip() and word.strip().lower() in low for word in words)

        return kinds.filtered(speaks_of)[:1]
