import { type Log, silentLog } from "#lib/log.ts";
import { random } from "#lib/random.ts";
import type { BlobStore } from "#storage/blobs/blobs.ts";
import { openMemoryBlobs } from "#storage/blobs/memory.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { openMemory } from "#storage/kv/memory.ts";
import type { Clients } from "./calls/clients.ts";
import { type Principal, rootOf } from "./calls/principal.ts";
import type { Place } from "./records/collection.ts";
import { type Cloud, openCloud } from "./runtime.ts";
import { MASTER_KEY_BYTES, type MasterKey } from "./secrets/data-keys.ts";
import type { Service } from "./service.ts";

/** A complete cloud for a test: in memory, on its own clock, and deterministic. */
export interface TestCloud {
  cloud: Cloud;
  /** Calls as the root of the default account. */
  aws: Clients;
  as(principal: Principal, place?: Partial<Place>): Clients;
  /** `30s`, `5m`, `2h`, `90d`. Resolves when the work that is due in that span has run. */
  advance(span: string): Promise<void>;
  close(): Promise<void>;
}

export interface TestCloudOptions {
  store?: KeyValueStore;
  blobs?: BlobStore;
  masterKeys?: readonly MasterKey[];
  log?: Log;
  seed?: number;
  /** The services that enforce AWS's throughput limits. */
  limited?: readonly string[];
  /** The real clock; fixed at {@link TEST_START} by default. */
  wall?: () => number;
}

export const TEST_PLACE: Place = { account: "000000000000", region: "us-east-1" };
export const TEST_MASTERS: readonly MasterKey[] = [
  { number: 1, key: Buffer.alloc(MASTER_KEY_BYTES, "test") },
];
/** 2026-01-01T00:00:00Z */
export const TEST_START = Date.UTC(2026, 0, 1);

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export async function testCloud(
  services: readonly Service[],
  options: TestCloudOptions = {},
): Promise<TestCloud> {
  const blobs = options.blobs ?? openMemoryBlobs();
  const cloud = await openCloud({
    catalog: Object.fromEntries(services.map((service) => [service.id, async () => service])),
    store: options.store ?? openMemory(),
    openBlobs: async () => blobs,
    masterKeys: options.masterKeys ?? TEST_MASTERS,
    log: options.log ?? silentLog,
    random: random(options.seed ?? 1),
    limited: options.limited ?? [],
    wall: options.wall ?? (() => TEST_START),
    freezeInputs: true,
  });
  const as = (principal: Principal, place: Partial<Place> = {}) =>
    cloud.clients(principal, { ...TEST_PLACE, account: principal.account, ...place });
  return {
    cloud,
    aws: as(rootOf(TEST_PLACE.account)),
    as,
    async advance(span) {
      const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(span) ?? [];
      if (!amount || !unit) throw new Error(`not a span of time: ${span}`);
      await cloud.time.advance(Number(amount) * UNITS[unit]!);
    },
    close: cloud.close,
  };
}
