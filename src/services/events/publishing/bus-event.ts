import { hasInexactNumber, parseExactly } from "#lib/exact-json.ts";
import type { BusEvent } from "../store.ts";

type ShownEvent = Omit<BusEvent, "encodedDetail">;

/** The detail of an event as it is stored. */
export type StoredDetail = Pick<BusEvent, "detail" | "encodedDetail">;

/** @param detail the parsed text */
export const storedDetail = (text: string, detail: object): StoredDetail =>
  hasInexactNumber(text) ? { encodedDetail: encoded(JSON.stringify(parseExactly(text))) } : { detail };

/** An event in the form that patterns match. */
export const matchable = (event: BusEvent): ShownEvent => withDetail(event, JSON.parse);

/** An event in the form that targets get, with numbers as the sender wrote them. */
export const deliverable = (event: BusEvent): ShownEvent => withDetail(event, parseExactly);

function withDetail(event: BusEvent, parse: (text: string) => unknown): ShownEvent {
  const { encodedDetail, ...shown } = event;
  return encodedDetail === undefined ? event : { ...shown, detail: parse(decoded(encodedDetail)) };
}

/** The JSON of an event, with its members in AWS's order. */
export function jsonOf(event: BusEvent): string {
  if (event.encodedDetail === undefined) return JSON.stringify(event);
  const { encodedDetail, "replay-name": replay, ...members } = event;
  const end = replay === undefined ? "" : `,"replay-name":${JSON.stringify(replay)}`;
  return `${JSON.stringify(members).slice(0, -1)},"detail":${decoded(encodedDetail)}${end}}`;
}

export const jsonOfDetail = ({ detail, encodedDetail }: BusEvent): string =>
  encodedDetail === undefined ? JSON.stringify(detail) : decoded(encodedDetail);

const encoded = (text: string) => Buffer.from(text).toString("base64");
const decoded = (text: string) => Buffer.from(text, "base64").toString();
