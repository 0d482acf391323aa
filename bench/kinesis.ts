import { hash } from "node:crypto";
import { sign } from "#aws/signature/sigv4.ts";
import { type Figures, interleaved, measure, round, warm } from "./measure.ts";
import { fetched } from "./npm.ts";
import { signed } from "./requests.ts";
import { type Server, startNpmServer, startNube } from "./servers.ts";

const KINESALITE = { name: "kinesalite", version: "3.3.3" };
const ROUNDS = 5;
/** The number of different calls, which are repeated: more than are in flight. */
const REQUESTS = 1_000;
/** Set `BENCH_SECONDS` for a quick trial. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
/** The minimum multiple of kinesalite's calls per second, for calls of many records. */
const TIMES = 10;
const JSON_TYPE = "application/x-amz-json-1.1";

const records = (count: number, n: number) =>
  Array.from({ length: count }, (_, at) => ({
    Data: Buffer.alloc(200, "x").toString("base64"),
    PartitionKey: `key-${count * n + at}`,
  }));

/** Streams of four shards beside kinesalite, which keeps them in memory: Nube in memory too, and on disk. */
export async function kinesis(): Promise<void> {
  const folder = fetched(KINESALITE);
  if (folder === undefined) return console.log("skipped: npm gives no kinesalite here");
  const nube = await startNube(["--ephemeral"]);
  const durable = await startNube();
  const kinesalite = await startNpmServer("kinesalite", ({ port }) => [
    `${folder}/cli.js`,
    ...["--port", String(port), "--createStreamMs", "0"],
  ]);
  const servers = { nube, durable, kinesalite };
  const iterators = new Map<Server, string>();
  for (const server of Object.values(servers)) {
    for (const [StreamName, ShardCount] of [
      ["written", 4],
      ["read", 1],
    ] as const)
      await ask(server, "CreateStream", { StreamName, ShardCount });
    // A server may create the stream in the background, and the first writes wait for it.
    await new Promise((later) => setTimeout(later, 500));
    await ask(server, "PutRecords", { StreamName: "read", Records: records(100, 0) });
    const { ShardIterator } = await ask(server, "GetShardIterator", {
      StreamName: "read",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    });
    iterators.set(server, ShardIterator!);
  }

  const rows: Record<string, object> = {};
  const calls: [string, string, (server: Server, n: number) => object][] = [
    ["PutRecord", "PutRecord", (_, n) => ({ StreamName: "written", ...records(1, n)[0] })],
    ["PutRecords of 25", "PutRecords", (_, n) => ({ StreamName: "written", Records: records(25, n) })],
    ["GetRecords of 100", "GetRecords", (server) => ({ ShardIterator: iterators.get(server), Limit: 100 })],
  ];
  for (const [call, operation, input] of calls) {
    // Requests are signed before the measurement, so that only the servers are measured.
    const load = (server: Server) => {
      const requests = Array.from({ length: REQUESTS }, (_, n) =>
        signed({ port: server.port, method: "POST", path: "/", ...requestOf(operation, input(server, n)) }),
      );
      let n = 0;
      const next = () => requests[n++ % REQUESTS]!;
      return () => measure(server, { connections: 64, seconds: SECONDS, next });
    };
    const loads = { nube: load(nube), durable: load(durable), kinesalite: load(kinesalite) };
    await warm(loads);
    const bar = operation === "PutRecord" ? undefined : TIMES;
    rows[call] = rowOf(await interleaved(ROUNDS, loads), bar);
  }
  console.table(rows);
  for (const server of Object.values(servers)) await server.stop();
}

const requestOf = (operation: string, input: object) => ({
  service: "kinesis",
  headers: { "content-type": JSON_TYPE, "x-amz-target": `Kinesis_20131202.${operation}` },
  body: Buffer.from(JSON.stringify(input)),
});

/** One call and its response. */
async function ask({ port }: Server, operation: string, input: object): Promise<Record<string, string>> {
  const { headers, body } = requestOf(operation, input);
  const own = { ...headers, host: `127.0.0.1:${port}` };
  const added = sign(
    { method: "POST", path: "/", query: "", headers: own },
    { accessKeyId: "test", secretAccessKey: "test" },
    { region: "us-east-1", service: "kinesis", now: Date.now(), payloadHash: hash("sha256", body, "hex") },
  );
  const answer = await fetch(`http://127.0.0.1:${port}/`, {
    method: "POST",
    headers: { ...own, ...added },
    body,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${operation}: ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

function rowOf(
  { nube, durable, kinesalite }: Record<"nube" | "durable" | "kinesalite", Figures>,
  bar: number | undefined,
) {
  const ratio = nube.perSecond / kinesalite.perSecond;
  return {
    "in memory/s": round(nube.perSecond),
    "durable/s": round(durable.perSecond),
    "kinesalite/s": round(kinesalite.perSecond),
    "in memory µs": round(nube.cpu),
    "durable µs": round(durable.cpu),
    "kinesalite µs": round(kinesalite.cpu),
    times: round(ratio, 1),
    ...(bar !== undefined && { bar: `≥ ${bar}`, holds: ratio >= bar }),
  };
}
