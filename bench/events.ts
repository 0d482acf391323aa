import { measure, round } from "./measure.ts";
import { jsonCall } from "./requests.ts";
import { type Server, startNube } from "./servers.ts";

const RULES = Number(process.env.BENCH_RULES ?? 300);
const SECONDS = 3;

/** Rules of one kind, all different, of which an event matches at most one. */
const KINDS: Record<string, (n: number) => object> = {
  exact: (n) => ({ source: ["shop"], detail: { customer: [`c-${n}`] } }),
  prefix: (n) => ({ source: ["shop"], detail: { key: [{ prefix: `user/${n}/` }] } }),
  numeric: (n) => ({ source: ["shop"], detail: { price: [{ numeric: [">=", n, "<", n + 1] }] } }),
  "anything-but": (n) => ({ source: ["shop"], detail: { state: [{ "anything-but": ["paid", `s-${n}`] }] } }),
};

/** The cost of an event on a bus with the maximum number of rules, compared with one on a bus without any. */
export async function events(): Promise<void> {
  const nube = await startNube();
  const rows: Record<string, object> = {};
  const none = await putEvents(nube, "none");
  rows["no rules"] = { "events/s": round(none.perSecond), "CPU µs": round(none.cpu) };
  for (const [kind, pattern] of Object.entries(KINDS)) {
    await makeRules(nube, kind, pattern);
    const { cpu, perSecond } = await putEvents(nube, kind);
    rows[`${RULES} rules, ${kind}`] = {
      "events/s": round(perSecond),
      "CPU µs": round(cpu),
      "of it for the rules": round(cpu - none.cpu),
      bar: "≤ 1,000",
    };
  }
  console.table(rows);
  await nube.stop();
}

const call = ({ port }: Server, operation: string, input: object) =>
  jsonCall(port, "events", `AWSEvents.${operation}`, input, "1.1");

async function makeRules(nube: Server, bus: string, pattern: (n: number) => object): Promise<void> {
  const once = { connections: 1, seconds: 60, requests: 1 };
  await measure(nube, { ...once, next: () => call(nube, "CreateEventBus", { Name: bus }) });
  let n = 0;
  await measure(nube, {
    connections: 32,
    seconds: 600,
    requests: RULES,
    next() {
      const EventPattern = JSON.stringify(pattern(n));
      return call(nube, "PutRule", { Name: `rule-${n++}`, EventBusName: bus, EventPattern });
    },
  });
}

/** One event per call, each on disk before its answer. A bus that does not exist accepts events, too. */
async function putEvents(nube: Server, EventBusName: string) {
  const next = () => {
    const n = Math.floor(Math.random() * RULES);
    const detail = { customer: `c-${n}`, key: `user/${n}/photo`, price: n + 0.5, state: "paid" };
    const entry = { EventBusName, Source: "shop", DetailType: "order", Detail: JSON.stringify(detail) };
    return call(nube, "PutEvents", { Entries: [entry] });
  };
  await measure(nube, { connections: 16, seconds: 1, next });
  return measure(nube, { connections: 16, seconds: SECONDS, next });
}
