import { type Figures, interleaved, measure, round } from "./measure.ts";
import { fetched } from "./npm.ts";
import { signed } from "./requests.ts";
import { type Server, startNpmServer, startNube } from "./servers.ts";
import { once } from "./small.ts";

const DYNALITE = { name: "dynalite", version: "4.0.0" };
const ROUNDS = 3;
/** `BENCH_SECONDS` makes it quicker to try. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const ITEMS = 2_000;
const PARTITION = 100;

interface Row {
  call: string;
  operation: string;
  input: (n: number) => object;
  /** How many times dynalite's calls per second are to be reached. */
  times: number;
  /** Microseconds of the server's CPU that a call may take. */
  most?: number;
}

const TableName = "bench";
const key = (n: number) => ({
  p: { S: `item-${Math.floor(n / PARTITION) % (ITEMS / PARTITION)}` },
  s: { N: String(n % PARTITION) },
});
const item = (n: number) => ({ ...key(n), text: { S: "x".repeat(150) }, count: { N: "1" } });

const ROWS: Row[] = [
  {
    call: "PutItem 200 B",
    operation: "PutItem",
    input: (n) => ({ TableName, Item: item(n) }),
    times: 1.5,
    most: 45,
  },
  {
    call: "GetItem 200 B",
    operation: "GetItem",
    input: (n) => ({ TableName, Key: key(n) }),
    times: 1.5,
    most: 35,
  },
  {
    call: "UpdateItem with condition",
    operation: "UpdateItem",
    input: (n) => ({
      TableName,
      Key: key(n),
      UpdateExpression: "SET #c = #c + :one",
      ConditionExpression: "#c >= :one",
      ExpressionAttributeNames: { "#c": "count" },
      ExpressionAttributeValues: { ":one": { N: "1" } },
    }),
    times: 4,
  },
  {
    call: `Query of ${PARTITION}`,
    operation: "Query",
    input: (n) => ({
      TableName,
      KeyConditionExpression: "p = :p",
      ExpressionAttributeValues: { ":p": key(n * PARTITION).p },
    }),
    times: 4,
  },
  {
    call: "BatchWriteItem of 25",
    operation: "BatchWriteItem",
    input: (n) => ({
      RequestItems: {
        [TableName]: Array.from({ length: 25 }, (_, at) => ({ PutRequest: { Item: item(25 * n + at) } })),
      },
    }),
    times: 4,
  },
];

/** Items beside dynalite, which keeps them in memory: Nube in memory too, and on disk with each answer after fdatasync. */
export async function dynamodb(): Promise<void> {
  const folder = fetched(DYNALITE);
  if (folder === undefined) return console.log("skipped: npm gives no dynalite here");
  const nube = await startNube(["--ephemeral"]);
  const durable = await startNube();
  const dynalite = await startNpmServer("dynalite", ({ port }) => [
    `${folder}/cli.js`,
    ...["--port", String(port), "--createTableMs", "0"],
  ]);
  const servers = { nube, durable, dynalite };
  const calls = (server: Server, operation: string, input: object) =>
    signed({
      port: server.port,
      method: "POST",
      path: "/",
      service: "dynamodb",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": `DynamoDB_20120810.${operation}`,
      },
      body: Buffer.from(JSON.stringify(input)),
    });

  for (const server of Object.values(servers)) {
    const ask = (operation: string, input: object) =>
      measure(
        server,
        once(() => calls(server, operation, input)),
      );
    await ask("CreateTable", {
      TableName,
      AttributeDefinitions: [
        { AttributeName: "p", AttributeType: "S" },
        { AttributeName: "s", AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: "p", KeyType: "HASH" },
        { AttributeName: "s", KeyType: "RANGE" },
      ],
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    });
    // Where a table is made in some time, the first writes wait for it.
    await new Promise((later) => setTimeout(later, 500));
    for (let n = 0; n < ITEMS; n += 25) await ask("BatchWriteItem", ROWS.at(-1)!.input(n / 25));
  }

  const rows: Record<string, object> = {};
  for (const row of ROWS) {
    let n = 0;
    const load = (server: Server) => () =>
      measure(server, {
        connections: 64,
        seconds: SECONDS,
        next: () => calls(server, row.operation, row.input(n++)),
      });
    // Once before it counts: the engine compiles what is hot.
    for (const server of Object.values(servers)) await load(server)();
    rows[row.call] = told(
      row,
      await interleaved(ROUNDS, {
        nube: load(nube),
        durable: load(durable),
        dynalite: load(dynalite),
      }),
    );
  }
  console.table(rows);
  for (const server of Object.values(servers)) await server.stop();
}

function told({ times, most }: Row, figures: Record<"nube" | "durable" | "dynalite", Figures>) {
  const { nube, durable, dynalite } = figures;
  const ratio = nube.perSecond / dynalite.perSecond;
  return {
    "in memory/s": round(nube.perSecond),
    "durable/s": round(durable.perSecond),
    "dynalite/s": round(dynalite.perSecond),
    "in memory µs": round(nube.cpu),
    "durable µs": round(durable.cpu),
    "dynalite µs": round(dynalite.cpu),
    times: round(ratio, 1),
    bar: `≥ ${times}${most === undefined ? "" : `, ≤ ${most} µs`}`,
    holds: ratio >= times && (most === undefined || nube.cpu <= most),
  };
}
