import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  ExecuteTransactionCommand,
  GetItemCommand,
  PutItemCommand,
  type TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, type Item, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "music";
withTable(TableName, {
  AttributeDefinitions: [
    { AttributeName: "p", AttributeType: "S" },
    { AttributeName: "s", AttributeType: "N" },
    { AttributeName: "genre", AttributeType: "S" },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: "by-genre",
      KeySchema: [
        { AttributeName: "genre", KeyType: "HASH" },
        { AttributeName: "s", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "ALL" },
    },
  ],
});

const STORED: Item[] = [
  { p: S("a"), s: N(1), x: N(5), t: S("hello"), l: { L: [N(1), S("two")] }, set: { SS: ["u", "v"] } },
  { p: S("a"), s: N(2), x: N(6), m: { M: { k: N(1), "odd name": S("o") } }, genre: S("jazz") },
  { p: S("a"), s: N(3), x: N(7), b: { BOOL: true }, genre: S("folk") },
  { p: S("b"), s: N(1), x: N(8), nothing: { NULL: true }, genre: S("jazz") },
];
beforeAll(async () => {
  for (const Item of STORED) await send(new PutItemCommand({ TableName, Item }));
});

type More = Partial<ExecuteStatementCommandInput>;
const run = (Statement: string, Parameters?: AttributeValue[], more: More = {}) =>
  send(new ExecuteStatementCommand({ Statement, Parameters, ...more }));
const shown = (items: Item[] | undefined) => items!.map(({ p, s }) => `${p!.S}${s!.N}`);
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: Error) => `${error.name}: ${error.message}`,
  );
const item = async (p: string, s: number) =>
  (await send(new GetItemCommand({ TableName, Key: { p: S(p), s: N(s) }, ConsistentRead: true }))).Item;

const select = guide("ql-reference.select");
const operators = guide("ql-operators");
const paging = api("ExecuteStatement");
const functions = (name: string) => guide(`ql-functions.${name}`);

const CONDITIONS: [where: string, found: string[], source: string, parameters?: AttributeValue[]][] = [
  ["p = 'a'", ["a1", "a2", "a3"], select],
  [`"p" = 'a' AND "s" = 2`, ["a2"], select],
  ["p = 'a' AND s > 1", ["a2", "a3"], operators],
  ["p = 'a' AND s >= 2 AND s <= 2", ["a2"], operators],
  ["p = 'a' AND s < 2", ["a1"], operators],
  ["p = 'a' AND s BETWEEN 2 AND 3", ["a2", "a3"], operators],
  ["p IN ['a', 'b'] AND s = 1", ["a1", "b1"], select],
  ["p IN ('a', 'b') AND x > 6", ["a3", "b1"], operators],
  ["p = 'a' OR p = 'b'", ["a1", "a2", "a3", "b1"], operators],
  ["NOT x = 5 AND p = 'a'", ["a2", "a3"], operators],
  ["p = 'a' AND (x = 5 OR x = 7)", ["a1", "a3"], operators],
  ["p = 'a' AND x <> 5", ["a2", "a3"], operators],
  ["p = 'a' AND x IN (5, 6)", ["a1", "a2"], operators],
  ["p = ? AND s = ?", ["a3"], select, [S("a"), N(3)]],
  ["b = true", ["a3"], guide("ql-reference.data-types")],
  ["m.k = 1", ["a2"], select],
  [`m."odd name" = 'o'`, ["a2"], select],
  ["l[0] = 1", ["a1"], select],
  ["l = [1, 'two']", ["a1"], guide("ql-reference.data-types")],
  [`"set" = <<'v', 'u'>>`, ["a1"], guide("ql-reference.data-types")],
  ["begins_with(t, 'hel')", ["a1"], functions("beginswith")],
  ["contains(t, 'ell')", ["a1"], functions("contains")],
  [`contains("set", 'u')`, ["a1"], functions("contains")],
  ["attribute_type(m, 'M')", ["a2"], functions("attribute_type")],
  ["size(l) = 2", ["a1"], functions("size")],
  ["size(t) > 4", ["a1"], functions("size")],
  ["p = 'a' AND t IS MISSING", ["a2", "a3"], functions("missing")],
  ["p = 'a' AND t IS NOT MISSING", ["a1"], functions("missing")],
  ["nothing IS NULL", ["b1"], operators],
];
for (const [where, found, source, parameters] of CONDITIONS) {
  behaviour(`SELECT finds items by ${where}`, source, async () => {
    const { Items } = await run(`SELECT * FROM "${TableName}" WHERE ${where}`, parameters);
    expect(shown(Items).sort()).toEqual(found);
  });
}

behaviour("SELECT without a condition scans the table", select, async () => {
  expect((await run(`SELECT * FROM ${TableName}`)).Items!.length).toBeGreaterThanOrEqual(STORED.length);
});
behaviour("SELECT returns only the projected attributes", select, async () => {
  const { Items } = await run(`SELECT x, t FROM ${TableName} WHERE p = 'a' AND s = 1`);
  expect(Items).toEqual([{ x: N(5), t: S("hello") }]);
});
behaviour("SELECT returns several parts of one attribute", select, async () => {
  const { Items } = await run(`SELECT m.k, m."odd name" FROM ${TableName} WHERE p = 'a' AND s = 2`);
  expect(Items).toEqual([{ k: N(1), "odd name": S("o") }]);
});
behaviour("SELECT queries an index by its name after the table's", select, async () => {
  const { Items } = await run(`SELECT * FROM "${TableName}"."by-genre" WHERE genre = 'jazz' AND s < 5`);
  expect(shown(Items)).toEqual(["b1", "a2"]);
});
behaviour("SELECT refuses an index that does not exist", select, async () => {
  expect(await refusal(run(`SELECT * FROM "${TableName}"."none" WHERE genre = 'jazz'`))).toBe(
    "ValidationException: The table does not have the specified index: none",
  );
});
behaviour("ORDER BY the sort key in descending order", select, async () => {
  const { Items } = await run(`SELECT * FROM ${TableName} WHERE p = 'a' ORDER BY s DESC`);
  expect(shown(Items)).toEqual(["a3", "a2", "a1"]);
});
for (const where of [
  "p IN ['a', 'none', 'b']",
  "p = 'a' OR p = 'b'",
  "(p = 'a' OR p IN ['b', 'c']) AND s < 3",
])
  behaviour(`ORDER BY the partition key across partitions, ${where}`, select, async () => {
    const ordered = async (order: string) =>
      shown((await run(`SELECT * FROM ${TableName} WHERE ${where} ORDER BY ${order}`)).Items);
    const [up, down] = [await ordered("p"), await ordered("p DESC")];
    expect(up.map(([p]) => p)).toEqual(up.map(([p]) => p).toSorted());
    expect(down.map(([p]) => p)).toEqual(up.map(([p]) => p).toReversed());
    expect((await ordered("p DESC, s DESC")).toReversed()).toEqual(up);
    await expect(ordered("s")).rejects.toMatchObject({
      name: "ValidationException",
      message:
        "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
    });
  });
behaviour("SELECT accepts any number of partitions joined by OR", select, async () => {
  const others = Array.from({ length: 60 }, (_, at) => `p = 'none${at}'`).join(" OR ");
  const { Items } = await run(`SELECT * FROM ${TableName} WHERE ${others} OR p = 'b'`);
  expect(shown(Items)).toEqual(["b1"]);
});
behaviour("SELECT queries partitions joined by OR and does not scan", select, async () => {
  const { ConsumedCapacity } = await run(
    `SELECT * FROM ${TableName} WHERE p = 'none' OR p = 'no'`,
    undefined,
    {
      ReturnConsumedCapacity: "TOTAL",
    },
  );
  const { ConsumedCapacity: all } = await run(`SELECT * FROM ${TableName}`, undefined, {
    ReturnConsumedCapacity: "TOTAL",
  });
  expect(ConsumedCapacity!.CapacityUnits).toBe(1);
  expect(all!.CapacityUnits).toBe(0.5);
});
behaviour("without ORDER BY a partition is returned in ascending order", select, async () => {
  expect(shown((await run(`SELECT * FROM ${TableName} WHERE p = 'a'`)).Items)).toEqual(["a1", "a2", "a3"]);
});
behaviour("Limit counts the items read, and NextToken continues after them", paging, async () => {
  const found: string[] = [];
  let NextToken: string | undefined;
  let pages = 0;
  do {
    const page = await run(`SELECT * FROM ${TableName} WHERE p = 'a' AND x > 5`, undefined, {
      Limit: 1,
      NextToken,
    });
    found.push(...shown(page.Items));
    ({ NextToken } = page);
    pages++;
  } while (NextToken);
  expect(found).toEqual(["a2", "a3"]);
  expect(pages).toBeGreaterThanOrEqual(3);
});
behaviour("a page that ends at the limit returns LastEvaluatedKey", paging, async () => {
  const page = await run(`SELECT * FROM ${TableName} WHERE p = 'a'`, undefined, { Limit: 2 });
  expect(page.LastEvaluatedKey).toEqual({ p: S("a"), s: N(2) });
});
behaviour("ReturnConsumedCapacity returns the consumed capacity", paging, async () => {
  const { ConsumedCapacity } = await run(`SELECT * FROM ${TableName} WHERE p = 'a'`, undefined, {
    ConsistentRead: true,
    ReturnConsumedCapacity: "TOTAL",
  });
  expect(ConsumedCapacity).toMatchObject({ TableName, CapacityUnits: 1 });
});
behaviour("a consistent read of a global index is refused", guide("HowItWorks.ReadConsistency"), async () => {
  const outcome = await refusal(
    run(`SELECT * FROM "${TableName}"."by-genre" WHERE genre = 'jazz'`, undefined, { ConsistentRead: true }),
  );
  expect(outcome).toBe("ValidationException: Consistent reads are not supported on global secondary indexes");
});

const inserting = guide("ql-reference.insert");
behaviour("INSERT stores an item with all types", inserting, async () => {
  const { Items } = await run(
    `INSERT INTO "${TableName}" VALUE {'p': 'in', 's': 1, 'text': 'it''s', 'n': 1.50, 'yes': TRUE, 'none': NULL,
     'list': [1, 'a'], 'map': {'inner': {'deep': 2}}, 'words': <<'a', 'b'>>, 'numbers': <<1, 2>>}`,
  );
  expect(Items).toEqual([]);
  expect(await item("in", 1)).toEqual({
    p: S("in"),
    s: N(1),
    text: S("it's"),
    n: N("1.5"),
    yes: { BOOL: true },
    none: { NULL: true },
    list: { L: [N(1), S("a")] },
    map: { M: { inner: { M: { deep: N(2) } } } },
    words: { SS: ["a", "b"] },
    numbers: { NS: ["1", "2"] },
  });
});
behaviour("INSERT accepts parameters inside of the item", inserting, async () => {
  const blob = { B: new Uint8Array([1, 2]) };
  await run(`INSERT INTO ${TableName} VALUE {'p': ?, 's': ?, 'm': {'b': ?}}`, [S("in"), N(2), blob]);
  expect((await item("in", 2))!.m!.M!.b!.B).toEqual(blob.B);
});
behaviour("INSERT refuses an existing item", inserting, async () => {
  expect(await refusal(run(`INSERT INTO ${TableName} VALUE {'p': 'a', 's': 1}`))).toBe(
    "DuplicateItemException: Duplicate primary key exists in table",
  );
});
behaviour("INSERT refuses an item without its full key", inserting, async () => {
  expect(await refusal(run(`INSERT INTO ${TableName} VALUE {'p': 'a'}`))).toBe(
    "ValidationException: One or more parameter values were invalid: Missing the key s in the item",
  );
});

const updating = guide("ql-reference.update");
const AT = "WHERE p = 'up' AND s = 1";
const before: Item = { p: S("up"), s: N(1), x: N(5), l: { L: [N(1)] }, set: { SS: ["u"] }, old: S("o") };
const UPDATES: [actions: string, changed: Item, removed?: string[]][] = [
  ["SET x = 6", { x: N(6) }],
  ["SET x = x + 2", { x: N(7) }],
  ["SET x = x - 2", { x: N(3) }],
  ["SET x = 1 SET y = 'new'", { x: N(1), y: S("new") }],
  ["SET x = 1, y = {'k': [2]}", { x: N(1), y: { M: { k: { L: [N(2)] } } } }],
  ["SET l = list_append(l, [2, 3])", { l: { L: [N(1), N(2), N(3)] } }],
  ["SET l = list_append([0], l)", { l: { L: [N(0), N(1)] } }],
  ["SET l[0] = 9", { l: { L: [N(9)] } }],
  [`SET "set" = set_add("set", <<'v'>>)`, { set: { SS: ["u", "v"] } }],
  [`SET "set" = set_delete("set", <<'u'>>)`, {}, ["set"]],
  ["REMOVE old", {}, ["old"]],
  ["REMOVE l[0] REMOVE old", { l: { L: [] } }, ["old"]],
  ["SET x = 2 REMOVE old", { x: N(2) }, ["old"]],
];
for (const [actions, changed, removed = []] of UPDATES) {
  behaviour(`UPDATE ${actions}`, updating, async () => {
    await send(new PutItemCommand({ TableName, Item: before }));
    const { Items } = await run(`UPDATE "${TableName}" ${actions} ${AT} RETURNING ALL NEW *`);
    const after = { ...before, ...changed };
    for (const name of removed) delete after[name];
    expect(Items).toEqual([after]);
    expect(await item("up", 1)).toEqual(after);
  });
}
const RETURNED: [string, Item[]][] = [
  ["RETURNING ALL OLD *", [before]],
  ["RETURNING MODIFIED OLD *", [{ x: N(5) }]],
  ["RETURNING MODIFIED NEW *", [{ x: N(9) }]],
  ["", []],
];
for (const [returning, Items] of RETURNED) {
  behaviour(`UPDATE ${returning || "without RETURNING"}`, updating, async () => {
    await send(new PutItemCommand({ TableName, Item: before }));
    expect((await run(`UPDATE ${TableName} SET x = 9 ${AT} ${returning}`)).Items).toEqual(Items);
  });
}
behaviour("UPDATE of a missing item fails as a failed condition", updating, async () => {
  expect(await refusal(run(`UPDATE ${TableName} SET x = 1 WHERE p = 'none' AND s = 1`))).toBe(
    "ConditionalCheckFailedException: The conditional request failed",
  );
});
behaviour("UPDATE treats conditions besides the key as a condition expression", updating, async () => {
  await send(new PutItemCommand({ TableName, Item: before }));
  const error = await run(`UPDATE ${TableName} SET x = 1 ${AT} AND x = 4`, undefined, {
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  }).catch((thrown: { Item?: Item }) => thrown);
  expect((error as { Item?: Item }).Item).toEqual(before);
});
behaviour("UPDATE refuses to change a key attribute", updating, async () => {
  await send(new PutItemCommand({ TableName, Item: before }));
  expect(await refusal(run(`UPDATE ${TableName} SET s = 2 ${AT}`))).toBe(
    "ValidationException: One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key",
  );
});

const deleting = guide("ql-reference.delete");
behaviour("DELETE removes an item, and RETURNING ALL OLD returns it", deleting, async () => {
  await send(new PutItemCommand({ TableName, Item: before }));
  expect((await run(`DELETE FROM "${TableName}" ${AT} RETURNING ALL OLD *`)).Items).toEqual([before]);
  expect(await item("up", 1)).toBeUndefined();
});
behaviour("DELETE of a missing item succeeds", deleting, async () => {
  expect((await run(`DELETE FROM ${TableName} WHERE p = 'none' AND s = 1`)).Items).toEqual([]);
});
behaviour("DELETE with a false condition fails", deleting, async () => {
  expect(await refusal(run(`DELETE FROM ${TableName} WHERE p = 'a' AND s = 1 AND x = 0`))).toBe(
    "ConditionalCheckFailedException: The conditional request failed",
  );
});

const NOT_WELL_FORMED = "Statement wasn't well formed, can't be processed";
const NO_KEY = "Where clause does not contain a mandatory equality on all key attributes";
const REFUSED: [statement: string, message: string, source: string][] = [
  ["GRANT ALL", `${NOT_WELL_FORMED}: Expected data manipulation`, guide("ql-reference.statements")],
  ["UPDATE two-words SET x = 1 WHERE p = 'a'", `${NOT_WELL_FORMED}: Expected data manipulation`, updating],
  [
    `UPDATE ${TableName} SET s = 2 WHERE p = 'nobody' AND s = 1`,
    "One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key",
    updating,
  ],
  [`UPDATE ${TableName} SET x = 1 WHERE p = 'a'`, NO_KEY, updating],
  [`UPDATE ${TableName} SET x = 1 WHERE p = 'a' AND s > 1`, NO_KEY, updating],
  [`DELETE FROM ${TableName} WHERE s = 1`, NO_KEY, deleting],
  [`DELETE FROM ${TableName}`, NO_KEY, deleting],
  [
    `SELECT * FROM ${TableName} WHERE p = ?`,
    "Number of parameters in request and statement don't match.",
    paging,
  ],
];
for (const [statement, message, source] of REFUSED) {
  behaviour(`${statement} is refused`, source, async () => {
    expect(await refusal(run(statement))).toBe(`ValidationException: ${message}`);
  });
}
behaviour("SELECT refuses a table that does not exist", paging, async () => {
  expect(await refusal(run("SELECT * FROM nowhere"))).toBe(
    "ResourceNotFoundException: Requested resource not found",
  );
});

const batching = guide("ql-reference.multiplestatements.batching");
const batch = (...statements: string[]) =>
  send(new BatchExecuteStatementCommand({ Statements: statements.map((Statement) => ({ Statement })) })).then(
    ({ Responses }) => Responses!,
  );
behaviour("a batch reads single items in the order of its statements", batching, async () => {
  const found = await batch(
    `SELECT x FROM ${TableName} WHERE p = 'a' AND s = 2`,
    `SELECT x FROM ${TableName} WHERE p = 'b' AND s = 1`,
  );
  expect(found).toEqual([
    { TableName, Item: { x: N(6) } },
    { TableName, Item: { x: N(8) } },
  ]);
});
behaviour("a read in a batch requires the full key", batching, async () => {
  const [found] = await batch(`SELECT * FROM ${TableName} WHERE p = 'a'`);
  expect(found!.Error).toMatchObject({
    Code: "ValidationError",
    Message:
      "Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
  });
});
behaviour("an error of one statement in a batch does not stop the others", batching, async () => {
  const responses = await batch(
    `INSERT INTO ${TableName} VALUE {'p': 'a', 's': 1}`,
    `INSERT INTO ${TableName} VALUE {'p': 'batch', 's': 1}`,
    `UPDATE ${TableName} SET x = 1 WHERE p = 'none' AND s = 1`,
  );
  expect(responses.map(({ Error: error }) => error?.Code)).toEqual([
    "DuplicateItem",
    undefined,
    "ConditionalCheckFailed",
  ]);
  expect(await item("batch", 1)).toBeDefined();
});
behaviour("a batch does not mix reads and writes", batching, async () => {
  const outcome = await refusal(
    batch(
      `SELECT * FROM ${TableName} WHERE p = 'a' AND s = 1`,
      `DELETE FROM ${TableName} WHERE p = 'n' AND s = 1`,
    ),
  );
  expect(outcome).toMatch(/^ValidationException/);
});

const together = guide("ql-reference.multiplestatements.transactions");
const transact = (statements: string[], ClientRequestToken?: string) =>
  send(
    new ExecuteTransactionCommand({
      TransactStatements: statements.map((Statement) => ({ Statement })),
      ClientRequestToken,
    }),
  );
const codes = (statements: string[]) =>
  transact(statements).then(
    () => [],
    (error: TransactionCanceledException) => error.CancellationReasons!.map(({ Code }) => Code),
  );
behaviour("a transaction refuses two reads of one item", guide("ServiceQuotas"), async () => {
  const read = `SELECT * FROM ${TableName} WHERE p = 'a' AND s = 1`;
  expect(await refusal(transact([read, read]))).toBe(
    "ValidationException: Transaction request cannot include multiple operations on one item",
  );
});
behaviour("a transaction reads at most 4 MB", guide("ServiceQuotas"), async () => {
  const reads = Array.from(
    { length: 11 },
    (_, at) => `SELECT * FROM ${TableName} WHERE p = 'large' AND s = ${at}`,
  );
  for (let at = 0; at < reads.length; at++)
    await send(
      new PutItemCommand({ TableName, Item: { p: S("large"), s: N(at), x: S("x".repeat(400_000)) } }),
    );
  expect((await transact(reads.slice(1))).Responses).toHaveLength(10);
  expect(await refusal(transact(reads))).toMatch(/^ValidationException: .* 4 MB$/);
});
behaviour("the writes of a transaction take effect together", together, async () => {
  await transact([
    `INSERT INTO ${TableName} VALUE {'p': 'tx', 's': 1}`,
    `INSERT INTO ${TableName} VALUE {'p': 'tx', 's': 2}`,
  ]);
  expect([await item("tx", 1), await item("tx", 2)]).not.toContain(undefined);
});
behaviour("a canceled transaction returns the reason of each statement", together, async () => {
  expect(
    await codes([
      `INSERT INTO ${TableName} VALUE {'p': 'a', 's': 1}`,
      `INSERT INTO ${TableName} VALUE {'p': 'tx', 's': 3}`,
      `UPDATE ${TableName} SET x = 1 WHERE p = 'none' AND s = 1`,
    ]),
  ).toEqual(["DuplicateItem", "None", "ConditionalCheckFailed"]);
  expect(await item("tx", 3)).toBeUndefined();
});
behaviour("EXISTS is a condition check of a transaction", functions("exists"), async () => {
  const put = `INSERT INTO ${TableName} VALUE {'p': 'tx', 's': 4}`;
  const exists = (where: string) =>
    `EXISTS(SELECT * FROM "${TableName}" WHERE p = 'a' AND s = 1 AND ${where})`;
  expect(await codes([exists("x = 0"), put])).toEqual(["ConditionalCheckFailed", "None"]);
  await transact([exists("x = 5"), put]);
  expect(await item("tx", 4)).toBeDefined();
});
behaviour("EXISTS is refused outside of a transaction", functions("exists"), async () => {
  expect(await refusal(run(`EXISTS(SELECT * FROM ${TableName} WHERE p = 'a' AND s = 1)`))).toMatch(
    /^ValidationException/,
  );
});
behaviour("a transaction reads several items", together, async () => {
  const { Responses } = await transact([
    `SELECT x FROM ${TableName} WHERE p = 'a' AND s = 1`,
    `SELECT x FROM ${TableName} WHERE p = 'none' AND s = 1`,
  ]);
  expect(Responses).toEqual([{ Item: { x: N(5) } }, {}]);
});
behaviour("a transaction does not mix reads and writes", together, async () => {
  const statements = [
    `SELECT x FROM ${TableName} WHERE p = 'a' AND s = 1`,
    `DELETE FROM ${TableName} WHERE p = 'n' AND s = 1`,
  ];
  expect(await refusal(transact(statements))).toMatch(/^ValidationException/);
});
behaviour("a transaction refuses two operations on one item", together, async () => {
  const statements = [1, 2].map((x) => `UPDATE ${TableName} SET x = ${x} WHERE p = 'a' AND s = 1`);
  expect(await refusal(transact(statements))).toBe(
    "ValidationException: Transaction request cannot include multiple operations on one item",
  );
});
behaviour(
  "a transaction with a repeated token is not executed again",
  api("ExecuteTransaction"),
  async () => {
    const statements = [`INSERT INTO ${TableName} VALUE {'p': 'once', 's': 1}`];
    await transact(statements, "once");
    await transact(statements, "once");
    const other = [`INSERT INTO ${TableName} VALUE {'p': 'once', 's': 2}`];
    expect(await refusal(transact(other, "once"))).toMatch(/^IdempotentParameterMismatchException/);
  },
);

behaviour("SELECT with IN returns ten items a page", operators, async () => {
  const many = Array.from({ length: 12 }, (_, at) => `many-${at}`);
  for (const p of many) await send(new PutItemCommand({ TableName, Item: { p: S(p), s: N(1) } }));
  const Statement = `SELECT * FROM ${TableName} WHERE p IN [${many.map((p) => `'${p}'`).join(", ")}]`;
  const first = await run(Statement);
  expect(shown(first.Items)).toHaveLength(10);
  const rest = await run(Statement, undefined, { NextToken: first.NextToken });
  expect(shown([...first.Items!, ...rest.Items!]).sort()).toEqual(many.map((p) => `${p}1`).sort());
  expect(rest.NextToken).toBeUndefined();
});
