import {Many2OneField, buildM2OFieldDescription} from "@web/views/fields/many2one/many2one_field";
import {registry} from "@web/core/registry";

/**
 * A many2one that does something when it is picked: the record is saved at once, so that the server answers the pick.
 */
export class DealerPickField extends Many2OneField {
    get m2oProps() {
        const props = super.m2oProps;
        return {
            ...props,
            update: async (...args) => {
                await props.update(...args);
                await this.props.record.save();
            },
        };
    }
}

registry.category("fields").add("dealer_pick", {...buildM2OFieldDescription(DealerPickField)});
