import {Interaction} from "@web/public/interaction";
import {registry} from "@web/core/registry";

const SECONDS = 15;

/**
 * Keeps the customer's page true: asks now and then for the page's stamp and loads it again when that has changed.
 * Nothing is asked while nobody looks, and a half-made decision is not taken away.
 */
export class RepairPage extends Interaction {
    static selector = ".o_workshop_repair_page";

    setup() {
        this.stamp = this.el.dataset.stamp;
        const timer = setInterval(() => this.ask(), SECONDS * 1000);
        this.registerCleanup(() => clearInterval(timer));
        this.addListener(document, "visibilitychange", () => this.ask());
    }

    async ask() {
        if (document.hidden) {
            return;
        }
        try {
            const answer = await fetch(this.el.dataset.url);
            const {stamp} = await answer.json();
            if (answer.ok && stamp !== this.stamp) {
                window.location.reload();
            }
        } catch {
            // Out of reach for a moment: asked again later.
        }
    }
}

registry.category("public.interactions").add("dealer_workshop.repair_page", RepairPage);
