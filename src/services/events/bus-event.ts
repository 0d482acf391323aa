import { parseExactly } from "#lib/exact-json.ts";
import type { BusEvent } from "./store.ts";

type ShownEvent = Omit<BusEvent, "exactDetail">;

/** As patterns look at it. */
export function matchable(event: BusEvent): ShownEvent {
  if (event.exactDetail === undefined) return event;
  const { exactDetail: _, ...shown } = event;
  return shown;
}

/** As targets get it: with its numbers as the sender wrote them. */
export function deliverable(event: BusEvent): ShownEvent {
  if (event.exactDetail === undefined) return event;
  return { ...matchable(event), detail: parseExactly(event.exactDetail) };
}

export const jsonOf = (event: BusEvent): string => JSON.stringify(deliverable(event));

/** The JSON of a detail that has numbers which JavaScript's do not hold. */
export function exactDetailOf(text: string, detail: object): string | undefined {
  const plain = JSON.stringify(detail);
  if (plain === text) return undefined;
  const exact = JSON.stringify(parseExactly(text));
  return exact === plain ? undefined : exact;
}
