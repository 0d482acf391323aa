import type { Context } from "#kernel/context.ts";
import { headerNotImplemented, notImplemented } from "../errors.ts";

const HEADERS = ["", "-duration-days", "-duration-years"].map((end) => `x-amz-object-lock-event-hold${end}`);

/**
 * Refuses event holds, which AWS's contract does not contain yet. If they were
 * ignored, the object would not be locked.
 * @throws {AwsError} NotImplemented
 */
export function refuseEventHold(isPresent: (header: string) => boolean): void {
  const header = HEADERS.find(isPresent);
  if (header !== undefined) throw headerNotImplemented(header);
}

/** Refuses event holds in an XML document. @throws {AwsError} NotImplemented */
export function refuseEventHoldInDocument({ request }: Context): void {
  const text = request?.content && Buffer.from(request.content).toString();
  if (text && /<(\w+:)?(Default)?EventHold/.test(text))
    throw notImplemented("Event holds are not implemented.");
}
