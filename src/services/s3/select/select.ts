import { parseQuery } from "#aws/languages/select/parser.ts";
import type { Query } from "#aws/languages/select/syntax.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { type Bytes, joined } from "#lib/joined.ts";
import { objectReading } from "../objects/get.ts";
import { batchesOf } from "./batches.ts";
import { decompressed } from "./decompress.ts";
import { invalidScanRange } from "./errors.ts";
import { type Answer, awaitFirstEvent, eventsOf } from "./events.ts";
import { csvReading, jsonReading } from "./input.ts";
import { writerOf } from "./output.ts";
import {
  type CsvFormat,
  type JsonFormat,
  type Parameters,
  parametersOf,
  type Request,
} from "./parameters.ts";
import { jsonSplitter, lineSplitter, type RawRecord, type Splitter } from "./records.ts";

export const selecting = {
  async SelectObjectContent(ctx, input) {
    const parameters = parametersOf(input);
    const query = parseQuery(input.Expression);
    const { input: format } = parameters;
    const source =
      format.type === "parquet"
        ? await columnarSource(ctx, input, parameters, query)
        : await textSource(ctx, input, { ...parameters, input: format }, query);
    const write = writerOf(parameters.output);
    const reportsProgress = input.RequestProgress?.Enabled ?? false;
    return { Payload: await awaitFirstEvent(eventsOf({ ...source, write, reportsProgress })) };
  },
} satisfies Handlers<"s3">;

/** The results of a query on an object, and the number of bytes read for them. */
type Source = Pick<Answer, "batches" | "scanned">;

interface TextParameters extends Parameters {
  input: CsvFormat | JsonFormat;
}

/** Queries a text object, which is read from beginning to end. */
async function textSource(
  ctx: Context,
  input: Request,
  parameters: TextParameters,
  query: Query,
): Promise<Source> {
  const { input: format, compression } = parameters;
  const now = ctx.clock.now();
  const reading = format.type === "csv" ? csvReading(query, format, now) : jsonReading(query, now);
  const range = parameters.range && rangeOf(parameters.range, (await inspect(ctx, input)).size);
  const delimiter = format.type === "csv" ? format.record : "\n";
  // The first bytes of a range are the start of a record only if a delimiter precedes them.
  const from = range ? Math.max(range.start - Buffer.byteLength(delimiter), 0) : 0;
  if (format.type === "csv" && format.header !== "NONE" && range && range.start > 0) {
    for (const _ of reading.take(await firstRecord(ctx, input, delimiter)));
  }
  const opened = await open(ctx, input, from > 0 ? { Range: `bytes=${from}-` } : {});
  let scanned = 0;
  const counted = (async function* () {
    for await (const chunk of opened) {
      scanned += chunk.length;
      yield chunk;
    }
  })();
  const place = ({ start }: RawRecord) => {
    if (!range) return "in";
    return start < range.start ? "before" : start > range.end ? "behind" : "in";
  };
  const bytes = decompressed(counted, compression);
  const batches = batchesOf({ bytes, splitter: splitterOf(parameters, from), place, reading });
  return { batches, scanned: () => scanned };
}

function splitterOf({ input, range }: TextParameters, start: number): Splitter {
  if (input.type === "json") return range ? lineSplitter({ delimiter: "\n", start }) : jsonSplitter();
  const { record: delimiter, quote, escaping } = input;
  return lineSplitter({ delimiter, start, ...(input.quotesRecords && { quote, escaping }) });
}

/** Queries a Parquet object, starting with its footer. All ranges are read from the same version. */
async function columnarSource(
  ctx: Context,
  input: Request,
  { range }: Parameters,
  query: Query,
): Promise<Source> {
  const { size, etag } = await inspect(ctx, input);
  const read = async (start: number, end: number) => {
    const bytes = Buffer.alloc(end - start);
    let at = 0;
    if (bytes.length > 0) {
      const more = { Range: `bytes=${start}-${end - 1}`, IfMatch: etag };
      for await (const chunk of await open(ctx, input, more)) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
    }
    return bytes;
  };
  const { parquetSource } = await import("./parquet/source.ts");
  return parquetSource(query, { size, read, range: range && rangeOf(range, size) }, ctx.clock.now());
}

async function inspect(ctx: Context, input: Request): Promise<{ size: number; etag: string }> {
  const { ContentLength: size = 0, ETag: etag = "" } = await objectReading.HeadObject(ctx, objectOf(input));
  return { size, etag };
}

/** Resolves the scan range. An end without a start is a number of bytes at the end of the object. */
function rangeOf(
  { start, end }: NonNullable<Parameters["range"]>,
  size: number,
): { start: number; end: number } {
  if (start === undefined) return { start: Math.max(size - end!, 0), end: size };
  if (start > 0 && start >= size) throw invalidScanRange();
  return { start, end: end ?? size };
}

/** Opens the object like GetObject, with its checks of storage class and encryption. */
async function open(
  ctx: Context,
  input: Request,
  more: { Range?: string; IfMatch?: string } = {},
): Promise<AsyncIterable<Uint8Array>> {
  const { Body } = await objectReading.GetObject(ctx, { ...objectOf(input), ...more });
  return joined([Body as Bytes]);
}

function objectOf({ Bucket, Key, ...more }: Request) {
  const { ExpectedBucketOwner, SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5 } = more;
  return {
    Bucket,
    Key,
    ...(ExpectedBucketOwner !== undefined && { ExpectedBucketOwner }),
    ...(SSECustomerAlgorithm !== undefined && { SSECustomerAlgorithm }),
    ...(SSECustomerKey !== undefined && { SSECustomerKey }),
    ...(SSECustomerKeyMD5 !== undefined && { SSECustomerKeyMD5 }),
  };
}

/** Reads the header line, for a range that does not include it. */
async function firstRecord(ctx: Context, input: Request, delimiter: string): Promise<RawRecord> {
  const splitter = lineSplitter({ delimiter });
  for await (const chunk of await open(ctx, input)) {
    const [first] = splitter.push(Buffer.from(chunk));
    if (first) return first;
  }
  return splitter.end()[0] ?? { text: "", start: 0 };
}
