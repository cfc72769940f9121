"use strict";

// The keys on the screen type into the field their keypad belongs to.
for (const pad of document.querySelectorAll(".keypad")) {
    const field = document.getElementById(pad.dataset.target);
    let untouched = field.value !== "";
    field.addEventListener("input", () => {
        untouched = false;
    });
    pad.addEventListener("click", (event) => {
        const key = event.target.dataset.key;
        if (!key) {
            return;
        }
        if (key === "clear") {
            field.value = "";
        } else if (key === "back") {
            field.value = field.value.slice(0, -1);
        } else {
            // the first key replaces the amount that was proposed
            field.value = untouched ? key : field.value + key;
        }
        untouched = false;
    });
}
