import {CharField, charField} from "@web/views/fields/char/char_field";
import {registry} from "@web/core/registry";

/**
 * A text with suggestions of the browser's own: what the record's field `suggestions` lists under `key`, and any
 * other text.
 */
export class DealerSuggestField extends CharField {
    static template = "dealer_vehicle.DealerSuggestField";
    static props = {
        ...CharField.props,
        suggestions: {type: String},
        key: {type: String},
    };

    get listId() {
        return `${this.props.id || this.props.name}_suggestions`;
    }

    get suggestions() {
        return (this.props.record.data[this.props.suggestions] || {})[this.props.key] || [];
    }
}

export const dealerSuggestField = {
    ...charField,
    component: DealerSuggestField,
    supportedTypes: ["char"],
    extractProps: (fieldInfo, dynamicInfo) => ({
        ...charField.extractProps(fieldInfo, dynamicInfo),
        suggestions: fieldInfo.options.suggestions,
        key: fieldInfo.options.key,
    }),
    fieldDependencies: ({options}) => [{name: options.suggestions, type: "json"}],
};

registry.category("fields").add("dealer_suggest", dealerSuggestField);
