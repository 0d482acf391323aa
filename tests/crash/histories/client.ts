/**
 * A client process: runs sessions until it receives a message, and then sends their history. If it is given Regions, the
 * table is strongly consistent in all of them, and each session uses one.
 */
import { randomInt } from "node:crypto";
import type { Operation } from "./history.ts";
import { clientOf, LISTS_OF_PARTITION, nameIn } from "./lists-table.ts";
import { now, runSession } from "./session.ts";

/** How long a partition is used, and how many are used at a time. Each is used across several kills. */
const PARTITION_MS = 4_000;
const PARTITIONS = 4;
const SESSIONS = 6;
const ELEMENTS = 10_000_000;

const [port, number, start] = process.argv.slice(2, 5).map(Number) as [number, number, number];
const regions = process.argv.slice(5);
const clients = regions.length > 0 ? regions.map((region) => clientOf(port, region)) : [clientOf(port)];
const history: Operation[] = [];
let elements = number * ELEMENTS;
let isOver = false;
process.on("message", () => {
  isOver = true;
});

function name(): string {
  const partition = Math.floor(((now() - start) / PARTITION_MS) * PARTITIONS) + randomInt(PARTITIONS);
  return nameIn(String(partition), randomInt(LISTS_OF_PARTITION));
}

const sessions = Array.from({ length: SESSIONS }, (_, n) =>
  runSession(
    {
      client: clients[n % clients.length]!,
      isStrong: regions.length > 0,
      session: `${number}.${n}`,
      element: () => elements++,
      name,
      record: (operation) => void history.push(operation),
    },
    () => isOver,
  ),
);
await Promise.all(sessions);
for (const client of clients) client.destroy();
process.send!(history, () => process.disconnect?.());
