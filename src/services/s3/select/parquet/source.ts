import { columnsOf } from "#aws/languages/select/columns.ts";
import { run } from "#aws/languages/select/query.ts";
import { jsonRows, type Projected, rowsOf } from "#aws/languages/select/rows.ts";
import type { Query } from "#aws/languages/select/syntax.ts";
import type { Value } from "#aws/languages/select/values.ts";
import { type Batch, turn } from "../batches.ts";
import { leavesOf, rowsIn } from "./columns.ts";
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

  function* projected(records: Iterable<Value>): Generator<Projected> {
    for (const record of records) {
      for (const row of rowsOf(record, query.from.path)) {
        if (running.isDone) return;
        const taken = running.take(row);
        if (taken) yield taken;
      }
    }
  }

  async function* batches(): AsyncGenerator<Batch> {
    const { fields, groups } = await footerOf(size, counted);
    const isNamed = columnsOf(query);
    const named = fields.filter(({ name }) => isNamed(name));
    const columns = named.flatMap((field) => leavesOf([field]));
    const window = windowFor(columns.length);
    for (const group of groups.filter((one) => beginsIn(one, range))) {
      for await (const records of rowsIn(group, named, { read: counted, window, budget: { held: 0 } })) {
        yield { processed: 0, rows: [...projected(records)] };
        if (running.isDone) break;
        await turn();
      }
      yield { processed: bytesOf(group, columns), rows: [] };
      if (running.isDone) break;
    }
    const last = running.end();
    yield { processed: 0, rows: last ? [last] : [] };
  }

  return { batches: batches(), scanned: () => scanned };
}

/** Returns how many bytes of a column are read at once. */
function windowFor(columns: number): number {
  const fair = Math.floor(WINDOWS_BYTES / Math.max(columns, 1));
  return Math.min(Math.max(fair, MIN_WINDOW), MAX_WINDOW);
}

const beginsIn = ({ start }: RowGroup, range: Stored["range"]) =>
  !range || (start >= range.start && start <= range.end);

/** Returns the uncompressed size of the columns in a row group. */
function bytesOf({ chunks }: RowGroup, columns: ReturnType<typeof leavesOf>): number {
  const paths = new Set(columns.map((path) => path.at(-1)!.path.join(".")));
  return chunks
    .filter(({ path }) => paths.has(path.join(".")))
    .reduce((sum, { uncompressed }) => sum + uncompressed, 0);
}
