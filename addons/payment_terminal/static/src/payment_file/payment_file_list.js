import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { FileUploadListRenderer } from "@account/views/file_upload_list/file_upload_list_renderer";
import { fileUploadListView } from "@account/views/file_upload_list/file_upload_list_view";

class PaymentFileListRenderer extends FileUploadListRenderer {
    setup() {
        super.setup();
        this.dropZoneTitle = _t("Drop files of your bank");
        this.dropZoneDescription = _t("Invoices whose reference is in them are paid.");
    }
}

registry.category("views").add("payment_file_list", {
    ...fileUploadListView,
    Renderer: PaymentFileListRenderer,
});
