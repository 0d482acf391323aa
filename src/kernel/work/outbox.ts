import { isMeasured, type Metric, type ServiceEvent, type Sinks } from "../ports.ts";
import type { Effects, Transaction } from "../records/transaction.ts";
import { type Job, job } from "./jobs.ts";

interface Observations {
  metrics: Metric[];
  events: ServiceEvent[];
}

/**
 * Delivers a transaction's metrics and events to the sinks, as a job in the same commit, so that none is
 * lost.
 */
export const forwardObservations: Job<Observations> = job("kernel/forward", {
  async run(ctx, { metrics, events }) {
    if (metrics.length > 0) await ctx.ports.sinks.metric?.(ctx, metrics);
    if (events.length > 0) await ctx.ports.sinks.event?.(ctx, events);
  },
});

/** Enqueues the delivery, unless there is no sink. */
export function forward(tx: Transaction, effects: Effects, sinks: Sinks, service: string): void {
  if (effects.metrics.length + effects.events.length === 0) return;
  const metrics = isMeasured(sinks, service) ? effects.metrics : [];
  const events = sinks.event ? effects.events : [];
  const here = events.filter((event) => event.place === undefined);
  if (metrics.length + here.length > 0) tx.enqueue(forwardObservations, { metrics, events: here });
  for (const { place, ...event } of events)
    if (place) tx.enqueue(forwardObservations, { metrics: [], events: [event] }, { place });
}
