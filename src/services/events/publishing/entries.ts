import type * as Events from "#aws/contract/types/events.ts";
import type { Context } from "#kernel/context.ts";
import { isoSeconds } from "#lib/iso-seconds.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "#lib/nesting.ts";
import { invalid } from "../errors.ts";
import type { BusEvent } from "../store.ts";
import { type StoredDetail, storedDetail } from "./bus-event.ts";

/** An entry of PutEvents or PutPartnerEvents. */
export type Entry = Events.PutPartnerEventsRequestEntry;

/** The maximum bytes of all entries of a call together. */
const MAX_BYTES = 2 ** 20;
/** The size that a time counts as. */
const TIME_BYTES = 14;
const MAX_DETAIL_TYPE = 128;

/** @throws {AwsError} ValidationException */
export function checkSize(entries: readonly Entry[]): void {
  const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (bytes > MAX_BYTES) throw invalid("Total size of the entries in the request is over the limit.");
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
function sizeOf({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: Entry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return (Time ? TIME_BYTES : 0) + texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

export type Checked =
  | { content: StoredDetail; failure?: undefined }
  | { content?: undefined; failure: Events.PutEventsResultEntry };

/** The parsed detail of an entry, or the error. */
export function checkedEntry(entry: Entry, maySend: (source: string) => boolean): Checked {
  for (const member of ["Source", "DetailType", "Detail"] as const) {
    if (!entry[member])
      return failed(
        "InvalidArgument",
        `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
      );
  }
  if (!maySend(entry.Source!))
    return failed("NotAuthorizedForSourceException", "Not authorized for the source.");
  const detail = detailOf(entry);
  return detail
    ? { content: storedDetail(entry.Detail!, detail) }
    : failed("MalformedDetail", "Detail is malformed.");
}

const failed = (ErrorCode: string, ErrorMessage: string): Checked => ({
  failure: { ErrorCode, ErrorMessage },
});

/** @returns `undefined` unless the detail is a JSON object */
function detailOf({ Detail }: Entry): object | undefined {
  try {
    const detail: unknown = JSON.parse(Detail!);
    const isObject = typeof detail === "object" && detail !== null && !Array.isArray(detail);
    return isObject && !isDeeperThan(MAX_JSON_DEPTH, detail) ? detail : undefined;
  } catch {
    return undefined;
  }
}

/** An event with a type that is too long is accepted but matches no rule. */
export const isMatchable = (event: BusEvent): boolean => event["detail-type"].length <= MAX_DETAIL_TYPE;

export function eventOf(
  { principal, account, region }: Context,
  entry: Entry,
  content: StoredDetail,
  id: string,
  now: number,
): BusEvent {
  return {
    version: "0",
    id,
    "detail-type": entry.DetailType!,
    source: entry.Source!,
    account: principal.account || account,
    time: isoSeconds(entry.Time?.getTime() ?? now),
    region,
    resources: entry.Resources ?? [],
    ...content,
  };
}

export const failuresIn = (results: readonly Events.PutEventsResultEntry[]): number =>
  results.filter(({ ErrorCode }) => ErrorCode !== undefined).length;
