import fc from "fast-check";
import { expect, test } from "vitest";
import type { Item, Value } from "../values/value.ts";
import { placeholders } from "./placeholders.ts";
import { updateOf } from "./updates.ts";

const UPDATES = { SET: "= :s", ADD: ":a", DELETE: ":d", REMOVE: "" };
type Action = keyof typeof UPDATES;
const [TEXT, SUM, BAG]: Value[] = [{ S: "set" }, { N: "1" }, { SS: ["a"] }];
const VALUES = { ":s": TEXT!, ":a": SUM!, ":d": BAG! };

/** The element after an action; `undefined` if the action removes it. */
function after(action: Action, before: Value | undefined): Value | undefined {
  if (action === "REMOVE") return undefined;
  if (action === "SET") return TEXT;
  if (action === "ADD") return before ? { N: String(Number(before.N) + 1) } : SUM;
  const left = before?.SS?.filter((element) => element !== "a") ?? [];
  return left.length > 0 ? { SS: left } : undefined;
}

/** The list after the actions. Each index refers to the original list; values past its end are appended in index order. */
function expected(list: readonly Value[], actions: ReadonlyMap<number, Action>): Value[] {
  const kept = list.map((value, at) => (actions.has(at) ? after(actions.get(at)!, value) : value));
  const behind = [...actions].filter(([at]) => at >= list.length).sort(([a], [b]) => a - b);
  return [...kept, ...behind.map(([, action]) => after(action, undefined))].filter(
    (value) => value !== undefined,
  );
}

/** The action, or SET if the action does not apply to the element's type. */
function fitting(list: readonly Value[], at: number, action: Action): Action {
  const value = list[at];
  if ((action === "ADD" && value && !value.N) || (action === "DELETE" && value && !value.SS)) return "SET";
  return action;
}

const elements = fc.constantFrom<Value[]>({ N: "5" }, { S: "old" }, { SS: ["a"] }, { SS: ["a", "b"] });
const actions = fc.dictionary(
  fc.integer({ min: 0, max: 7 }).map(String),
  fc.constantFrom<Action[]>("SET", "ADD", "DELETE", "REMOVE"),
  { minKeys: 1 },
);

test("all list indexes in an update refer to the original list", () => {
  fc.assert(
    fc.property(fc.array(elements, { maxLength: 5 }), actions, fc.boolean(), (list, asked, isNested) => {
      const wanted = new Map(
        Object.entries(asked).map(([at, action]) => [Number(at), fitting(list, Number(at), action)]),
      );
      const place = isNested ? "m.l" : "l";
      const item: Item = isNested ? { m: { M: { l: { L: list } } } } : { l: { L: list } };
      const clauses = Object.entries(UPDATES).map(([action, value]) => {
        const places = [...wanted]
          .filter(([, one]) => one === action)
          .map(([at]) => `${place}[${at}] ${value}`);
        return places.length > 0 ? `${action} ${places.join(", ")}` : "";
      });
      const before = structuredClone(item);
      const update = updateOf(clauses.join(" "), placeholders({ ExpressionAttributeValues: VALUES }));
      const { l, m } = update.apply(item);
      expect((m?.M?.l ?? l)!.L).toEqual(expected(list, wanted));
      expect(item).toEqual(before);
    }),
    { numRuns: 300 },
  );
});
