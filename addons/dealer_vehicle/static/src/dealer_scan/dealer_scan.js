import {Component, useRef, useState} from "@odoo/owl";
import {isBarcodeScannerSupported} from "@web/core/barcode/barcode_video_scanner";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {scanBarcode} from "@web/core/barcode/barcode_dialog";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useAutofocus, useService} from "@web/core/utils/hooks";

const KEPT = 5; // answers to single scans are all shown up to here
const KEPT_MANY = 20; // complaints about a pasted list

/**
 * A box to scan VINs into, with a scanner (it types and presses Enter), the camera of a phone, or a pasted list.
 * Hands what was scanned to the record's method `scan(text)`, which answers a list of {level, message}.
 */
export class DealerScan extends Component {
    static template = "dealer_vehicle.DealerScan";
    static props = {...standardWidgetProps, placeholder: {type: String, optional: true}};

    setup() {
        this.orm = useService("orm");
        this.input = useRef("autofocus");
        useAutofocus({mobile: false});
        this.hasCamera = isBarcodeScannerSupported();
        this.state = useState({answers: [], busy: false});
        this.waiting = Promise.resolve();
    }

    get placeholder() {
        return this.props.placeholder || _t("Scan a VIN, or type its last 8");
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && !ev.shiftKey) {
            ev.preventDefault();
            ev.stopPropagation();
            this.onSubmit();
        }
    }

    onSubmit() {
        const text = this.input.el.value;
        this.input.el.value = "";
        this.input.el.focus();
        return this.scan(text);
    }

    async onCamera() {
        await this.scan(await scanBarcode(this.env));
    }

    /**
     * Scans come faster than answers: one after the other, none lost.
     *
     * @param {string} text
     */
    scan(text) {
        if (!text.trim()) {
            return this.waiting;
        }
        const sent = this.waiting.then(() => this.send(text));
        // One refused scan must not hold up the next.
        this.waiting = sent.catch(() => this.keep(text));
        return sent;
    }

    async send(text) {
        const record = this.props.record;
        this.state.busy = true;
        if (!(await record.save())) {
            this.keep(text);
            return;
        }
        const answers = await this.orm.call(record.resModel, "scan", [[record.resId], text]);
        const kept = answers.length > KEPT ? [] : this.state.answers.slice(0, KEPT - answers.length);
        this.state.answers = [...this.condense(answers).slice(0, KEPT_MANY), ...kept];
        await record.load();
        this.state.busy = false;
    }

    /**
     * Of a long list only the complaints are worth reading one by one.
     *
     * @param {object[]} answers in the order of the scans
     * @returns {object[]} the newest first
     */
    condense(answers) {
        const shown =
            answers.length > KEPT ? answers.filter((answer) => answer.level !== "success") : answers;
        const done = answers.length - shown.length;
        const summary = done ? [{level: "success", message: _t("%s cars: done", done)}] : [];
        return [...summary, ...[...shown].reverse()];
    }

    /**
     * Nothing scanned is lost: what was refused stands in the box again.
     *
     * @param {string} text
     */
    keep(text) {
        this.state.busy = false;
        if (this.input.el) {
            this.input.el.value = [text, this.input.el.value].filter(Boolean).join("\n");
        }
    }
}

export const dealerScan = {
    component: DealerScan,
    extractProps: ({attrs}) => ({placeholder: attrs.placeholder}),
    supportedAttributes: [{label: _t("Placeholder"), name: "placeholder", type: "string"}],
};

registry.category("view_widgets").add("dealer_scan", dealerScan);
