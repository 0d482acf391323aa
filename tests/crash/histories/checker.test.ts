import { expect, test } from "vitest";
import { anomaliesIn } from "./checker.ts";
import { NEVER, type Operation, type Step } from "./history.ts";

/** Parses a step: `x+1` appends, `x=1,2` reads. */
function stepIn(text: string): Step {
  const [key, rest] = [text[0]!, text.slice(2)];
  if (text[1] === "+") return { key, append: Number(rest) };
  return { key, read: rest === "" ? [] : rest.split(",").map(Number) };
}

/** An operation between two times, such as `[1, 4]`. Without an end, it got no response. */
const op = (
  steps: string,
  [begun, ended = NEVER]: readonly [number, number?],
  refused?: "refused",
): Operation => ({
  call: "call",
  session: "session",
  steps: steps.split(" ").map(stepIn),
  begun,
  ended,
  outcome: refused ?? (ended === NEVER ? "unknown" : "done"),
});

const kindsIn = (...history: Operation[]) =>
  [...new Set(anomaliesIn(history).map(({ kind }) => kind))].sort();
/** The same time for all operations, so that only dependencies order them. */
const ALL = [0, 10] as const;
const LATER = [20, 30] as const;

test("a history with a serial order has no anomaly", () => {
  const history = [
    op("x+1 y+1", ALL),
    op("x=1 y+2", ALL),
    op("y=1 x=", [0, 5], "refused"),
    op("x+2 x+3", ALL),
    op("x=1,2,3 y=1,2", LATER),
    // Of two operations without a response, one happened.
    op("z+1", [5]),
    op("z+2", [5]),
    op("z=1", LATER),
    op("z+3 z=1,3", [40, 50]),
  ];
  expect(kindsIn(...history)).toEqual([]);
});

test("G0: the writes of two transactions have different orders in two lists", () => {
  expect(kindsIn(op("x+1 y+1", ALL), op("x+2 y+2", ALL), op("x=1,2", LATER), op("y=2,1", LATER))).toEqual([
    "G0",
  ]);
});

test("G1a: a refused write is read", () => {
  expect(kindsIn(op("x+1", ALL, "refused"), op("x=1", LATER))).toEqual(["G1a"]);
});

test("G1b: half of a transaction's additions to a list are read", () => {
  expect(kindsIn(op("x+1 x+2", ALL), op("x=1", ALL), op("x=1,2", LATER))).toContain("G1b");
});

test("G1c: two transactions that each read what the other wrote", () => {
  expect(kindsIn(op("x+1 y=1", ALL), op("y+1 x=1", ALL))).toEqual(["G1c"]);
});

test("a lost update: both read the same, and both write", () => {
  expect(kindsIn(op("x= x+1", ALL), op("x= x+2", ALL), op("x=1,2", LATER))).toEqual(["G-single"]);
});

test("read skew: a transaction sees one half of another", () => {
  expect(kindsIn(op("x+1 y+1", ALL), op("x=1 y=", ALL), op("x=1 y=1", LATER))).toEqual(["G-single"]);
});

test("a write skew: each reads what the other writes, before it is written", () => {
  expect(kindsIn(op("x= y+1", ALL), op("y= x+1", ALL), op("x=1 y=1", LATER))).toEqual(["G2"]);
});

test("two readers see two independent writes in different orders", () => {
  const history = [
    op("x+1", ALL),
    op("y+1", ALL),
    op("x=1 y=", ALL),
    op("x= y=1", ALL),
    op("x=1 y=1", LATER),
  ];
  expect(kindsIn(...history)).toEqual(["G2"]);
});

test("a stale read: an acknowledged write is not visible yet", () => {
  expect(kindsIn(op("x+1", ALL), op("x=", LATER), op("x=1", [40, 50]))).toEqual([
    "G-single-realtime",
    "lost",
  ]);
});

test("a write that is later than another in time, but precedes it in the list", () => {
  expect(kindsIn(op("x+1", ALL), op("x+2", LATER), op("x=2,1", [40, 50]))).toEqual(["G0-realtime"]);
});

test("an element is read before its write began", () => {
  expect(kindsIn(op("x=1", ALL), op("x+1", LATER))).toEqual(["G1c-realtime"]);
});

test("an acknowledged write is never seen", () => {
  expect(kindsIn(op("x+1", ALL), op("x=", LATER))).toEqual(["G-single-realtime", "lost"]);
});

test("half of a transaction is lost", () => {
  expect(kindsIn(op("x+1 y+1", [0]), op("x=1 y=", LATER))).toEqual([]);
  expect(kindsIn(op("x+1 y+1", [0]), op("x=1", LATER), op("y=", [40, 50]), op("y=1", [60, 70]))).toEqual([
    "G-single-realtime",
  ]);
});

test("an element is read, and then lost by a kill", () => {
  const history = [op("x+1", ALL), op("x+2", [0]), op("x=1,2", LATER), op("x=1", [40, 50])];
  expect(kindsIn(...history)).toEqual(["G-single-realtime", "taken back"]);
});

test("an element is read, lost, and replaced by another", () => {
  const history = [op("x+1", [0]), op("x=1", ALL), op("x+2", LATER), op("x=2", [40, 50])];
  expect(kindsIn(...history)).toContain("taken back");
  expect(kindsIn(...history)).toContain("diverged");
});

test("a list contains an element twice, as from a repeated transaction", () => {
  expect(kindsIn(op("x+1", ALL), op("x=1,1", LATER))).toEqual(["doubled"]);
});

test("an element that was never sent", () => {
  expect(kindsIn(op("x=7", ALL))).toEqual(["unwritten"]);
});

test("an operation does not read its own write", () => {
  expect(kindsIn(op("x+1 x=", ALL), op("x=1", LATER))).toContain("internal");
  expect(kindsIn(op("x=1 x+1", ALL))).toContain("internal");
});

test("a realtime cycle across many sessions is found among many operations without one", () => {
  const history: Operation[] = [];
  for (let at = 0; at < 500; at++) {
    history.push(op(`x+${at} y+${at}`, [10 * at, 10 * at + 15]));
    const list = Array.from({ length: at + 1 }, (_, n) => n).join(",");
    history.push(op(`x=${list} y=${list}`, [10 * at + 16, 10 * at + 17]));
  }
  expect(kindsIn(...history)).toEqual([]);
  const stale = Array.from({ length: 100 }, (_, n) => n).join(",");
  expect(kindsIn(...history, op(`y=${stale}`, [2_000, 2_001]))).toEqual(["G-single-realtime", "lost"]);
});
