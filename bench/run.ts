/**
 * Nube beside nginx in the same run, in interleaved rounds. Every row has operations per second, which depend on
 * the load of the machine, and the server's CPU per operation, which is steadier.
 *
 *     npm run bench            everything; takes some minutes
 *     npm run bench -- s3      one of: start, http, sts, s3, s3rver, large, list, sqs, dynamodb, kinesis, opening, millions
 */
import { cpus, release } from "node:os";
import { dynamodb } from "./dynamodb.ts";
import { events } from "./events.ts";
import { http } from "./http.ts";
import { kinesis } from "./kinesis.ts";
import { large } from "./large.ts";
import { listing } from "./listing.ts";
import { millions } from "./millions.ts";
import { opening } from "./opening.ts";
import { queues } from "./queues.ts";
import { beside } from "./s3rver.ts";
import { small } from "./small.ts";
import { sns } from "./sns.ts";
import { start } from "./start.ts";
import { sts } from "./sts.ts";

const benches: Record<string, () => Promise<void>> = {
  start,
  http,
  sts,
  s3: small,
  s3rver: beside,
  large,
  list: listing,
  sqs: queues,
  sns,
  events,
  dynamodb,
  kinesis,
  opening,
  millions,
};
const chosen = process.argv.slice(2);

console.log(`${cpus().length} × ${cpus()[0]?.model}, Linux ${release()}, Node ${process.version}`);
for (const [name, run] of Object.entries(benches)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`\n## ${name}`);
  await run();
}
