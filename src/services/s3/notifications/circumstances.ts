import { HOST_ID } from "#kernel/calls/host-id.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";

/** The caller, origin and time of an event. */
export interface Circumstances {
  /** Cloud time. */
  time: number;
  /** `AWS:` and the caller's id, or the name of the service that acted on its own. */
  caller: string;
  /** The caller's account, or the name of the service. */
  requester: string;
  /** Absent if the event was not caused by an external call. */
  sourceIp: string | undefined;
  requestId: string;
  hostId: string;
  /** Hexadecimal. Of two events on one key, the later one has the greater value. */
  sequencer: string;
}

export function circumstancesOf({ principal, request, requestId }: Context, tx: Transaction): Circumstances {
  const { type, account, id } = principal;
  return {
    time: tx.now(),
    caller: type === "service" ? id : type === "anonymous" ? "Anonymous" : `AWS:${id}`,
    requester: type === "service" || type === "anonymous" ? id : account,
    sourceIp: request?.sourceIp,
    requestId,
    hostId: HOST_ID,
    sequencer: tx.sequence().toString(16).toUpperCase().padStart(SEQUENCER_DIGITS, "0"),
  };
}

const SEQUENCER_DIGITS = 18;
