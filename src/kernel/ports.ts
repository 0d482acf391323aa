import type { CallerPolicies } from "#aws/languages/policy/evaluate.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { Principal } from "./calls/principal.ts";
import type { Context } from "./context.ts";
import type { Place } from "./records/collection.ts";

/**
 * The only things that the kernel needs from services. Each port is filled by the responsible service when it
 * is opened.
 */
export interface Ports {
  /**
   * Finds the owner and secret of an access key. Root keys and session credentials are handled by the gateway
   * itself.
   */
  credentials?: { find(accessKeyId: string): Promise<Credential | undefined> };
  /** Returns a caller's policies. Called once for each call of a root, a user or a role. */
  policies?: { of(principal: Principal): MaybePromise<CallerPolicies | undefined> };
  readonly sinks: Sinks;
}

export interface Credential {
  secret: string;
  principal: Principal;
}

/**
 * The destinations of a service's observations: CloudWatch, EventBridge's default bus. Filled when those
 * services exist. They receive the context of the observing service: its account and Region, with itself as
 * the caller.
 */
export interface Sinks {
  metric?: (ctx: Context, batch: Metric[]) => Promise<void>;
  /** Whether a service's metrics are collected; by default all are. */
  metricsOf?: (service: string) => boolean;
  event?: (ctx: Context, batch: ServiceEvent[]) => Promise<void>;
}

/** Whether a service's metrics are collected. */
export const isMeasured = ({ metric, metricsOf }: Sinks, service: string): boolean =>
  metric !== undefined && (metricsOf?.(service) ?? true);

export interface Metric {
  name: string;
  value: number;
  dimensions: Record<string, string>;
  time: number;
}

/** An event for the default event bus. */
export interface ServiceEvent {
  source: string;
  detailType: string;
  resources: string[];
  detail: object;
  /** The account and Region of the event, where the partition belongs to all accounts, as for buckets. */
  place?: Place;
}
