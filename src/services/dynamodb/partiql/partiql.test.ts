import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { N, S, type WithTable, withTable } from "../testing.ts";
import type { Value } from "../values/value.ts";

let nube: WithTable;
beforeEach(async () => {
  nube = await withTable();
});
afterEach(() => nube.close());

type More = Omit<DynamoDB.ExecuteStatementInput, "Statement" | "Parameters">;
const run = (Statement: string, Parameters?: Value[], more: More = {}) =>
  nube.aws.dynamodb.ExecuteStatement({ Statement, ...(Parameters && { Parameters }), ...more });
const places = async (where: string, parameters?: Value[]) => {
  const { Items } = await run(`SELECT * FROM things WHERE ${where}`, parameters);
  return Items!.map(({ p, s }) => `${p!.S}${s!.N}`).sort();
};
const refused = async (promise: Promise<unknown>) => {
  const error = (await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as { code: string; message: string } | undefined;
  return error && `${error.code}: ${error.message}`;
};

describe("conditions", () => {
  beforeEach(async () => {
    await nube.put("a", 1, { x: N(5), t: S("hello"), l: { L: [N(1), S("two")] }, set: { SS: ["u", "v"] } });
    await nube.put("a", 2, { x: N(6), m: { M: { k: N(1) } }, g: S("red") });
    await nube.put("b", 1, { x: N(7), nothing: { NULL: true }, g: S("red") });
  });

  test.each<[string, string[]]>([
    ["p = 'a'", ["a1", "a2"]],
    ["'a' = p AND 2 > s", ["a1"]],
    [`"p" IN ['a', 'b'] AND s = 1`, ["a1", "b1"]],
    ["p IN ('a', 'b', 'a') AND x >= 6", ["a2", "b1"]],
    ["p = 'a' AND s BETWEEN 2 AND 3", ["a2"]],
    ["p = 'a' OR p = 'b'", ["a1", "a2", "b1"]],
    ["NOT (x = 5 OR x = 6)", ["b1"]],
    ["x NOT IN (5, 6)", ["b1"]],
    ["x <> 5 AND x != 6", ["b1"]],
    ["begins_with(t, 'he') AND Contains(\"set\", 'u')", ["a1"]],
    ["contains(l, 'two') AND size(l) = 2", ["a1"]],
    ["attribute_type(m, 'M') AND m.k = 1", ["a2"]],
    ["l[0] = 1", ["a1"]],
    ["m['k'] IS NOT MISSING", ["a2"]],
    ["t IS MISSING AND nothing IS NULL", ["b1"]],
    ["nothing IS NOT NULL AND p = 'a'", ["a1", "a2"]],
    ["x = -5", []],
    ["x = 5 -- five\n AND s = 1 -- and one", ["a1"]],
  ])("%s", async (where, expected) => {
    expect(await places(where)).toEqual(expected);
  });

  test("parameters have the order of their question marks", async () => {
    expect(await places("p = ? AND s > ?", [S("a"), N(1)])).toEqual(["a2"]);
  });

  test("an index returns what it projects", async () => {
    const { Items } = await run(`SELECT * FROM "things"."by-g" WHERE g = 'red'`);
    expect(Items!.map((item) => Object.keys(item).sort())).toEqual([
      ["g", "p", "s", "x"],
      ["g", "p", "s", "x"],
    ]);
  });

  test("values of paths are returned under the names of their last steps", async () => {
    const { Items } = await run("SELECT x, l[1], m.k FROM things WHERE p = 'a'");
    expect(JSON.parse(JSON.stringify(Items))).toEqual([
      { x: N(5), "l[1]": S("two") },
      { x: N(6), k: N(1) },
    ]);
  });

  test("pages continue across partitions, in either direction, and in scans", async () => {
    for (const [statement, expected] of [
      ["SELECT * FROM things WHERE p IN ('b', 'a') ORDER BY p, s DESC", ["a2", "a1", "b1"]],
      ["SELECT * FROM things WHERE p IN ('a', 'b') ORDER BY p DESC", ["b1", "a1", "a2"]],
      ["SELECT * FROM things WHERE p IN ('b', 'a')", ["b1", "a1", "a2"]],
    ] as const) {
      const found: string[] = [];
      let NextToken: string | undefined;
      do {
        const page = await run(statement, undefined, { Limit: 1, ...(NextToken && { NextToken }) });
        found.push(...page.Items!.map(({ p, s }) => `${p!.S}${s!.N}`));
        ({ NextToken } = page);
      } while (NextToken);
      expect(found).toEqual(expected);
    }
    const first = await run("SELECT * FROM things", undefined, { Limit: 2 });
    const second = await run("SELECT * FROM things", undefined, { NextToken: first.NextToken! });
    expect(first.Items!.length + second.Items!.length).toBe(3);
    expect(await refused(run("SELECT p FROM things", undefined, { NextToken: first.NextToken! }))).toContain(
      "NextToken",
    );
  });
});

test("an item is inserted once, with literals of all types", async () => {
  const insert = `INSERT INTO things VALUE {'p': 'it''s', 's': 1.50, 'l': [1, TRUE, NULL], 'm': {'k': ?}, 'ss': <<'a'>>, 'ns': <<1, 2>>}`;
  await run(insert, [{ B: Buffer.from("z") }]);
  expect(JSON.parse(JSON.stringify(await nube.get("it's", 1.5)))).toEqual(
    JSON.parse(
      JSON.stringify({
        p: S("it's"),
        s: N("1.5"),
        l: { L: [N(1), { BOOL: true }, { NULL: true }] },
        m: { M: { k: { B: Buffer.from("z") } } },
        ss: { SS: ["a"] },
        ns: { NS: ["1", "2"] },
      }),
    ),
  );
  expect(await refused(run(insert, [N(1)]))).toBe(
    "DuplicateItemException: Duplicate primary key exists in table",
  );
});

describe("changes", () => {
  beforeEach(() => nube.put("a", 1, { x: N(5), l: { L: [N(1)] }, set: { SS: ["u"] }, old: S("o") }));

  test("one update sets, adds, appends and removes", async () => {
    const { Items } = await run(
      `UPDATE things SET x = x + 1 SET l = list_append(l, [2]) SET "set" = set_add("set", <<'v'>>) REMOVE old WHERE p = 'a' AND s = 1 RETURNING ALL NEW *`,
    );
    expect(JSON.parse(JSON.stringify(Items))).toEqual([
      { p: S("a"), s: N(1), x: N(6), l: { L: [N(1), N(2)] }, set: { SS: ["u", "v"] } },
    ]);
  });

  test("RETURNING MODIFIED returns the changed attributes, old or new", async () => {
    const at = "WHERE p = 'a' AND s = 1";
    expect((await run(`UPDATE things SET x = 9 ${at} RETURNING MODIFIED OLD *`)).Items).toEqual([
      { x: N(5) },
    ]);
    expect((await run(`UPDATE things SET x = 8 ${at} RETURNING MODIFIED NEW *`)).Items).toEqual([
      { x: N(8) },
    ]);
    expect((await run(`UPDATE things SET x = 7 ${at}`)).Items).toEqual([]);
  });

  test("an update requires its item, a deletion does not", async () => {
    const failed = "ConditionalCheckFailedException: The conditional request failed";
    expect(await refused(run("UPDATE things SET x = 1 WHERE p = 'n' AND s = 1"))).toBe(failed);
    expect((await run("DELETE FROM things WHERE p = 'n' AND s = 1 AND x = 1")).Items).toEqual([]);
    expect(await refused(run("DELETE FROM things WHERE p = 'a' AND s = 1 AND x = 1"))).toBe(failed);
    const { Items } = await run("DELETE FROM things WHERE p = 'a' AND s = 1 AND x = 5 RETURNING ALL OLD *");
    expect(Items![0]!.old).toEqual(S("o"));
    expect(await nube.get("a", 1)).toBeUndefined();
  });
});

const ONLY_OLD = "DELETE statements only support RETURNING ALL OLD *";

test.each<[string, string]>([
  ["DROP TABLE things", "Statement wasn't well formed, can't be processed: Expected data manipulation"],
  ["SELECT * FROM things WHERE", "Statement wasn't well formed, can't be processed: Unexpected token"],
  [
    "SELECT * FROM things x y",
    "Statement wasn't well formed, can't be processed: Unexpected token after expression",
  ],
  ["INSERT INTO things (p) VALUES (1)", "Statement wasn't well formed, can't be processed: Unexpected token"],
  ["SELECT * FROM things WHERE p = ?", "Number of parameters in request and statement don't match."],
  [
    "DELETE FROM things WHERE p = 'a'",
    "Where clause does not contain a mandatory equality on all key attributes",
  ],
  ["UPDATE things SET x = 1", "Where clause does not contain a mandatory equality on all key attributes"],
  ["DELETE FROM things WHERE p = 'a' AND s = 1 RETURNING ALL NEW *", ONLY_OLD],
  ["DELETE FROM things WHERE p = 'a' AND s = 1 RETURNING MODIFIED OLD *", ONLY_OLD],
  ["SELECT * FROM things ORDER BY p", "Must have WHERE clause in the statement when using ORDER BY clause."],
])("%s", async (statement, message) => {
  expect(await refused(run(statement))).toBe(`ValidationException: ${message}`);
});

test("deep nesting is rejected without recursion", async () => {
  const deep = `${"(".repeat(3_000)}p = 1${")".repeat(3_000)}`;
  expect(await refused(run(`SELECT * FROM things WHERE ${deep}`))).toContain("ValidationException");
  expect(await refused(run(`SELECT * FROM things WHERE ${"NOT ".repeat(1_900)} p = 1`))).toContain(
    "ValidationException",
  );
  expect(await refused(run(`SELECT * FROM things WHERE p = ${"[".repeat(4_000)}`))).toContain(
    "ValidationException",
  );
});

test("each statement of a batch has its own error", async () => {
  await nube.put("a", 1, { x: N(1) });
  const { Responses } = await nube.aws.dynamodb.BatchExecuteStatement({
    Statements: [
      { Statement: "INSERT INTO things VALUE {'p':'a','s':1}" },
      { Statement: "INSERT INTO things VALUE {'p':'a','s':2}" },
      {
        Statement: "UPDATE things SET x=2 WHERE p='a' AND s=1 AND x=9",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
      { Statement: "nonsense" },
      { Statement: "DELETE FROM nowhere WHERE p='a'" },
    ],
  });
  expect(Responses!.map(({ Error: error }) => error?.Code)).toEqual([
    "DuplicateItem",
    undefined,
    "ConditionalCheckFailed",
    "ValidationError",
    "ResourceNotFound",
  ]);
  expect(Responses![2]!.Error!.Item!.x).toEqual(N(1));
  expect(await nube.get("a", 2)).toBeDefined();
});

test("a batch reads single items", async () => {
  await nube.put("a", 1, { x: N(1) });
  const { Responses } = await nube.aws.dynamodb.BatchExecuteStatement({
    Statements: [
      { Statement: "SELECT x FROM things WHERE p='a' AND s=1" },
      { Statement: "SELECT * FROM things WHERE p='a'" },
      { Statement: "SELECT * FROM things WHERE p='a' AND s=9" },
    ],
  });
  expect(JSON.parse(JSON.stringify(Responses))).toMatchObject([
    { TableName: "things", Item: { x: N(1) } },
    { Error: { Code: "ValidationError" } },
    { TableName: "things" },
  ]);
});

describe("transactions", () => {
  const together = (...statements: string[]) =>
    nube.aws.dynamodb.ExecuteTransaction({
      TransactStatements: statements.map((Statement) => ({ Statement })),
    });

  test("take effect together", async () => {
    await nube.put("a", 1, { x: N(1) });
    await together(
      "EXISTS(SELECT * FROM things WHERE p='a' AND s=1 AND y IS MISSING)",
      "INSERT INTO things VALUE {'p':'a','s':2}",
    );
    expect(await nube.get("a", 2)).toBeDefined();
  });

  test("are cancelled together, each action with its reason", async () => {
    await nube.put("a", 1, { x: N(1) });
    const error = (await together(
      "INSERT INTO things VALUE {'p':'a','s':1}",
      "INSERT INTO things VALUE {'p':'a','s':2}",
      "EXISTS(SELECT * FROM things WHERE p='a' AND s=3 AND x=1)",
    ).catch((thrown: unknown) => thrown)) as { members: { CancellationReasons: { Code: string }[] } };
    expect(error.members.CancellationReasons.map(({ Code }) => Code)).toEqual([
      "DuplicateItem",
      "None",
      "ConditionalCheckFailed",
    ]);
    expect(await nube.get("a", 2)).toBeUndefined();
  });

  test("return no written items, and reject RETURNING", async () => {
    await nube.put("a", 1, { x: N(1) });
    const one = "UPDATE things SET x = 2 WHERE p='a' AND s=1";
    expect(await refused(together(`${one} RETURNING ALL OLD *`))).toBe(
      "ValidationException: RETURNING clause is not supported in ExecuteTransaction",
    );
    expect((await nube.get("a", 1))!.x).toEqual(N(1));
  });

  test("read several items at once", async () => {
    await nube.put("a", 1, { x: N(1) });
    const { Responses } = await together(
      "SELECT x FROM things WHERE p='a' AND s=1",
      "SELECT x FROM things WHERE p='a' AND s=2",
    );
    expect(JSON.parse(JSON.stringify(Responses))).toEqual([{ Item: { x: N(1) } }, {}]);
    expect(
      await refused(
        together("SELECT x FROM things WHERE p='a' AND s=1", "DELETE FROM things WHERE p='a' AND s=1"),
      ),
    ).toContain("ValidationException");
  });
});
