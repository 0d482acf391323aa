import { type Figures, interleaved, measure, round } from "./measure.ts";
import { signed } from "./requests.ts";
import { type Server, startNube } from "./servers.ts";
import { once } from "./small.ts";

/** Set `BENCH_OBJECTS` for a quick trial. */
const MANY = Number(process.env.BENCH_OBJECTS ?? 1_000_000);
const FEW = 1_000;
/** Warms up until the server's heap has reached its size under load. */
const WARM_PUTS = 200_000;
/** After this long without a call, the server has returned its spare memory. */
const REST_MS = 65_000;
/** The number of folders, all of equal size: keys are `123/000456`. */
const FOLDERS = 1_000;
const IN_FOLDER = MANY / FOLDERS;

const keyOf = (n: number) =>
  `${String(Math.floor(n / IN_FOLDER)).padStart(3, "0")}/${String(n % IN_FOLDER).padStart(6, "0")}`;

/** Pages of a large bucket, at any place and in every form, one of them compared with a small bucket's, and the memory that
 * the large bucket needs. */
export async function listing(): Promise<void> {
  const nube = await startNube();
  await bucket(nube, "few");
  await bucket(nube, "many");
  // The small bucket's memory is the server under load; the difference is due to the number of objects.
  const few = await filled(nube, "few", FEW, WARM_PUTS);
  const many = await filled(nube, "many", MANY, MANY);
  const row = (before: number, after: number) => ({
    [`with ${FEW}, MB`]: round(before / 1e6),
    [`with ${MANY}, MB`]: round(after / 1e6),
    "grown, ≤ 50": round((after - before) / 1e6),
  });
  console.table({
    "anonymous, at work": row(few.working.anonymous, many.working.anonymous),
    "anonymous, at rest": row(few.resting.anonymous, many.resting.anonymous),
    "resident, at work": row(few.working.resident, many.working.resident),
    "resident, at rest": row(few.resting.resident, many.resting.resident),
  });

  const page = (name: string, after: () => string) => () =>
    pages(nube, name, () => `list-type=2&max-keys=1000&start-after=${encodeURIComponent(after())}`);
  const figures = await interleaved(5, {
    few: page("few", () => "0"),
    many: page("many", () => keyOf(anywhere(MANY - FEW))),
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

  const rows: Record<string, object> = {};
  for (const [what, { query, entries }] of Object.entries(forms)) {
    const { cpu } = await pages(nube, "many", query);
    const each = (cpu * 100) / entries;
    rows[what] = {
      entries,
      "CPU µs": round(cpu),
      "per 100": round(each),
      "≤ 2,000": each <= 2_000 ? "holds" : "does not hold",
    };
  }
  console.table(rows);
  await nube.stop();
}

const anywhere = (end: number) => Math.floor(Math.random() * Math.max(end, 1));
const at = (n: number) => encodeURIComponent(keyOf(n));
const folder = () => encodeURIComponent(keyOf(anywhere(MANY)).slice(0, 4));
const last = () => MANY - 101;

/** Pages as clients request them, and the number of entries of each. */
const forms: Record<string, { query: () => string; entries: number }> = {
  "v2, the start": { query: () => "list-type=2&max-keys=100", entries: 100 },
  "v2, the middle": { query: () => `list-type=2&max-keys=100&start-after=${at(MANY / 2)}`, entries: 100 },
  "v2, the end": { query: () => `list-type=2&max-keys=100&start-after=${at(last())}`, entries: 100 },
  "v2, anywhere": {
    query: () => `list-type=2&max-keys=100&start-after=${at(anywhere(last()))}`,
    entries: 100,
  },
  "v1, the start": { query: () => "max-keys=100", entries: 100 },
  "v1, anywhere": { query: () => `max-keys=100&marker=${at(anywhere(last()))}`, entries: 100 },
  "v1, the end": { query: () => `max-keys=100&marker=${at(last())}`, entries: 100 },
  "versions, the start": { query: () => "versions=&max-keys=100", entries: 100 },
  "versions, anywhere": {
    query: () => `versions=&max-keys=100&key-marker=${at(anywhere(last()))}`,
    entries: 100,
  },
  "versions, the end": { query: () => `versions=&max-keys=100&key-marker=${at(last())}`, entries: 100 },
  "v2, a prefix": { query: () => `list-type=2&max-keys=100&prefix=${folder()}`, entries: 100 },
  "v2, a prefix and a delimiter": {
    query: () => `list-type=2&max-keys=100&delimiter=%2F&prefix=${folder()}`,
    entries: 100,
  },
  "v2, 100 common prefixes": {
    query: () => `list-type=2&max-keys=100&delimiter=%2F&start-after=${at(anywhere(MANY * 0.89))}`,
    entries: 100,
  },
  "v2, 1,000 common prefixes": { query: () => "list-type=2&delimiter=%2F", entries: FOLDERS },
  "v1, 1,000 common prefixes": { query: () => "delimiter=%2F", entries: FOLDERS },
  "versions, 1,000 common prefixes": { query: () => "versions=&delimiter=%2F", entries: FOLDERS },
};

const bucket = (nube: Server, name: string) =>
  measure(
    nube,
    once(() => signed({ port: nube.port, method: "PUT", path: `/${name}` })),
  );

/** The server's memory just after the last write, and when it is idle. */
async function filled(nube: Server, name: string, keys: number, puts: number) {
  await fill(nube, name, keys, puts);
  const working = nube.memory();
  await new Promise((rested) => setTimeout(rested, REST_MS));
  return { working, resting: nube.memory() };
}

async function fill(nube: Server, name: string, keys: number, puts: number): Promise<void> {
  const body = Buffer.alloc(16, "x");
  let n = 0;
  const next = () =>
    signed({
      port: nube.port,
      method: "PUT",
      path: `/${name}/${keyOf(n++ % keys)}`,
      body,
      unsigned: true,
    });
  while (n < puts) await measure(nube, { connections: 64, seconds: 2, requests: puts - n, next });
}

function pages(nube: Server, name: string, query: () => string): Promise<Figures> {
  const next = () => signed({ port: nube.port, method: "GET", path: `/${name}`, query: query() });
  return measure(nube, { connections: 4, seconds: 2, next });
}
