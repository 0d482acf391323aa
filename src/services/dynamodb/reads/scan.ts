import type { ListRange } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid } from "../errors.ts";
import { placeholders } from "../expressions/placeholders.ts";
import { checkSize } from "../expressions/tokens.ts";
import { hashOf, rowKey } from "../items/keys.ts";
import { checkParameters } from "../items/request.ts";
import { tableToRead } from "../items/rows.ts";
import { checkedConditions } from "../legacy/conditions.ts";
import type { Index, Table } from "../store.ts";
import { meterOf } from "../throughput/meter.ts";
import type { Item } from "../values/value.ts";
import { pageOf } from "./pages.ts";
import { checkSelect, indexOf, readingOf } from "./reading.ts";
import { checkStart, startIn } from "./start.ts";

export const scanOperations = {
  async Scan(ctx, input) {
    checkParameters(
      input,
      ["ProjectionExpression", "FilterExpression"],
      ["AttributesToGet", "ScanFilter", "ConditionalOperator"],
    );
    const { Segment, TotalSegments } = input;
    const older = checkedConditions(input.ScanFilter);
    checkSegment(Segment, TotalSegments);
    const start = startIn(input.ExclusiveStartKey);
    checkSelect(input, "Scan");
    const placeholderMap = placeholders(input);
    checkSize("FilterExpression", input.FilterExpression ?? "", true);
    const reading = readingOf(input, placeholderMap, older);
    placeholderMap.settle();
    return ctx.read(async (tx) => {
      const table = await tableToRead(tx, input.TableName, input.ConsistentRead);
      const index = indexOf(table, input.IndexName, start);
      const read = { ...reading(table, index), meter: meterOf(ctx, tx) };
      if (start) {
        checkStart(table, index, start, "Scan");
        checkWithin(hashOf(index?.key ?? table.key, start), Segment, TotalSegments);
      }
      const range: Omit<ListRange, "limit"> = {
        in: [(index ?? table).number],
        ...(TotalSegments !== undefined && segment(Segment!, TotalSegments)),
      };
      const rest = start && restOfScan(table, index, start);
      return pageOf(tx, table, index, { ...range, ...rest }, read);
    });
  },
} satisfies Handlers<"dynamodb">;

/** The range of rows after a start key. */
export function restOfScan(table: Table, index: Index | undefined, start: Item): Pick<ListRange, "after"> {
  const own = index ? rowKey(0, table.key, start).slice(1) : [];
  return { after: [...rowKey(0, index?.key ?? table.key, start).slice(1), ...own] };
}

function checkSegment(segment: number | undefined, total: number | undefined): void {
  if (segment === undefined && total === undefined) return;
  if (total === undefined)
    throw invalid(
      "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    );
  if (segment === undefined)
    throw invalid(
      "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    );
  if (segment >= total)
    throw invalid(
      `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${segment} is not less than TotalSegments: ${total}`,
    );
}

/** Checks that the start key is within the segment. */
function checkWithin(hash: Uint8Array, at: number | undefined, total: number | undefined): void {
  if (at === undefined || total === undefined) return;
  const first = Buffer.from(hash).readUInt32BE(0);
  if (first >= boundOf(at, total) && (at + 1 === total || first < boundOf(at + 1, total))) return;
  throw invalid(
    `The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: ${total} Segment: ${at}`,
  );
}

const boundOf = (part: number, total: number) => Math.floor((part * 2 ** 32) / total);

/** The range of hashes of a segment, divided by their first 32 bits. */
function segment(at: number, total: number): Pick<ListRange, "from" | "before"> {
  const bound = (part: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(boundOf(part, total));
    return [bytes];
  };
  return { ...(at > 0 && { from: bound(at) }), ...(at + 1 < total && { before: bound(at + 1) }) };
}
