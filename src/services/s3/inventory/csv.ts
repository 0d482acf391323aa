import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { pathEncodedKey } from "../key-encoding.ts";
import type { Row } from "../listing/versions.ts";
import type { Column } from "./fields.ts";
import type { Format } from "./format.ts";

/** Lines without a header, compressed by GZIP. */
export const csv: Format = {
  extension: "csv.gz",
  contentType: "application/x-gzip",
  schema: (columns) => columns.map(({ name }) => name).join(", "),
  write(columns, pages) {
    async function* lines() {
      for await (const rows of pages) yield rows.map((row) => lineOf(columns, row)).join("");
    }
    const zipped = createGzip();
    // The callback can ignore errors, since they also end the iteration of the file.
    pipeline(Readable.from(lines()), zipped, () => {});
    return zipped;
  },
};

const lineOf = (columns: readonly Column[], row: Row): string =>
  `${columns.map((column) => `"${textOf(column, row).replaceAll('"', '""')}"`).join(",")}\n`;

/** Only in CSV, keys are encoded as in URLs. */
function textOf({ name, type, value }: Column, row: Row): string {
  const found = value(row) ?? "";
  if (name === "Key") return pathEncodedKey(String(found));
  return type === "time" && found !== "" ? new Date(found as number).toISOString() : String(found);
}
