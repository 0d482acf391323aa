import type { Context } from "#kernel/context.ts";
import type { Metric, Ports } from "#kernel/ports.ts";
import { NAMESPACE, placeOf, type Way } from "./resources.ts";
import type { Scaled } from "./store.ts";

const MINUTE = 60_000;
const RETAINED_MINUTES = 16;
/** Tables and indexes, in each way. */
const MAX_RETAINED = 20_000;

const WAYS: Record<string, Way> = {
  ConsumedReadCapacityUnits: "read",
  ConsumedWriteCapacityUnits: "write",
};

/** Units that were used in a minute, by the number of that minute since 1970. */
type Minutes = Map<number, number>;

/** Of each cloud: there is no store of metrics beside it yet, so that none outlives the process. */
const used = new WeakMap<Ports, Map<string, Minutes>>();

/** From now on DynamoDB's tables tell what they use; nothing is counted before anybody wants to know. */
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

/** Units per second in each of the minutes before a moment, the last one first; `undefined` where none were used. */
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
