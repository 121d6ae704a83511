import {Component, onMounted, useRef, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/**
 * A pad in the form itself: the customer writes on it with finger, pen or mouse, and what he wrote is the value of a
 * binary field (PNG, base64) as soon as he lifts the pen.
 */
export class DealerPadField extends Component {
    static template = "dealer_workshop.DealerPadField";
    static props = {...standardFieldProps};

    setup() {
        this.canvas = useRef("canvas");
        this.state = useState({isEmpty: true});
        this.isDrawing = false;
        onMounted(() => this.clear());
    }

    get context() {
        return this.canvas.el.getContext("2d");
    }

    clear() {
        const canvas = this.canvas.el;
        canvas.width = canvas.clientWidth;
        canvas.height = canvas.clientHeight;
        Object.assign(this.context, {
            lineWidth: 2.5,
            lineCap: "round",
            lineJoin: "round",
            strokeStyle: "#1b2a4a",
        });
        this.state.isEmpty = true;
    }

    async onClear() {
        this.clear();
        await this.props.record.update({[this.props.name]: false});
    }

    /**
     * @param {PointerEvent} ev
     */
    onDown(ev) {
        this.canvas.el.setPointerCapture(ev.pointerId);
        this.isDrawing = true;
        this.context.beginPath();
        this.context.moveTo(ev.offsetX, ev.offsetY);
    }

    /**
     * @param {PointerEvent} ev
     */
    onMove(ev) {
        if (this.isDrawing) {
            this.context.lineTo(ev.offsetX, ev.offsetY);
            this.context.stroke();
            this.state.isEmpty = false;
        }
    }

    async onUp() {
        if (this.isDrawing && !this.state.isEmpty) {
            const content = this.canvas.el.toDataURL("image/png").split(",")[1];
            this.isDrawing = false;
            await this.props.record.update({[this.props.name]: content});
        }
        this.isDrawing = false;
    }
}

registry.category("fields").add("dealer_pad", {
    component: DealerPadField,
    supportedTypes: ["binary"],
});
