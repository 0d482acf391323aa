import type { Row } from "../listing/versions.ts";

/** Files in columns are written in groups of rows, each of which is in memory. */
const MIN_ROWS = 2_000;

/** Gathers pages of rows into groups. The last group is smaller, and absent if there are no rows. */
export async function* groupsOf(pages: AsyncIterable<Row[]>): AsyncGenerator<Row[]> {
  let group: Row[] = [];
  for await (const page of pages) {
    group = group.concat(page);
    if (group.length < MIN_ROWS) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
