import { columnsOf } from "#aws/languages/select/columns.ts";
import { run } from "#aws/languages/select/query.ts";
import { jsonRows, type Projected, rowsOf } from "#aws/languages/select/rows.ts";
import type { Query } from "#aws/languages/select/syntax.ts";
import { type Batch, turn } from "../batches.ts";
import { type Budget, leavesOf, rowsIn } from "./columns.ts";
import { footerOf, type RowGroup } from "./footer.ts";

/** A stored object in Parquet format. */
export interface Stored {
  size: number;
  /** Reads a range of its bytes; `end` is exclusive. */
  read: (start: number, end: number) => Promise<Buffer>;
  /** Restricts the query to row groups that begin in this range, both ends inclusive. */
  range: { start: number; end: number } | undefined;
}

/** The total number of bytes of the columns that are read in parallel. */
const WINDOWS_BYTES = 32 * 2 ** 20;
const [MIN_WINDOW, MAX_WINDOW] = [16 * 1024, 2 ** 20];

/** Runs a query. Reads the footer, then the columns that the query names, by row group and page. */
export function parquetSource(query: Query, { size, read, range }: Stored, now: number) {
  let scanned = 0;
  const counted = (start: number, end: number) => {
    scanned += end - start;
    return read(start, end);
  };
  const running = run(query, jsonRows(query.from, now));

  async function* batches(): AsyncGenerator<Batch> {
    const { fields, groups } = await footerOf(size, counted);
    const isNamed = columnsOf(query);
    const named = fields.filter(({ name }) => isNamed(name));
    const columns = named.flatMap((field) => leavesOf([field]));
    const window = Math.floor(WINDOWS_BYTES / Math.max(columns.length, 1));
    const paths = new Set(columns.map((path) => path.at(-1)!.path.join(".")));
    const sizeOf = ({ chunks }: RowGroup) =>
      chunks.reduce((sum, { path, uncompressed }) => sum + (paths.has(path.join(".")) ? uncompressed : 0), 0);
    for (const group of groups) {
      if (range && (group.start < range.start || group.start > range.end)) continue;
      const budget: Budget = { held: 0 };
      const reading = {
        read: counted,
        window: Math.min(Math.max(window, MIN_WINDOW), MAX_WINDOW),
        budget,
      };
      for await (const records of rowsIn(group, named, reading)) {
        const rows: Projected[] = [];
        for (const record of records) {
          for (const row of rowsOf(record, query.from.path)) {
            if (running.isDone) break;
            const projected = running.take(row);
            if (projected) rows.push(projected);
          }
        }
        yield { processed: 0, rows };
        if (running.isDone) break;
        await turn();
      }
      yield { processed: sizeOf(group), rows: [] };
      if (running.isDone) break;
    }
    const last = running.end();
    yield { processed: 0, rows: last ? [last] : [] };
  }

  return { batches: batches(), scanned: () => scanned };
}
