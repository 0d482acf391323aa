import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "./load.ts";
import { type Figures, interleaved, measure, round, warm } from "./measure.ts";
import { jsonCall } from "./requests.ts";
import { type Server, startNube } from "./servers.ts";
import { once } from "./small.ts";

/** Set `NUBE_BENCH_ITEMS=100000` for a quick trial. */
const ITEMS = Number(process.env.NUBE_BENCH_ITEMS ?? 10_000_000);
const FEW = 10_000;
const BATCH = 25;
const ROUNDS = 5;
const SECONDS = 2;
const MB = 2 ** 20;
const WATCH_MS = 1_000;

type Input = Record<string, unknown>;

const call = (port: number, operation: string, input: Input) =>
  jsonCall(port, "dynamodb", `DynamoDB_20120810.${operation}`, input);

const keyOf = (n: number) => ({ p: { S: `item-${String(n).padStart(8, "0")}` } });
/** 200 bytes, as DynamoDB counts: the name `p`, its value of 13, the name `text`, and its value. */
const itemOf = (n: number) => ({ ...keyOf(n), text: { S: "x".repeat(182) } });

/** A table of ten million items beside one of ten thousand: loaded through the API, read, and opened again. */
export async function millions(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "nube-millions-"));
  let nube = await startNube(["--data", folder]);
  try {
    console.table(await filled(nube, folder));
    console.table(await read(nube));
    await nube.stop();
    nube = await startNube(["--data", folder]);
    console.table({ "opened anew": { "start ms": round(nube.startMs), ...(await first(nube)) } });
  } finally {
    await nube.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Loads with BatchWriteItem over 16 connections; each call is on disk before its answer. */
async function filled(nube: Server, folder: string) {
  const rows: Record<string, object> = {};
  for (const [TableName, count] of Object.entries({ few: FEW, many: ITEMS })) {
    await ask(nube, "CreateTable", {
      TableName,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    });
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, nube.memory().anonymous)), WATCH_MS);
    const before = nube.cpu();
    let n = 0;
    const { seconds } = await load({
      port: nube.port,
      connections: 16,
      seconds: Number.POSITIVE_INFINITY,
      requests: count / BATCH,
      next() {
        const puts = Array.from({ length: BATCH }, () => ({ PutRequest: { Item: itemOf(n++) } }));
        return call(nube.port, "BatchWriteItem", { RequestItems: { [TableName]: puts } });
      },
    });
    clearInterval(watch);
    const { anonymous, resident } = nube.memory();
    rows[`${count} items`] = {
      seconds: round(seconds),
      "items/s": round(count / seconds),
      "µs of CPU each": round(((nube.cpu() - before) * 1_000) / count, 1),
      "anonymous MB, highest": round(Math.max(peak, anonymous) / MB),
      "anonymous MB": round(anonymous / MB),
      "resident MB": round(resident / MB),
      "MB on disk": round((await sizeOf(folder)) / MB),
    };
  }
  return rows;
}

async function read(nube: Server) {
  const get = (TableName: string, count: number) => () =>
    measure(nube, {
      connections: 16,
      seconds: SECONDS,
      next: () => call(nube.port, "GetItem", { TableName, Key: keyOf(Math.floor(Math.random() * count)) }),
    });
  const of = { few: get("few", FEW), many: get("many", ITEMS) };
  await warm(of);
  const { few, many } = await interleaved(ROUNDS, of);
  const rowOf = ({ perSecond, cpu }: Figures) => ({ "GetItem/s": round(perSecond), "CPU µs": round(cpu, 1) });
  const { anonymous, resident } = nube.memory();
  return {
    [`of ${FEW}`]: rowOf(few),
    [`of ${ITEMS}`]: {
      ...rowOf(many),
      "times the CPU (bar: 2)": round(many.cpu / few.cpu, 2),
      "times slower (bar: 2)": round(few.perSecond / many.perSecond, 2),
      "anonymous MB": round(anonymous / MB),
      "resident MB": round(resident / MB),
    },
  };
}

/** Times the first call of each kind. */
async function first(nube: Server) {
  const TableName = "many";
  const calls: Record<string, Input> = {
    GetItem: { Key: keyOf(ITEMS >> 1) },
    Query: { KeyConditionExpression: "p = :p", ExpressionAttributeValues: { ":p": keyOf(ITEMS >> 2).p } },
    Scan: {},
    DescribeTable: {},
  };
  const rows: Record<string, number> = {};
  for (const [operation, input] of Object.entries(calls)) {
    const begin = performance.now();
    await ask(nube, operation, { TableName, ...input });
    rows[`first ${operation} ms`] = round(performance.now() - begin, 1);
  }
  return rows;
}

const ask = (nube: Server, operation: string, input: Input) =>
  measure(
    nube,
    once(() => call(nube.port, operation, input)),
  );

/** Bytes that the files occupy on disk, without holes. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return sizes.reduce((sum, { blocks }) => sum + blocks * 512, 0);
}
