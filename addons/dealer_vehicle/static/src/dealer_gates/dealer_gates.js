import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

import {Component} from "@odoo/owl";

/**
 * Shows what is missing before a document may go on, and who must act.
 * The value is the list that `dealer.gate.mixin` computes; an open gate whose role
 * the user has offers its action as a button.
 */
export class DealerGatesField extends Component {
    static template = "dealer_vehicle.DealerGatesField";
    static props = {...standardFieldProps};

    get doneLabel() {
        return _t("Done");
    }

    get openLabel() {
        return _t("Still open");
    }

    get gates() {
        const gates = this.props.record.data[this.props.name] || [];
        return gates.filter((gate) => gate.required || gate.done);
    }

    get nextCode() {
        const next = this.gates.find((gate) => !gate.done);
        return next && next.code;
    }

    /**
     * The form's own button mechanism saves the record first and reloads it afterwards.
     *
     * @param {object} gate
     */
    onAct(gate) {
        const {record} = this.props;
        this.env.onClickViewButton({
            clickParams: {type: "object", name: gate.action},
            getResParams: () => ({
                resModel: record.resModel,
                resId: record.resId,
                resIds: record.resIds,
                context: record.context,
                evalContext: record.evalContext,
            }),
        });
    }
}

registry.category("fields").add("dealer_gates", {
    component: DealerGatesField,
    supportedTypes: ["json"],
});
