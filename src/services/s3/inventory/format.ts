import type { InventoryFormat } from "#aws/contract/types/s3.ts";
import type { Row } from "../listing/versions.ts";
import { csv } from "./csv.ts";
import type { Column } from "./fields.ts";
import { orc } from "./orc/file.ts";
import { parquet } from "./parquet/file.ts";

/** A format of the files of a report. */
export interface Format {
  extension: string;
  contentType: string;
  /** Returns the schema that the manifest states. */
  schema(columns: readonly Column[]): string;
  /** Writes a compressed file while it is read, since a bucket may have millions of objects. */
  write(columns: readonly Column[], pages: AsyncIterable<Row[]>): AsyncIterable<Uint8Array>;
}

export const FORMATS: Record<InventoryFormat, Format> = { CSV: csv, ORC: orc, Parquet: parquet };
