import { type Figures, interleaved, measure, round } from "./measure.ts";
import { plain, signed } from "./requests.ts";
import { startNginx, startNube } from "./servers.ts";

const ROUNDS = 5;
const KEYS = 2_000;

/** Small objects: durable PUTs with their checks against nginx's DAV without any, GETs against `sendfile`. */
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
    const [ours, theirs] = [keysOf(size), keysOf(size)];
    const options = { connections: 16, seconds: 2 };
    const put = await interleaved(ROUNDS, {
      nube: () =>
        measure(nube, {
          ...options,
          next: () => signed({ port, method: "PUT", path: ours.put(), body, unsigned: true }),
        }),
      nginx: () =>
        measure(nginx, { ...options, next: () => plain({ method: "PUT", path: theirs.put(), body }) }),
    });
    const get = await interleaved(ROUNDS, {
      nube: () =>
        measure(nube, { ...options, next: () => signed({ port, method: "GET", path: ours.get() }) }),
      nginx: () => measure(nginx, { ...options, next: () => plain({ method: "GET", path: theirs.get() }) }),
    });
    rows[`PUT ${size} B, durable`] = row(put);
    rows[`GET ${size} B`] = row(get);
  }
  console.table(rows);
  await nube.stop();
  await nginx.stop();
}

/** Keys one after another; to get, those that were put: a busy disk takes fewer than all of them. */
function keysOf(size: number) {
  let puts = 0;
  let gets = 0;
  const path = (n: number) => `/bench/${size}/${n % KEYS}`;
  return { put: () => path(puts++), get: () => path(gets++ % Math.min(KEYS, puts)) };
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

/** Exactly one request. */
export const once = (next: () => Buffer) => ({
  connections: 1,
  seconds: 60,
  requests: 1,
  next,
  expect: (status: number) => status < 500,
});
