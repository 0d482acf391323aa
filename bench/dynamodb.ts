import { type Figures, interleaved, measure, round, warm } from "./measure.ts";
import { fetched } from "./npm.ts";
import { jsonCall } from "./requests.ts";
import { type Server, startNpmServer, startNube } from "./servers.ts";
import { once } from "./small.ts";
import { countedSyncs } from "./syncs.ts";

const DYNALITE = { name: "dynalite", version: "4.0.0" };
const ROUNDS = 3;
/** Set `BENCH_SECONDS` for a quick trial. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const CLIENTS = 64;
const ITEMS = 2_000;
const PARTITION = 100;
const BATCH = 25;

/** The minimum multiple of dynalite's calls per second, and the maximum microseconds of server CPU per call. */
interface Bar {
  times: number;
  maxCpu?: number;
}

interface Row {
  call: string;
  operation: string;
  input: (n: number) => object;
  /** The number of different inputs. */
  inputs: number;
  writes: boolean;
  inMemory?: Bar;
  durable?: Bar;
}

const TableName = "bench";
const key = (n: number) => ({
  p: { S: `item-${Math.floor(n / PARTITION) % (ITEMS / PARTITION)}` },
  s: { N: String(n % PARTITION) },
});
/** Some 200 bytes, as DynamoDB counts. */
const item = (n: number) => ({
  ...key(n),
  Text: { S: "x".repeat(130) },
  Quantity: { N: "1" },
  Price: { N: "1000000" },
  ProductCategory: { S: "Sporting Goods" },
});

const ROWS: Row[] = [
  {
    call: "PutItem 200 B",
    operation: "PutItem",
    input: (n) => ({ TableName, Item: item(n) }),
    inputs: ITEMS,
    writes: true,
    inMemory: { times: 1.5, maxCpu: 45 },
    durable: { times: 0.8, maxCpu: 75 },
  },
  {
    call: "GetItem 200 B",
    operation: "GetItem",
    input: (n) => ({ TableName, Key: key(n) }),
    inputs: ITEMS,
    writes: false,
    inMemory: { times: 1.5, maxCpu: 35 },
  },
  {
    // The condition of the Developer Guide's page on condition expressions.
    call: "UpdateItem with condition",
    operation: "UpdateItem",
    input: (n) => ({
      TableName,
      Key: key(n),
      UpdateExpression: "SET Price = Price - :discount",
      ConditionExpression: "(ProductCategory IN (:cat1, :cat2)) and (Price between :lo and :hi)",
      ExpressionAttributeValues: {
        ":cat1": { S: "Sporting Goods" },
        ":cat2": { S: "Gardening Supplies" },
        ":lo": { N: "500" },
        ":hi": { N: "1000000" },
        ":discount": { N: "1" },
      },
    }),
    inputs: ITEMS,
    writes: true,
    durable: { times: 4 },
  },
  {
    // The shortest update with a condition.
    call: "UpdateItem of a counter",
    operation: "UpdateItem",
    input: (n) => ({
      TableName,
      Key: key(n),
      UpdateExpression: "SET Quantity = Quantity + :one",
      ConditionExpression: "Quantity >= :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
    }),
    inputs: ITEMS,
    writes: true,
    durable: { times: 4 },
  },
  {
    call: `Query of ${PARTITION}`,
    operation: "Query",
    input: (n) => ({
      TableName,
      KeyConditionExpression: "p = :p",
      ExpressionAttributeValues: { ":p": key(n * PARTITION).p },
    }),
    inputs: ITEMS / PARTITION,
    writes: false,
    durable: { times: 4 },
  },
  {
    call: `BatchWriteItem of ${BATCH}`,
    operation: "BatchWriteItem",
    input: (n) => ({
      RequestItems: {
        [TableName]: Array.from({ length: BATCH }, (_, at) => ({
          PutRequest: { Item: item(BATCH * n + at) },
        })),
      },
    }),
    inputs: ITEMS / BATCH,
    writes: true,
    durable: { times: 4 },
  },
];

/**
 * Items beside dynalite, which keeps them in memory and does not verify signatures: Nube in memory, and on disk with each answer
 * after an fdatasync. Requests are signed before the measurement, so that only the servers are measured.
 */
export async function dynamodb(): Promise<void> {
  const folder = fetched(DYNALITE);
  if (folder === undefined) return console.log("skipped: npm gives no dynalite here");
  const syncs = countedSyncs();
  const servers = {
    inMemory: await startNube(["--ephemeral"]),
    durable: await startNube([], syncs.flags),
    dynalite: await startNpmServer("dynalite", ({ port }) => [
      `${folder}/cli.js`,
      ...["--port", String(port), "--createTableMs", "0"],
    ]),
  };
  const call = ({ port }: Server, operation: string, input: object) =>
    jsonCall(port, "dynamodb", `DynamoDB_20120810.${operation}`, input);

  for (const server of Object.values(servers)) {
    const ask = (operation: string, input: object) =>
      measure(
        server,
        once(() => call(server, operation, input)),
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
    // A server may create the table in the background, and the first writes wait for it.
    await new Promise((later) => setTimeout(later, 500));
    for (let n = 0; n < ITEMS / BATCH; n++) await ask("BatchWriteItem", ROWS.at(-1)!.input(n));
  }

  const rows: Record<string, object> = {};
  for (const row of ROWS) {
    const load = (server: Server) => {
      const requests = Array.from({ length: row.inputs }, (_, n) =>
        call(server, row.operation, row.input(n)),
      );
      let n = 0;
      const next = () => requests[n++ % requests.length]!;
      return () => measure(server, { connections: CLIENTS, seconds: SECONDS, next });
    };
    const loads = {
      inMemory: load(servers.inMemory),
      durable: load(servers.durable),
      dynalite: load(servers.dynalite),
    };
    await warm(loads);
    const synced = { writes: 0, syncs: 0 };
    const { inMemory, durable, dynalite } = await interleaved(ROUNDS, {
      ...loads,
      async durable() {
        const before = syncs.count();
        const figures = await loads.durable();
        synced.syncs += syncs.count() - before;
        synced.writes += figures.requests;
        return figures;
      },
    });
    rows[`${row.call}, in memory`] = rowOf(inMemory, dynalite, row.inMemory, "none");
    rows[`${row.call}, on disk`] = rowOf(
      durable,
      dynalite,
      row.durable,
      row.writes ? durability(synced) : "what is read is on disk",
    );
    rows[`${row.call}, dynalite`] = rowOf(dynalite, dynalite, undefined, "none");
  }
  console.table(rows);
  for (const server of Object.values(servers)) await server.stop();
}

/** A client waits for its answer before its next request, so that one fdatasync can cover at most one write of each client. */
function durability({ writes, syncs }: { writes: number; syncs: number }): string {
  if (syncs * CLIENTS < writes)
    throw new Error(`${syncs} fdatasyncs cannot have made ${writes} writes of ${CLIENTS} clients durable`);
  return `${syncs} fdatasyncs, ${writes} writes`;
}

function rowOf(figures: Figures, dynalite: Figures, bar: Bar | undefined, durability: string) {
  const times = figures.perSecond / dynalite.perSecond;
  const row = {
    "per second": round(figures.perSecond),
    "server µs": round(figures.cpu),
    times: round(times, 2),
    durability,
  };
  if (!bar) return row;
  const { times: minTimes, maxCpu } = bar;
  return {
    ...row,
    bar: `≥ ${minTimes}${maxCpu === undefined ? "" : `, ≤ ${maxCpu} µs`}`,
    holds: times >= minTimes && (maxCpu === undefined || figures.cpu <= maxCpu),
  };
}
