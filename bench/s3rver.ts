import { type Figures, interleaved, measure, round, warm } from "./measure.ts";
import { fetched } from "./npm.ts";
import { type RequestOptions, signed } from "./requests.ts";
import { type Server, startNpmServer, startNube } from "./servers.ts";
import { once } from "./small.ts";

const S3RVER = { name: "s3rver", version: "3.7.1" };
const ROUNDS = 9;
/** The objects of a listing. Set `BENCH_SECONDS` for a quick trial. */
const KEYS = 1_000;
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
/** The minimum multiple of s3rver's operations per CPU second. */
const BAR = 10;

/** The only credentials that s3rver accepts. */
const CREDENTIALS = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" };

/** S3 beside s3rver. Both verify signatures; only Nube syncs what it stores. */
export async function beside(): Promise<void> {
  const folder = fetched(S3RVER);
  if (folder === undefined) return console.log("skipped: npm gives no s3rver here");
  const nube = await startNube();
  const s3rver = await startNpmServer("s3rver", ({ port, folder: data }) => [
    `${folder}/bin/s3rver.js`,
    ...["--directory", data, "--port", String(port), "--address", "127.0.0.1", "--silent"],
  ]);
  type Call = Omit<RequestOptions, "port">;
  const toNube = (call: Call) => signed({ ...call, port: nube.port, unsigned: true });
  const toS3rver = (call: Call) =>
    signed({ ...call, port: s3rver.port, unsigned: true, credentials: CREDENTIALS });
  const body = Buffer.alloc(1_024, "x");
  const key = (n: number) => `/bench/${String(n).padStart(4, "0")}`;

  for (let n = -1; n < KEYS; n++) {
    const put = { method: "PUT", ...(n < 0 ? { path: "/bench" } : { path: key(n), body }) };
    await measure(
      nube,
      once(() => toNube(put)),
    );
    await measure(
      s3rver,
      once(() => toS3rver(put)),
    );
  }
  /** Requests are signed before the measurement, so that only the servers are measured. */
  const load = (server: Server, requests: Buffer[]) => {
    let n = 0;
    const next = () => requests[n++ % requests.length]!;
    return () => measure(server, { connections: 64, seconds: SECONDS, next });
  };
  const run = async (calls: Call[]) => {
    const runs = { nube: load(nube, calls.map(toNube)), s3rver: load(s3rver, calls.map(toS3rver)) };
    await warm(runs);
    return interleaved(ROUNDS, runs);
  };
  const keys = Array.from({ length: KEYS }, (_, n) => key(n));
  const query = `list-type=2&max-keys=${KEYS}`;
  console.table({
    "PUT 1 KiB": row(await run(keys.map((path) => ({ method: "PUT", path, body })))),
    "GET 1 KiB": row(await run(keys.map((path) => ({ method: "GET", path })))),
    [`list ${KEYS} keys`]: row(await run([{ method: "GET", path: "/bench", query }])),
  });
  await nube.stop();
  await s3rver.stop();
}

function row({ nube, s3rver }: { nube: Figures; s3rver: Figures }) {
  const ratio = s3rver.cpu / nube.cpu;
  return {
    "nube/s": round(nube.perSecond),
    "s3rver/s": round(s3rver.perSecond),
    "nube µs": round(nube.cpu),
    "s3rver µs": round(s3rver.cpu),
    "times less CPU": round(ratio, 1),
    [`≥ ${BAR}`]: ratio >= BAR ? "holds" : "does not hold",
  };
}
