import type { Context } from "#kernel/context.ts";
import type { ServiceEvent } from "#kernel/ports.ts";

/** The maximum entries of one PutEvents. */
const MAX_ENTRIES = 10;

/** Puts events of the cloud's own services on the default bus, as those services. */
export async function collect(ctx: Context, batch: readonly ServiceEvent[]): Promise<void> {
  for (let at = 0; at < batch.length; at += MAX_ENTRIES) {
    await ctx.aws.events.PutEvents({
      Entries: batch.slice(at, at + MAX_ENTRIES).map(({ source, detailType, resources, detail }) => ({
        Source: source,
        DetailType: detailType,
        Resources: resources,
        Detail: JSON.stringify(detail),
      })),
    });
  }
}
