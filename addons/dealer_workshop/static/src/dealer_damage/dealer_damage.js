import {Component, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/**
 * The outline of a car: a tap marks a damage of the chosen kind where it is. The value is the list of points that
 * the order computes; each tap is kept at once by the order's method `add_damage(x, y, kind)`.
 */
export class DealerDamageField extends Component {
    static template = "dealer_workshop.DealerDamageField";
    static props = {...standardFieldProps};

    setup() {
        this.orm = useService("orm");
        this.state = useState({kind: "scratch", busy: false});
        this.kinds = [
            ["scratch", _t("Scratch")],
            ["dent", _t("Dent")],
            ["chip", _t("Stone Chip")],
            ["crack", _t("Crack")],
            ["rust", _t("Rust")],
            ["missing", _t("Missing Part")],
        ];
    }

    get points() {
        return this.props.record.data[this.props.name] || [];
    }

    /**
     * @param {MouseEvent} ev
     */
    async onTap(ev) {
        const {record, readonly} = this.props;
        if (readonly || this.state.busy) {
            return;
        }
        const box = ev.currentTarget.getBoundingClientRect();
        const x = (100 * (ev.clientX - box.left)) / box.width;
        const y = (100 * (ev.clientY - box.top)) / box.height;
        this.state.busy = true;
        try {
            // What was typed so far is kept first: a refused point loses nothing.
            if (await record.save()) {
                await this.orm.call(record.resModel, "add_damage", [[record.resId], x, y, this.state.kind]);
            }
        } finally {
            this.state.busy = false;
            if (record.resId) {
                await record.load();
            }
        }
    }
}

registry.category("fields").add("dealer_damage", {
    component: DealerDamageField,
    supportedTypes: ["json"],
});
