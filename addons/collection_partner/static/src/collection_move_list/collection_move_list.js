import { registry } from "@web/core/registry";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";

// No agency has these; any other state is a case that goes on.
const FREE_STATES = [false, "cancelled", "closed"];

export class CollectionMoveListRenderer extends ListRenderer {
    static recordRowTemplate = "collection_partner.CollectionMoveListRow";

    /**
     * Why the invoice cannot go to the agency; empty for those it has already.
     *
     * @param {Object} record
     * @returns {String}
     */
    getBlockedReason(record) {
        const { collection_blocked_reason, collection_state } = record.data;
        return FREE_STATES.includes(collection_state) ? collection_blocked_reason || "" : "";
    }

    getRowClass(record) {
        const classNames = super.getRowClass(record);
        return this.getBlockedReason(record) && !record.selected
            ? `${classNames} table-warning`
            : classNames;
    }

    getCellTitle(column, record) {
        // The row's own tooltip says why; that of a cell would hide it.
        return this.getBlockedReason(record) ? undefined : super.getCellTitle(column, record);
    }
}

registry.category("views").add("collection_move_list", {
    ...listView,
    Renderer: CollectionMoveListRenderer,
});
