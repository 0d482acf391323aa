import { createHash } from "node:crypto";
import type { Context } from "#kernel/context.ts";
import type { Body } from "#lib/body.ts";
import { type Row, versionRows } from "../listing/versions.ts";
import { type Bucket, objects } from "../store.ts";
import type { Column } from "./fields.ts";
import type { Format } from "./format.ts";

export interface ListFile {
  /** The compressed list, generated while it is read, since a bucket may have millions of objects. */
  body: Body;
  /** Returns the size and digest for the manifest, after the body has been read to the end. */
  facts(): { size: number; MD5checksum: string };
}

/**
 * Returns a list of a bucket's objects.
 * @param isHistory whether to include noncurrent versions and delete markers
 */
export function listFile(
  ctx: Context,
  bucket: Bucket,
  prefix: string,
  columns: readonly Column[],
  { format, isHistory }: { format: Format; isHistory: boolean },
): ListFile {
  const md5 = createHash("md5");
  let size = 0;

  async function* bytes() {
    for await (const chunk of format.write(columns, pages(ctx, bucket, prefix, isHistory))) {
      size += chunk.length;
      md5.update(chunk);
      yield chunk;
    }
  }

  return {
    body: {
      size: undefined,
      announced: [],
      trailers: {},
      bytes: async (limit) => {
        throw new Error(`a list is not read at once, nor up to ${limit}`);
      },
      [Symbol.asyncIterator]: bytes,
    },
    facts: () => ({ size, MD5checksum: md5.digest("hex") }),
  };
}

const PAGE = 1_000;

/** Lists the bucket page by page in the order of its keys, without a snapshot. */
async function* pages(ctx: Context, bucket: Bucket, prefix: string, isHistory: boolean) {
  const all = versionRows(bucket.id);
  for (let last: Row | undefined; ; ) {
    const after = last && (isHistory ? all.tuple(last) : [last.version.key]);
    const rows: Row[] = await ctx.read(async (tx) => {
      const range = { prefix, limit: PAGE, ...(after && { after }) };
      if (isHistory) return all.page(tx, range);
      const current = await tx.list(objects, { in: [bucket.id], ...range });
      return current.map((version) => ({ version, latest: true }));
    });
    const shown = isHistory ? rows : rows.filter(({ version }) => !version.deleteMarker);
    if (shown.length > 0) yield shown;
    if (rows.length < PAGE) return;
    last = rows.at(-1);
  }
}
