import {Component, useRef, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {getDataURLFromFile} from "@web/core/utils/urls";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

// As the server refuses it, before megabytes are sent for nothing
const MAX_MEGABYTES = 20;

/**
 * A button that opens the camera of a phone at once (elsewhere: the choice of files) and hands each photo to the
 * record's method `add_photo(content, name)`.
 */
export class DealerPhoto extends Component {
    static template = "dealer_vehicle.DealerPhoto";
    static props = {
        ...standardWidgetProps,
        label: {type: String, optional: true},
        buttonClass: {type: String, optional: true},
    };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.input = useRef("input");
        this.state = useState({busy: false});
    }

    /**
     * @param {File} file
     * @returns {boolean}
     */
    isSmallEnough(file) {
        if (file.size <= MAX_MEGABYTES * 1024 * 1024) {
            return true;
        }
        const message = _t(
            "“%(name)s” has more than %(limit)s MB. Take it again in a smaller size, or save it as JPEG.",
            {name: file.name, limit: MAX_MEGABYTES}
        );
        this.notification.add(message, {type: "danger", sticky: true});
        return false;
    }

    async onChange() {
        const files = [...this.input.el.files].filter((file) => this.isSmallEnough(file));
        const record = this.props.record;
        if (!files.length || !(await record.save())) {
            this.input.el.value = "";
            return;
        }
        this.state.busy = true;
        try {
            for (const file of files) {
                const url = await getDataURLFromFile(file);
                await this.orm.call(record.resModel, "add_photo", [[record.resId], url.split(",")[1]]);
            }
        } finally {
            // The same file may be chosen again after a refusal.
            this.input.el.value = "";
            this.state.busy = false;
            await record.load();
        }
    }
}

export const dealerPhoto = {
    component: DealerPhoto,
    // `title` is the word on the button; attributes of that name are translated.
    extractProps: ({attrs}) => ({label: attrs.title, buttonClass: attrs.button_class}),
};

registry.category("view_widgets").add("dealer_photo", dealerPhoto);
