import { interleaved, measure, round } from "./measure.ts";
import { signed } from "./requests.ts";
import { startNube } from "./servers.ts";
import { once } from "./small.ts";

/** `BENCH_OBJECTS` makes it quicker to try. */
const MANY = Number(process.env.BENCH_OBJECTS ?? 1_000_000);
const FEW = 1_000;

/** A page of 1,000 keys of a large bucket against the same of a small one; and what a large bucket costs in memory. */
export async function listing(): Promise<void> {
  const nube = await startNube();
  const { port } = nube;
  const idle = nube.memory().anonymous;
  const body = Buffer.alloc(16, "x");
  for (const [bucket, count] of [
    ["few", FEW],
    ["many", MANY],
  ] as const) {
    await measure(
      nube,
      once(() => signed({ port, method: "PUT", path: `/${bucket}` })),
    );
    let n = 0;
    const put = () =>
      signed({
        port,
        method: "PUT",
        path: `/${bucket}/${String(n++ % count).padStart(9, "0")}`,
        body,
        unsigned: true,
      });
    while (n < count) await measure(nube, { connections: 64, seconds: 2, next: put });
  }
  const grown = nube.memory().anonymous - idle;
  const page = (bucket: string, after: () => string) => () => {
    const query = `list-type=2&max-keys=1000&start-after=${after()}`;
    const next = () => signed({ port, method: "GET", path: `/${bucket}`, query });
    return measure(nube, { connections: 4, seconds: 2, next });
  };
  const figures = await interleaved(5, {
    few: page("few", () => "0"),
    many: page("many", () => String(Math.floor(Math.random() * (MANY - FEW))).padStart(9, "0")),
  });
  console.table({
    [`page of 1,000 in a bucket of ${FEW}`]: {
      "pages/s": round(figures.few.perSecond),
      "CPU µs": round(figures.few.cpu),
    },
    [`page of 1,000 in a bucket of ${MANY}`]: {
      "pages/s": round(figures.many.perSecond),
      "CPU µs": round(figures.many.cpu),
    },
  });
  console.log(`memory grew by ${round(grown / 1e6)} MB (anonymous) while ${MANY} objects were put`);
  await nube.stop();
}
