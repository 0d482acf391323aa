import { type Figures, interleaved, measure, round, warm } from "./measure.ts";
import { plain, signed } from "./requests.ts";
import { type Server, startNginx, startNube } from "./servers.ts";

const ROUNDS = 5;
const KEYS = 2_000;
const CLIENTS = 64;
/** Set `BENCH_SECONDS` for a quick trial. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);

/** Small objects: durable PUTs with checksums beside nginx's DAV without either, GETs beside `sendfile`. */
export async function small(): Promise<void> {
  const nube = await startNube();
  const nginx = await startNginx();
  const { port } = nube;
  await measure(
    nube,
    once(() => signed({ port, method: "PUT", path: "/bench" })),
  );
  const rows: Record<string, object> = {};

  for (const size of [1_024, 16_384, 65_536]) {
    const body = Buffer.alloc(size, "x");
    // Requests are signed before the measurement, so that only the servers are measured.
    const paths = Array.from({ length: KEYS }, (_, n) => `/bench/${size}/${n}`);
    const load = (server: Server, request: (path: string) => Buffer) => {
      const requests = paths.map(request);
      let n = 0;
      const next = () => requests[n++ % KEYS]!;
      return () => measure(server, { connections: CLIENTS, seconds: SECONDS, next });
    };
    const put = {
      nube: load(nube, (path) => signed({ port, method: "PUT", path, body, unsigned: true })),
      nginx: load(nginx, (path) => plain({ method: "PUT", path, body })),
    };
    const get = {
      nube: load(nube, (path) => signed({ port, method: "GET", path })),
      nginx: load(nginx, (path) => plain({ method: "GET", path })),
    };
    // Objects are written before they are read; a busy disk takes a while.
    for (const run of Object.values(put)) for (let puts = 0; puts < KEYS; ) puts += (await run()).requests;
    await warm(put);
    rows[`PUT ${size} B, durable`] = row(await interleaved(ROUNDS, put));
    await warm(get);
    rows[`GET ${size} B`] = row(await interleaved(ROUNDS, get));
  }
  console.table(rows);
  await nube.stop();
  await nginx.stop();
}

function row({ nube, nginx }: { nube: Figures; nginx: Figures }) {
  return {
    "nube/s": round(nube.perSecond),
    "nginx/s": round(nginx.perSecond),
    "ratio/s": round(nube.perSecond / nginx.perSecond, 2),
    "nube µs": round(nube.cpu),
    "nginx µs": round(nginx.cpu),
    "ratio µs": round(nube.cpu / nginx.cpu, 2),
  };
}

/** A load of exactly one request. */
export const once = (next: () => Buffer) => ({
  connections: 1,
  seconds: 60,
  requests: 1,
  next,
  expect: (status: number) => status < 500,
});
