import type { Context } from "#kernel/context.ts";
import { headerNotImplemented, notImplemented } from "../errors.ts";

const HEADERS = ["", "-duration-days", "-duration-years"].map((end) => `x-amz-object-lock-event-hold${end}`);

/**
 * The contract does not know event holds yet: a request for one would be passed over, and leave unlocked what was to be
 * locked.
 * @throws {AwsError} NotImplemented
 */
export function refuseEventHold(isPresent: (header: string) => boolean): void {
  const header = HEADERS.find(isPresent);
  if (header !== undefined) throw headerNotImplemented(header);
}

/** @throws {AwsError} NotImplemented */
export function refuseEventHoldInDocument({ request }: Context): void {
  const text = request?.content && Buffer.from(request.content).toString();
  if (text && /<(\w+:)?(Default)?EventHold/.test(text))
    throw notImplemented("Event holds are not implemented.");
}
