import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { FileUploadListRenderer } from "@account/views/file_upload_list/file_upload_list_renderer";
import { fileUploadListView } from "@account/views/file_upload_list/file_upload_list_view";

class RegistryListRenderer extends FileUploadListRenderer {
    setup() {
        super.setup();
        this.dropZoneTitle = _t("Drop registries of a network");
        this.dropZoneDescription = _t("They are compared with what came online.");
    }
}

registry.category("views").add("payment_terminal_registry_list", {
    ...fileUploadListView,
    Renderer: RegistryListRenderer,
});
