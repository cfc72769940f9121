import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Where the collection of an invoice stands; a click opens the case above the list. */
export class CollectionStatusField extends Component {
    static template = "collection_partner.CollectionStatusField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get status() {
        return this.props.record.data[this.props.name];
    }

    get isActionRequired() {
        const { collection_action_required, collection_state } = this.props.record.data;
        return collection_action_required && collection_state !== "closed";
    }

    get badgeClass() {
        if (this.isActionRequired) {
            return "text-bg-danger";
        }
        const classes = { to_approve: "text-bg-info", to_send: "text-bg-info", refused: "text-bg-danger" };
        return classes[this.props.record.data.collection_state] || "text-bg-300";
    }

    get hint() {
        return this.isActionRequired
            ? _t("To be decided: %s", this.status)
            : _t("Open the case: %s", this.status);
    }

    open() {
        const { record } = this.props;
        return this.action.doActionButton({
            type: "object",
            name: "action_view_collection_case",
            resModel: record.resModel,
            resId: record.resId,
            buttonContext: { collection_target: "new" },
            onClose: () => record.model.load(),
        });
    }
}

registry.category("fields").add("collection_status", {
    component: CollectionStatusField,
    supportedTypes: ["char"],
    fieldDependencies: [
        { name: "collection_state", type: "selection" },
        { name: "collection_action_required", type: "boolean" },
    ],
});

/** A warning sign that tells why an invoice cannot go to the agency. */
export class CollectionReasonField extends Component {
    static template = "collection_partner.CollectionReasonField";
    static props = { ...standardFieldProps };

    get reason() {
        return this.props.record.data[this.props.name];
    }
}

registry.category("fields").add("collection_reason", {
    component: CollectionReasonField,
    supportedTypes: ["text"],
    listViewWidth: 30,
});
