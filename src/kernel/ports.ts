import type { CallerPolicies } from "#aws/languages/policy/judge.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { Place } from "./collection.ts";
import type { Context } from "./context.ts";
import type { Principal } from "./principal.ts";

/** The only things that the kernel needs from services. Each is filled by the service in question, when that is opened. */
export interface Ports {
  /** Who an access key belongs to, and its secret. Root keys and session credentials the gateway knows itself. */
  credentials?: { find(accessKeyId: string): Promise<Credential | undefined> };
  /** The policies of a caller. Asked once for each call of a root, a user or a role. */
  policies?: { of(principal: Principal): MaybePromise<CallerPolicies | undefined> };
  readonly sinks: Sinks;
}

export interface Credential {
  secret: string;
  principal: Principal;
}

/**
 * Where a service's observations go: CloudWatch, EventBridge's default bus. Filled when those services exist. They are
 * given the context of whoever observed: its account and Region, and itself as the caller.
 */
export interface Sinks {
  metric?: (ctx: Context, batch: Metric[]) => Promise<void>;
  /** Whose metrics are collected; all services', unless said. */
  metricsOf?: (service: string) => boolean;
  event?: (ctx: Context, batch: ServiceEvent[]) => Promise<void>;
}

/** Whether anybody collects what a service measures. */
export const isMeasured = ({ metric, metricsOf }: Sinks, service: string): boolean =>
  metric !== undefined && (metricsOf?.(service) ?? true);

export interface Metric {
  name: string;
  value: number;
  dimensions: Record<string, string>;
  time: number;
}

/** What the default event bus would carry. */
export interface ServiceEvent {
  source: string;
  detailType: string;
  resources: string[];
  detail: object;
  /** Where it happened, if the partition that tells of it is everybody's: a bucket's account and Region. */
  place?: Place;
}
