import { interleaved, measure, round } from "./measure.ts";
import { signed } from "./requests.ts";
import { startNube } from "./servers.ts";
import { once } from "./small.ts";

/** `BENCH_OBJECTS` makes it quicker to try. */
const MANY = Number(process.env.BENCH_OBJECTS ?? 1_000_000);
const FEW = 1_000;
/** Until the server's heap has the size that it needs under load. */
const WARM_PUTS = 20_000;

/** A page of 1,000 keys of a large bucket against the same of a small one; and what a large bucket costs in memory. */
export async function listing(): Promise<void> {
  const nube = await startNube();
  const { port } = nube;
  let warm = 0;
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
    do await measure(nube, { connections: 64, seconds: 2, next: put });
    while (n < Math.max(count, WARM_PUTS));
    // What the small bucket took is the server at work; what comes on top is the number of objects.
    if (bucket === "few") warm = nube.memory().anonymous;
  }
  const grown = nube.memory().anonymous - warm;
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
  const at = () => String(Math.floor(Math.random() * (MANY - 100))).padStart(9, "0");
  const pages = {
    "100 keys": () => `list-type=2&max-keys=100&start-after=${at()}`,
    "100 keys below a prefix": () => `list-type=2&max-keys=100&prefix=${at().slice(0, -2)}`,
    "100 common prefixes": () => `list-type=2&max-keys=100&delimiter=0&start-after=${at()}`,
    "100 versions": () => `versions=&max-keys=100&key-marker=${at()}`,
  };
  const rows: Record<string, object> = {};
  for (const [what, query] of Object.entries(pages)) {
    const next = () => signed({ port, method: "GET", path: "/many", query: query() });
    const { cpu } = await measure(nube, { connections: 4, seconds: 2, next });
    rows[`page of ${what}`] = { "CPU µs": round(cpu), "≤ 2,000": cpu <= 2_000 ? "holds" : "does not hold" };
  }
  console.table(rows);
  console.log(
    `memory grew by ${round(grown / 1e6)} MB (anonymous) while ${MANY} objects were put; the bar is 50`,
  );
  await nube.stop();
}
