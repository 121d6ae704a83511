import {Component, onWillStart, useRef, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {deserializeDate, formatDate, serializeDate} from "@web/core/l10n/dates";
import {Layout} from "@web/search/layout";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";

const STEP = 15; // minutes an appointment is dragged by

/**
 * The planning of the workshop: a day or a week, by bay or by technician, with what is booked of the hours there are.
 * An appointment is dragged to another time or row; the server refuses what is taken and says what is free.
 */
export class BookingBoard extends Component {
    static template = "dealer_workshop.BookingBoard";
    static components = {Layout};
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.grid = useRef("grid");
        this.state = useState({mode: "bay", days: 1, site: false, day: false, board: null});
        onWillStart(() => this.load());
    }

    get display() {
        return {controlPanel: {}};
    }

    async load() {
        const {site, day, mode, days} = this.state;
        const board = await this.orm.call("dealer.appointment", "get_board", [], {
            site_id: site || false,
            day: day || false,
            mode,
            days,
        });
        Object.assign(this.state, {board, site: board.site, day: board.day});
    }

    set(values) {
        Object.assign(this.state, values);
        return this.load();
    }

    move(number) {
        const day = deserializeDate(this.state.day).plus({days: number * this.state.days});
        return this.set({day: serializeDate(day)});
    }

    get title() {
        const first = deserializeDate(this.state.day);
        const text = formatDate(first);
        return this.state.days === 1
            ? `${first.toFormat("ccc")} ${text}`
            : `${text} – ${formatDate(first.plus({days: 6}))}`;
    }

    dayName(day) {
        const date = deserializeDate(day);
        return `${date.toFormat("ccc")} ${formatDate(date)}`;
    }

    get hours() {
        const {open_from: from, open_to: to} = this.state.board;
        return Array.from({length: (to - from) / 60}, (_, index) => from / 60 + index);
    }

    blocksOf(row) {
        return this.state.board.blocks.filter((block) => block.row === row.id);
    }

    place(from, to) {
        const {open_from: first, open_to: last} = this.state.board;
        const width = last - first;
        const left = Math.max(from - first, 0);
        const right = Math.min(to - first, width);
        return `left: ${(left / width) * 100}%; width: ${(Math.max(right - left, 0) / width) * 100}%`;
    }

    time(minutes) {
        return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    }

    inHours(count) {
        return _t("%(count)s h", {count});
    }

    loadClass(load) {
        if (load.booked > load.capacity) {
            return "text-bg-danger";
        }
        return load.booked > load.for_bookings ? "text-bg-warning" : "text-bg-success";
    }

    open(block) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "dealer.appointment",
            res_id: block.id,
            views: [[false, "form"]],
        });
    }

    openRequests() {
        return this.action.doAction("dealer_workshop.dealer_appointment_action_requests");
    }

    book() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "dealer.appointment",
            views: [[false, "form"]],
            context: {default_site_id: this.state.site, default_wanted_day: this.state.day},
        });
    }

    onDragStart(ev, block) {
        const box = ev.currentTarget.getBoundingClientRect();
        this.dragged = {block, offset: ev.clientX - box.left};
        ev.dataTransfer.effectAllowed = "move";
        ev.dataTransfer.setData("text/plain", String(block.id));
    }

    async onDrop(ev, row) {
        if (!this.dragged) {
            return;
        }
        const {block, offset} = this.dragged;
        this.dragged = null;
        const lane = ev.currentTarget.getBoundingClientRect();
        const {open_from: first, open_to: last} = this.state.board;
        const minutes = first + ((ev.clientX - offset - lane.left) / lane.width) * (last - first);
        const minute = Math.max(Math.round(minutes / STEP) * STEP, 0);
        try {
            await this.orm.call("dealer.appointment", "move_on_board", [[block.id]], {
                day: this.state.day,
                minute,
                row: row.id,
                mode: this.state.mode,
            });
        } finally {
            // Refused or not: what is true stands on the board again.
            await this.load();
        }
    }

    get words() {
        return {
            booked: _t("Booked"),
            arrived: _t("Arrived"),
            missing: _t("Not Here Yet"),
            no_show: _t("No-show"),
        };
    }
}

registry.category("actions").add("dealer_workshop.booking_board", BookingBoard);
