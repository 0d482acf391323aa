import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import type { Change } from "../changes.ts";
import type { Bucket } from "../store.ts";
import { circumstancesOf } from "./circumstances.ts";
import { send } from "./destinations.ts";
import { covers } from "./event-types.ts";
import { bridgeEvent } from "./eventbridge.ts";
import { keyFilter, matchesKey } from "./filters.ts";
import { eventMessage, eventRecord } from "./message.ts";
import { notifications, type Target } from "./store.ts";

/** Delivers one event to one destination. It is enqueued in the transaction that causes the event. */
export const deliverEvent = job<{ bucket: string; to: string; message: object }>("s3/deliver-event", {
  run: (ctx, { bucket, to, message }) => send(ctx, bucket, to, message),
});

export async function notify(ctx: Context, tx: Transaction, bucket: Bucket, change: Change): Promise<void> {
  const configured = await notifications.get(tx, bucket);
  if (!configured) return;
  const targets = configured.targets.filter((target) => isSubscribed(target, change));
  if (targets.length === 0 && !configured.bridge) return;
  const circumstances = circumstancesOf(ctx, tx);
  const record = eventRecord(bucket, change, circumstances);
  const place = { account: bucket.owner, region: bucket.region };
  for (const { id, arn } of targets) {
    const message = eventMessage(record, id);
    tx.enqueue(deliverEvent, { bucket: bucket.name, to: arn, message }, { place });
  }
  const event = configured.bridge && bridgeEvent(bucket, change, circumstances);
  if (event) tx.event(event);
}

function isSubscribed(target: Target, { event, version }: Change): boolean {
  return target.events.some((type) => covers(type, event)) && matchesKey(keyFilter(target), version.key);
}
