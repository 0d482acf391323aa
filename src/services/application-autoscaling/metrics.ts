import type { Context } from "#kernel/context.ts";
import type { Metric, Ports } from "#kernel/ports.ts";
import { NAMESPACE, placeOf, type Way } from "./resources.ts";
import type { Scaled } from "./store.ts";

const MINUTE = 60_000;
const RETAINED_MINUTES = 16;
/** The most entries; reads and writes of each table and index have one each. */
const MAX_RETAINED = 20_000;

const WAYS: Record<string, Way> = {
  ConsumedReadCapacityUnits: "read",
  ConsumedWriteCapacityUnits: "write",
};

/** The units consumed in each minute, by the number of the minute since 1970. */
type Minutes = Map<number, number>;

/** The consumption in each cloud. It is kept in memory only, as metrics are not stored yet. */
const used = new WeakMap<Ports, Map<string, Minutes>>();

/** Starts to collect the metrics of DynamoDB tables, which are not measured before that. */
export function watchTables({ ports }: Context): void {
  if (used.has(ports)) return;
  const consumption = new Map<string, Minutes>();
  used.set(ports, consumption);
  const { metric: other, metricsOf: others } = ports.sinks;
  ports.sinks.metricsOf = (service) =>
    service === NAMESPACE || (other !== undefined && (others?.(service) ?? true));
  ports.sinks.metric = async (ctx, batch) => {
    for (const one of batch) add(ctx, consumption, one);
    await other?.(ctx, batch);
  };
}

function add(
  { account, region }: Context,
  consumption: Map<string, Minutes>,
  { name, value, time, dimensions }: Metric,
): void {
  const way = WAYS[name];
  const table = dimensions.TableName;
  if (!way || table === undefined) return;
  const key = keyOf(account, region, { table, index: dimensions.GlobalSecondaryIndexName, way });
  let minutes = consumption.get(key);
  if (!minutes) {
    for (const oldest of consumption.keys()) if (consumption.size >= MAX_RETAINED) consumption.delete(oldest);
    consumption.set(key, (minutes = new Map()));
  }
  const minute = Math.floor(time / MINUTE);
  minutes.set(minute, (minutes.get(minute) ?? 0) + value);
  for (const old of minutes.keys()) if (old < minute - RETAINED_MINUTES) minutes.delete(old);
}

const keyOf = (account: string, region: string, { table, index, way }: ReturnType<typeof placeOf>) =>
  [account, region, table, index ?? "", way].join("/");

/** The units per second in each of the minutes before a time, the latest first; `undefined` for none. */
export function unitsUsed(
  { ports, account, region }: Context,
  scaled: Scaled,
  now: number,
  minutes: number,
): (number | undefined)[] {
  const consumed = used.get(ports)?.get(keyOf(account, region, placeOf(scaled)));
  const last = Math.floor(now / MINUTE) - 1;
  return Array.from({ length: minutes }, (_, ago) => {
    const units = consumed?.get(last - ago);
    return units === undefined ? undefined : units / 60;
  });
}
