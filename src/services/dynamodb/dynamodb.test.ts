import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { key, N, S, TableName, type WithTable, withTable } from "./testing.ts";
import type { Item, Value } from "./values/value.ts";

let nube: WithTable;
beforeEach(async () => {
  nube = await withTable();
});
afterEach(() => nube.close());

/** A plain copy for comparisons, without null prototypes and Buffers. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test("an item is returned as it was put, with numbers in canonical form", async () => {
  const item: Item = {
    n: N("1.50e2"),
    b: { B: Buffer.from([0, 255]) },
    l: { L: [S("a"), { BOOL: true }, { NULL: true }] },
    m: { M: { __proto__x: S("y"), bs: { BS: [Buffer.from("z")] } } },
    ns: { NS: ["1.0", "2"] },
  };
  await nube.put("a", 1, item);
  expect(plain(await nube.get("a", 1))).toEqual(
    plain({ ...key("a", 1), ...item, n: N(150), ns: { NS: ["1", "2"] } }),
  );
  expect(await nube.get("a", 2)).toBeUndefined();
});

describe("conditions", () => {
  const stored: Item = {
    x: N(5),
    t: S("hello"),
    l: { L: [N(1), S("two")] },
    set: { SS: ["a", "b"] },
    m: { M: { k: N(1) } },
  };
  const holds = async (ConditionExpression: string, values: Record<string, Value> = {}) => {
    await nube.put("c", 1, stored);
    const used = Object.fromEntries(
      Object.entries(values).filter(([name]) => ConditionExpression.includes(name)),
    );
    try {
      await nube.aws.dynamodb.DeleteItem({
        TableName,
        Key: key("c", 1),
        ConditionExpression,
        ...(Object.keys(used).length > 0 && { ExpressionAttributeValues: used }),
      });
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === "ConditionalCheckFailedException") return false;
      throw error;
    }
  };
  const values = {
    ":n5": N("5.0"),
    ":n6": N(6),
    ":he": S("he"),
    ":a": S("a"),
    ":two": S("two"),
    ":l": S("L"),
    ":s1": S("s"),
  };

  test.each<[string, boolean]>([
    ["x = :n5", true],
    ["x <> :n5", false],
    ["x < :n6 AND x >= :n5", true],
    ["NOT x < :n6", false],
    ["x BETWEEN :n5 AND :n6", true],
    ["x IN (:n6, :n5)", true],
    ["x IN (:n6)", false],
    ["x = :he OR begins_with(t, :he)", true],
    ["contains(t, :he)", true],
    ["contains(m.k, :a)", false],
    ["contains(l, :two)", true],
    ["attribute_exists(l[1]) AND attribute_not_exists(l[2])", true],
    ["attribute_exists(m.k)", true],
    ["attribute_type(l, :l)", true],
    ["size(t) = :n5", true],
    ["size(l) < :n5", true],
    ["absent = :n5", false],
    ["absent <> :n5", true],
    ["t < :n5", false],
    ["(x = :n5)", true],
    ["x = :n6 or x = :n5 and t = :he", false],
  ])("%s: %s", async (expression, outcome) => {
    expect(await holds(expression, values)).toBe(outcome);
  });

  test.each<[string, string]>([
    ["x =", 'Syntax error; token: "<EOF>", near: "="'],
    ["x = :n5 y", 'Syntax error; token: "y", near: ":n5 y"'],
    ["size = :n5", "Attribute name is a reserved keyword; reserved keyword: size"],
    ["foo(x)", "Invalid function name; function: foo"],
    [
      "attribute_exists(x, t)",
      "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2",
    ],
    [
      "begins_with(t, :n5)",
      "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
    ],
    ["((x = :n5))", "The expression has redundant parentheses;"],
    [
      "x BETWEEN :n6 AND :n5",
      "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:6}, upper bound operand: AttributeValue: {N:5}",
    ],
    ["x = :none", "An expression attribute value used in expression is not defined; attribute value: :none"],
    ["#n = :n5", "An expression attribute name used in the document path is not defined; attribute name: #n"],
    [
      "x = x",
      "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [x]",
    ],
  ])("%s is refused", async (expression, reason) => {
    await expect(holds(expression, values)).rejects.toMatchObject({
      code: "ValidationException",
      message: `Invalid ConditionExpression: ${reason}`,
    });
  });

  test("unused placeholders are rejected", async () => {
    await expect(
      nube.aws.dynamodb.PutItem({
        TableName,
        Item: key("a", 1),
        ConditionExpression: "attribute_not_exists(p)",
        ExpressionAttributeValues: { ":a": S("a") },
      }),
    ).rejects.toMatchObject({
      message: "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}",
    });
  });
});

describe("updates", () => {
  const start: Item = {
    n: N(1),
    l: { L: [S("a"), S("b"), S("c")] },
    m: { M: { k: N(1), z: S("z") } },
    ss: { SS: ["a", "b"] },
  };
  const update = async (UpdateExpression: string, ExpressionAttributeValues?: Record<string, Value>) => {
    await nube.put("u", 1, start);
    const { Attributes } = await nube.aws.dynamodb.UpdateItem({
      TableName,
      Key: key("u", 1),
      UpdateExpression,
      ReturnValues: "ALL_NEW",
      ...(ExpressionAttributeValues && { ExpressionAttributeValues }),
    });
    const { p: _, s: __, ...rest } = plain(Attributes);
    return rest;
  };
  const with_ = (more: Item, ...gone: string[]) => {
    const item: Item = { ...start, ...more };
    for (const name of gone) delete item[name];
    return plain(item);
  };

  test.each<[string, Record<string, Value> | undefined, object]>([
    ["SET x = :v", { ":v": S("new") }, with_({ x: S("new") })],
    ["SET n = n + :v, x = n", { ":v": N("0.5") }, with_({ n: N("1.5"), x: N(1) })],
    ["SET n = :v - n", { ":v": N(10) }, with_({ n: N(9) })],
    ["SET n = if_not_exists(n, :v), y = if_not_exists(y, :v)", { ":v": N(7) }, with_({ y: N(7) })],
    [
      "SET l = list_append(l, :v)",
      { ":v": { L: [S("d")] } },
      with_({ l: { L: [S("a"), S("b"), S("c"), S("d")] } }),
    ],
    ["SET l[1] = :v, l[9] = :v", { ":v": S("x") }, with_({ l: { L: [S("a"), S("x"), S("c"), S("x")] } })],
    ["SET m.k = :v", { ":v": S("x") }, with_({ m: { M: { k: S("x"), z: S("z") } } })],
    ["REMOVE m.z, n", undefined, with_({ m: { M: { k: N(1) } } }, "n")],
    ["REMOVE l[0], l[2]", undefined, with_({ l: { L: [S("b")] } })],
    ["ADD n :v, q :v", { ":v": N(5) }, with_({ n: N(6), q: N(5) })],
    ["ADD ss :v", { ":v": { SS: ["b", "c"] } }, with_({ ss: { SS: ["a", "b", "c"] } })],
    ["DELETE ss :v", { ":v": { SS: ["b", "x"] } }, with_({ ss: { SS: ["a"] } })],
    ["DELETE ss :v", { ":v": { SS: ["a", "b"] } }, with_({}, "ss")],
    ["SET x = :v REMOVE n", { ":v": S("y") }, with_({ x: S("y") }, "n")],
  ])("%s", async (expression, values, expected) => {
    expect(await update(expression, values)).toEqual(expected);
  });

  test.each<[string, Record<string, Value> | undefined, string]>([
    [
      "SET x = y",
      undefined,
      "The provided expression refers to an attribute that does not exist in the item",
    ],
    ["SET l = l + :v", { ":v": N(1) }, "An operand in the update expression has an incorrect data type"],
    [
      "SET q.z = :v",
      { ":v": N(1) },
      "The document path provided in the update expression is invalid for update",
    ],
    [
      "SET p = :v",
      { ":v": S("x") },
      "One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key",
    ],
    [
      "SET x = :v, x = :v",
      { ":v": S("x") },
      "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [x], path two: [x]",
    ],
    [
      "SET x = :v SET y = :v",
      { ":v": S("x") },
      'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;',
    ],
    [
      "ADD n :v",
      { ":v": S("x") },
      "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
    ],
    [
      "SET g = :v",
      { ":v": N(1) },
      "The update expression attempted to update the secondary index key to unsupported type",
    ],
  ])("%s is refused", async (expression, values, message) => {
    await expect(update(expression, values)).rejects.toMatchObject({ code: "ValidationException", message });
  });

  test("UPDATED_NEW and UPDATED_OLD return the written attributes", async () => {
    await nube.put("u", 1, start);
    const ask = async (ReturnValues: "UPDATED_OLD" | "UPDATED_NEW", v: number) =>
      plain(
        (
          await nube.aws.dynamodb.UpdateItem({
            TableName,
            Key: key("u", 1),
            UpdateExpression: "SET m.k = :v, q = :v",
            ExpressionAttributeValues: { ":v": N(v) },
            ReturnValues,
          })
        ).Attributes,
      );
    expect(await ask("UPDATED_OLD", 2)).toEqual({ m: { M: { k: N(1) } } });
    expect(await ask("UPDATED_NEW", 3)).toEqual({ m: { M: { k: N(3) } }, q: N(3) });
  });
});

describe("Query", () => {
  beforeEach(async () => {
    for (const s of [10, -1, 2, 1.5, 100]) await nube.put("q", s, { x: S(String(s)) });
    await nube.put("other", 1);
  });
  const sorts = async (sort: string, values: Record<string, Value> = {}, more: object = {}) => {
    const { Items } = await nube.aws.dynamodb.Query({
      TableName,
      KeyConditionExpression: `p = :p${sort}`,
      ExpressionAttributeValues: { ":p": S("q"), ...values },
      ...more,
    });
    return Items!.map((item) => Number(item.s!.N));
  };

  test.each<[string, Record<string, Value>, number[]]>([
    ["", {}, [-1, 1.5, 2, 10, 100]],
    [" AND s > :a", { ":a": N(2) }, [10, 100]],
    [" AND s >= :a", { ":a": N(2) }, [2, 10, 100]],
    [" AND s < :a", { ":a": N(2) }, [-1, 1.5]],
    [" AND s <= :a", { ":a": N(2) }, [-1, 1.5, 2]],
    [" AND s = :a", { ":a": N(2) }, [2]],
    [" AND s BETWEEN :a AND :b", { ":a": N(0), ":b": N(10) }, [1.5, 2, 10]],
    [" AND :a < s", { ":a": N(2) }, [10, 100]],
  ])("p = :p%s", async (sort, values, expected) => {
    expect(await sorts(sort, values)).toEqual(expected);
    expect(await sorts(sort, values, { ScanIndexForward: false })).toEqual(expected.toReversed());
  });

  test.each([true, false])("page by page, forward: %s", async (ScanIndexForward) => {
    const found: number[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await nube.aws.dynamodb.Query({
        TableName,
        KeyConditionExpression: "p = :p",
        ExpressionAttributeValues: { ":p": S("q") },
        Limit: 2,
        ScanIndexForward,
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      });
      found.push(...page.Items!.map((item) => Number(item.s!.N)));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    const all = [-1, 1.5, 2, 10, 100];
    expect(found).toEqual(ScanIndexForward ? all : all.toReversed());
  });

  test("a filter applies to the items that the limit counted", async () => {
    const page = await nube.aws.dynamodb.Query({
      TableName,
      KeyConditionExpression: "p = :p",
      FilterExpression: "x = :x",
      ExpressionAttributeValues: { ":p": S("q"), ":x": S("2") },
      Limit: 2,
    });
    expect(page).toMatchObject({ Count: 0, ScannedCount: 2, LastEvaluatedKey: key("q", 1.5) });
  });
});

test("an index contains the items with its key attributes, and returns what it projects", async () => {
  await nube.put("a", 1, { g: S("g1"), x: S("x"), y: S("y") });
  await nube.put("a", 2, { g: S("g1") });
  await nube.put("a", 3, { x: S("no g") });
  const ask = async () => {
    const { Items } = await nube.aws.dynamodb.Query({
      TableName,
      IndexName: "by-g",
      KeyConditionExpression: "g = :g",
      ExpressionAttributeValues: { ":g": S("g1") },
    });
    return plain(Items).sort((a: Item, b: Item) => Number(a.s!.N) - Number(b.s!.N));
  };
  expect(await ask()).toEqual([
    { ...key("a", 1), g: S("g1"), x: S("x") },
    { ...key("a", 2), g: S("g1") },
  ]);
  await nube.put("a", 1, { g: S("g2") });
  await nube.aws.dynamodb.DeleteItem({ TableName, Key: key("a", 2) });
  expect(await ask()).toEqual([]);
});

test("a scan returns every item once, also in segments", async () => {
  for (let at = 0; at < 40; at++) await nube.put(`p${at}`, at);
  const scan = async (more: object) => {
    const found: string[] = [];
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await nube.aws.dynamodb.Scan({
        TableName,
        Limit: 7,
        ...more,
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      });
      found.push(...page.Items!.map((item) => item.p!.S!));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return found;
  };
  const all = await scan({});
  expect(new Set(all).size).toBe(40);
  const segments = await Promise.all([0, 1, 2].map((Segment) => scan({ Segment, TotalSegments: 3 })));
  expect(segments.flat()).toEqual(all);
  expect(Math.min(...segments.map(({ length }) => length))).toBeGreaterThan(0);
});

test("a page ends at a megabyte", async () => {
  for (let at = 0; at < 4; at++) await nube.put("big", at, { x: S("x".repeat(300_000)) });
  const first = await nube.aws.dynamodb.Query({
    TableName,
    KeyConditionExpression: "p = :p",
    ExpressionAttributeValues: { ":p": S("big") },
  });
  expect(first).toMatchObject({ Count: 3, LastEvaluatedKey: key("big", 2) });
});

describe("transactions", () => {
  test("write all items or none", async () => {
    await nube.put("t", 1, { n: N(1) });
    const write = (n: number) =>
      nube.aws.dynamodb.TransactWriteItems({
        TransactItems: [
          { Put: { TableName, Item: key("t", 2) } },
          {
            Update: {
              TableName,
              Key: key("t", 1),
              UpdateExpression: "SET n = n + :one",
              ConditionExpression: "n = :n",
              ExpressionAttributeValues: { ":one": N(1), ":n": N(n) },
            },
          },
        ],
      });
    await expect(write(5)).rejects.toMatchObject({
      code: "TransactionCanceledException",
      message:
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
      members: { CancellationReasons: [{ Code: "None" }, { Code: "ConditionalCheckFailed" }] },
    });
    expect(await nube.get("t", 2)).toBeUndefined();
    await write(1);
    expect([await nube.get("t", 1), await nube.get("t", 2)]).toMatchObject([{ n: N(2) }, key("t", 2)]);
  });

  test("a token identifies its request for ten minutes", async () => {
    const write = (n: number) =>
      nube.aws.dynamodb.TransactWriteItems({
        ClientRequestToken: "token",
        TransactItems: [
          {
            Update: {
              TableName,
              Key: key("t", 1),
              UpdateExpression: "ADD n :n",
              ExpressionAttributeValues: { ":n": N(n) },
            },
          },
        ],
      });
    await write(1);
    await write(1);
    expect(await nube.get("t", 1)).toMatchObject({ n: N(1) });
    await expect(write(2)).rejects.toMatchObject({ code: "IdempotentParameterMismatchException" });
    await nube.advance("11m");
    await write(2);
    expect(await nube.get("t", 1)).toMatchObject({ n: N(3) });
  });
});

test("batches", async () => {
  await nube.aws.dynamodb.BatchWriteItem({
    RequestItems: { [TableName]: [1, 2].map((s) => ({ PutRequest: { Item: key("b", s) } })) },
  });
  const { Responses } = await nube.aws.dynamodb.BatchGetItem({
    RequestItems: { [TableName]: { Keys: [key("b", 1), key("b", 2), key("b", 3)] } },
  });
  expect(Responses![TableName]).toHaveLength(2);
  await expect(
    nube.aws.dynamodb.BatchGetItem({ RequestItems: { [TableName]: { Keys: [key("b", 1), key("b", 1)] } } }),
  ).rejects.toMatchObject({ message: "Provided list of item keys contains duplicates" });
});

test("a recreated table has no items of the former one", async () => {
  await nube.put("a", 1);
  await nube.aws.dynamodb.DeleteTable({ TableName });
  await expect(nube.get("a", 1)).rejects.toMatchObject({
    code: "ResourceNotFoundException",
    message: "Requested resource not found",
  });
  await nube.aws.dynamodb.CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
  });
  expect((await nube.aws.dynamodb.Scan({ TableName })).Items).toEqual([]);
});
