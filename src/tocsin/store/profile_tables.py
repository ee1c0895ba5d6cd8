"""The tables of what was counted; `tables` is where to find them."""

from tocsin.store.columns import as_bytes, at, json, number, table, text

baseline = table(
    "baseline",
    "profile: the reference's counts per block and slice, packed",
    *(text("system", key=True), text("spec_hash", key=True), number("block", key=True)),
    *(text("slice", key=True), as_bytes("body")),
)
baseline_tally = table(
    "baseline_tally",
    "profile: the reference's outcomes per block and leaf of the slice cube, and marks, packed",
    *(text("system", key=True), text("spec_hash", key=True), number("block", key=True)),
    as_bytes("body"),
)
watermark = table(
    "watermark",
    "profile: the last lake version counted, per system, spec and lake table",
    *(text("system", key=True), text("spec_hash", key=True), text("lake_table", key=True)),
    number("version"),
)
profile = table(
    "profile",
    "profile: packed counts per cell and epoch, to be summed; key begins with what windows ask for",
    *(text("system", key=True), text("spec_hash", key=True), at("bucket", key=True)),
    *(text("slice", key=True), text("version", key=True)),
    *(number("length_s", key=True), number("epoch", key=True), number("since"), as_bytes("body")),
)
tally = table(
    "tally",
    "profile: outcomes per leaf of the slice cube, and marks, packed per moment and epoch; "
    "written, merged and dropped together with the rows of `profile`",
    *(text("system", key=True), text("spec_hash", key=True), at("bucket", key=True)),
    text("version", key=True),
    *(number("length_s", key=True), number("epoch", key=True), number("since"), as_bytes("body")),
)
epoch = table(
    "epoch",
    "profile: closed epochs, and the terms of the evaluation that each was closed for",
    *(text("system", key=True), text("spec_hash", key=True), number("epoch", key=True)),
    *(at("closed_at"), json("terms", null=True)),
)
