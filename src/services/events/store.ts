import type * as Events from "#aws/contract/types/events.ts";
import { collection } from "#kernel/records/collection.ts";
import type { PolicyDocument } from "./buses/bus.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface Bus {
  name: string;
  description?: string | undefined;
  kmsKey?: string | undefined;
  deadLetters?: Events.DeadLetterConfig | undefined;
  logging?: Events.LogConfig | undefined;
  policy?: PolicyDocument | undefined;
  tags?: Events.Tag[] | undefined;
  created: Time;
  modified: Time;
}

export interface Rule {
  bus: string;
  name: string;
  pattern?: string | undefined;
  schedule?: string | undefined;
  state: Events.RuleState;
  description?: string | undefined;
  role?: string | undefined;
  createdBy: string;
  /** The service that manages it. Others cannot change it, and it delivers nothing. */
  managedBy?: string;
  tags?: Events.Tag[] | undefined;
  /** The start of a rate schedule. */
  scheduled: Time;
  /** The number of the last change, so that timers of an older revision end. */
  revision: number;
}

/** A record of its own, as a rule may have many and each is put and removed alone. */
export interface RuleTarget {
  bus: string;
  rule: string;
  target: Events.Target;
}

export interface Archive {
  name: string;
  bus: string;
  description?: string | undefined;
  pattern?: string | undefined;
  /** 0 means for ever. */
  retentionDays: number;
  kmsKey?: string | undefined;
  events: number;
  bytes: number;
  created: Time;
}

export interface ArchivedEvent {
  archive: string;
  /** The event's own time, by which it is replayed. */
  time: Time;
  /** The time of its arrival, if that differs from its own time. */
  came?: Time;
  order: number;
  event: BusEvent;
}

export interface Replay {
  name: string;
  archive: string;
  bus: string;
  rules?: string[] | undefined;
  description?: string | undefined;
  state: Events.ReplayState;
  from: Time;
  to: Time;
  lastReplayed?: Time;
  started: Time;
  ended?: Time;
}

export interface Connection {
  name: string;
  id: string;
  description?: string | undefined;
  kmsKey?: string | undefined;
  type: Events.ConnectionAuthorizationType;
  state: Events.ConnectionState;
  /** The parameters with secrets, encrypted. */
  sealed: string;
  /** The parameters in responses, without secrets. */
  shown: Events.ConnectionAuthResponseParameters;
  created: Time;
  modified: Time;
  authorized?: Time | undefined;
}

export interface Destination {
  name: string;
  id: string;
  description?: string | undefined;
  connection: string;
  /** The connection's id, which differs if it is created again with the same name. */
  connectionId?: string;
  endpoint: string;
  method: Events.ApiDestinationHttpMethod;
  rate?: number | undefined;
  created: Time;
  modified: Time;
}

/** A source that a partner offers to this account. */
export interface EventSource {
  name: string;
  /** The account of the partner. */
  partner: string;
  state: Events.EventSourceState;
  created: Time;
  /** Set while it is pending: when it expires. */
  expires?: Time | undefined;
}

/** A source that this account, as a partner, offers to others. */
export interface PartnerSource {
  name: string;
  accounts: string[];
}

/** An event for rules and targets, with its members in the order of its JSON. */
export interface BusEvent {
  version: "0";
  id: string;
  "detail-type": string;
  source: string;
  account: string;
  /** `2026-01-01T00:00:00Z` */
  time: string;
  region: string;
  resources: string[];
  detail?: unknown;
  /**
   * The JSON of the detail, instead of `detail`, if it has numbers that JavaScript would print differently. It is
   * in base64, because escaped quotes could double its size.
   */
  encodedDetail?: string;
  "replay-name"?: string;
}

const inRegion = "region";

export const buses = collection<Bus>("events/bus", { scope: inRegion, key: (b) => [b.name] });
export const rules = collection<Rule>("events/rule", { scope: inRegion, key: (r) => [r.bus, r.name] });
export const targets = collection<RuleTarget>("events/target", {
  scope: inRegion,
  key: (t) => [t.bus, t.rule, t.target.Id],
  indexes: { arn: (t) => [t.bus, t.target.Arn, t.rule, t.target.Id] },
});
export const archives = collection<Archive>("events/archive", {
  scope: inRegion,
  key: (a) => [a.name],
  indexes: { bus: (a) => [a.bus, a.name] },
});
export const archived = collection<ArchivedEvent>("events/archived", {
  scope: inRegion,
  key: (e) => [e.archive, e.time, e.order],
});
export const replays = collection<Replay>("events/replay", { scope: inRegion, key: (r) => [r.name] });
export const connections = collection<Connection>("events/connection", {
  scope: inRegion,
  key: (c) => [c.name],
});
export const destinations = collection<Destination>("events/destination", {
  scope: inRegion,
  key: (d) => [d.name],
});
export const eventSources = collection<EventSource>("events/event-source", {
  scope: inRegion,
  key: (s) => [s.name],
});
export const partnerSources = collection<PartnerSource>("events/partner-source", {
  scope: inRegion,
  key: (s) => [s.name],
});
