import { parseExactly } from "#lib/exact-json.ts";
import type { BusEvent } from "./store.ts";

type ShownEvent = Omit<BusEvent, "exactDetail">;

/** An event in the form that patterns match. */
export function matchable(event: BusEvent): ShownEvent {
  if (event.exactDetail === undefined) return event;
  const { exactDetail: _, ...shown } = event;
  return shown;
}

/** An event in the form that targets get, with numbers as the sender wrote them. */
export function deliverable(event: BusEvent): ShownEvent {
  if (event.exactDetail === undefined) return event;
  return { ...matchable(event), detail: parseExactly(event.exactDetail) };
}

export const jsonOf = (event: BusEvent): string => JSON.stringify(deliverable(event));

/** The JSON of a detail with numbers that JavaScript cannot represent. */
export function exactDetailOf(text: string, detail: object): string | undefined {
  const plain = JSON.stringify(detail);
  if (plain === text) return undefined;
  const exact = JSON.stringify(parseExactly(text));
  return exact === plain ? undefined : exact;
}
