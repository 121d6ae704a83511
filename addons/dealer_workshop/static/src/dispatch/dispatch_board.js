import {Component, onWillStart, useRef, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {RPCError} from "@web/core/network/rpc";
import {_t} from "@web/core/l10n/translation";
import {deserializeDateTime, toLocaleDateTimeString} from "@web/core/l10n/dates";
import {registry} from "@web/core/registry";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";
import {useSortable} from "@web/core/utils/sortable_owl";

/**
 * Asks the workshop manager why somebody without the skill gets the work.
 */
export class DispatchOverride extends Component {
    static template = "dealer_workshop.DispatchOverride";
    static components = {Dialog};
    static props = {close: Function, message: String, onConfirm: Function};

    setup() {
        this.title = _t("Without the Skill");
        this.state = useState({note: ""});
    }

    confirm() {
        if (this.state.note.trim()) {
            this.props.onConfirm(this.state.note.trim());
            this.props.close();
        }
    }
}

/**
 * The dispatch board: a column for what waits and one for each technician of today; a card is dragged to who does the
 * work. What the server refuses is told, and the board is drawn as it is.
 */
export class DispatchBoard extends Component {
    static template = "dealer_workshop.DispatchBoard";
    static props = {...standardActionServiceProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.root = useRef("root");
        this.state = useState({board: null, text: "", dragged: null, lateOnly: false});
        onWillStart(() => this.load());
        useSetupAction({rootRef: this.root});
        useSortable({
            ref: this.root,
            elements: ".o_dispatch_card.o_draggable",
            groups: ".o_dispatch_column.o_target",
            connectGroups: true,
            cursor: "move",
            touchDelay: 300,
            onDragStart: ({element}) => {
                this.state.dragged = this.find(element);
            },
            onDragEnd: () => {
                this.state.dragged = null;
            },
            onDrop: ({element, parent}) => this.move(this.find(element), parent),
        });
    }

    get board() {
        return this.state.board;
    }

    get columns() {
        return [{id: false, name: _t("Waiting"), skills: null}, ...this.board.columns];
    }

    async load(site) {
        const chosen = site || (this.board ? this.board.site : false);
        this.state.board = await this.orm.call("dealer.job", "get_dispatch_board", [chosen]);
    }

    isOff(column) {
        return Boolean(column.id) && !column.capacity && !column.load;
    }

    loadText(column) {
        if (this.isOff(column)) {
            return _t("Off today");
        }
        return _t("%(load)s of %(capacity)s h", {load: column.load, capacity: column.capacity});
    }

    inHours(count) {
        return _t("%(count)s h", {count});
    }

    find(element) {
        const {job, employee} = element.dataset;
        return this.board.cards.find(
            (card) => card.job === Number(job) && card.employee === (Number(employee) || false)
        );
    }

    shown(card) {
        const text = this.state.text.trim().toLowerCase();
        const words = [card.plate, card.car, card.name || "", card.order].join(" ").toLowerCase();
        return words.includes(text) && (card.late || !this.state.lateOnly);
    }

    cards(column) {
        return this.board.cards.filter((card) => card.employee === column.id && this.shown(card));
    }

    checks() {
        return this.board.checks.filter((card) => this.shown(card));
    }

    /** What the dragged or given work needs and this technician lacks. */
    lacks(column, card) {
        return card && column.skills
            ? card.skills.filter((skill) => !column.skills.includes(skill.id)).map((skill) => skill.name)
            : [];
    }

    percent(column) {
        return column.capacity
            ? Math.round((column.load / column.capacity) * 100)
            : column.load
              ? Infinity
              : 0;
    }

    promised(card) {
        return card.promised ? toLocaleDateTimeString(deserializeDateTime(card.promised)) : "";
    }

    async move(card, parent, note) {
        const target = Number(parent.dataset.employee) || false;
        if (!card || target === card.employee) {
            return;
        }
        const column = this.board.columns.find((each) => each.id === target);
        const lacks = column ? this.lacks(column, card) : [];
        if (lacks.length && !note && this.board.may_override) {
            this.dialog.add(DispatchOverride, {
                message: _t("%(name)s lacks: %(skills)s.", {name: column.name, skills: lacks.join(", ")}),
                onConfirm: (reason) => this.move(card, parent, reason),
            });
            return;
        }
        try {
            await this.orm.call("dealer.job", "action_dispatch", [
                [card.job],
                card.employee,
                target,
                note || false,
            ]);
        } catch (error) {
            if (!(error instanceof RPCError)) {
                throw error;
            }
            this.notification.add(error.data?.message || error.message, {type: "danger", sticky: true});
        }
        await this.load();
    }

    openJob(card) {
        return this.open("dealer.job", card.job);
    }

    openOrder(card) {
        return this.open("repair.order", card.order_id);
    }

    open(model, record) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: record,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("dealer_dispatch_board", DispatchBoard);
