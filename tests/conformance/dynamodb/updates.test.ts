import { GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, guide, type Item, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "updates";
withTable(TableName);

const by = (values: Item) => ({ ExpressionAttributeValues: values });

/** Updates of an item, with the updated attributes or the message that refuses them. */
const start: Item = {
  n: N(1),
  l: { L: [S("a")] },
  m: { M: { x: N(1) } },
  ss: { SS: ["a", "b"] },
  bags: { L: [{ SS: ["a"] }, { SS: ["b"] }, { SS: ["c"] }] },
};
const APPLIED: [string, Item, Item | string][] = [
  ["SET l[5] = :v, l[3] = :w", { ":v": S("v"), ":w": S("w") }, { l: { L: [S("a"), S("w"), S("v")] } }],
  ["SET l[7] = :v REMOVE l[1]", { ":v": S("v") }, { l: { L: [S("a"), S("v")] } }],
  ["SET l[3] = :v ADD l[1] :n", { ":v": S("v"), ":n": N(1) }, { l: { L: [S("a"), N(1), S("v")] } }],
  ["ADD l[9] :n, l[8] :m", { ":n": N(9), ":m": N(8) }, { l: { L: [S("a"), N(8), N(9)] } }],
  ["DELETE bags[0] :a REMOVE bags[1]", { ":a": { SS: ["a"] } }, { bags: { L: [{ SS: ["c"] }] } }],
  [
    "DELETE bags[0] :a, bags[1] :b",
    { ":a": { SS: ["a"] }, ":b": { SS: ["b"] } },
    { bags: { L: [{ SS: ["c"] }] } },
  ],
  [
    "SET l[7] = :l REMOVE l[1][0]",
    { ":l": { L: [S("v")] } },
    "The document path provided in the update expression is invalid for update",
  ],
  ["SET m.y = :v", { ":v": S("v") }, { m: { M: { x: N(1), y: S("v") } } }],
  ["SET n = n - :v", { ":v": N("0.1") }, { n: N("0.9") }],
  ["SET z = if_not_exists(n, (:v))", { ":v": N(0) }, { z: N(1) }],
  ["SET n = (n + :v)", { ":v": N(2) }, { n: N(3) }],
  ["SET n = n + :v", { ":v": N(`1${"0".repeat(37)}`) }, { n: N(`1${"0".repeat(36)}1`) }],
  ["SET n = n + :v", { ":v": N("1E38") }, "Attempting to store more than 38 significant digits in a Number"],
  ["ADD n :v", { ":v": N("1E-38") }, "Attempting to store more than 38 significant digits in a Number"],
  ["SET n = n - :v", { ":v": N("1E60") }, "Attempting to store more than 38 significant digits in a Number"],
  ["SET n = (n) + (:v)", { ":v": N(2) }, { n: N(3) }],
  ["SET l[4294967294] = :v", { ":v": S("v") }, { l: { L: [S("a"), S("v")] } }],
  ["SET l = list_append(:v, l)", { ":v": { L: [S("z")] } }, { l: { L: [S("z"), S("a")] } }],
  ["SET z = if_not_exists(z, :v)", { ":v": N(0) }, { z: N(0) }],
  ["ADD z :v", { ":v": N(5) }, { z: N(5) }],
  ["ADD ss :v", { ":v": { SS: ["c"] } }, { ss: { SS: ["a", "b", "c"] } }],
  ["DELETE ss :v", { ":v": { SS: ["a"] } }, { ss: { SS: ["b"] } }],
  ["SET z = y", {}, "The provided expression refers to an attribute that does not exist in the item"],
  [
    "SET q.r = :v",
    { ":v": N(1) },
    "The document path provided in the update expression is invalid for update",
  ],
  ["ADD l :v", { ":v": N(1) }, "An operand in the update expression has an incorrect data type"],
  [
    "SET p = :v",
    { ":v": S("x") },
    "One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key",
  ],
];
const update = (Key: Item, UpdateExpression: string, values: Item) =>
  send(
    new UpdateItemCommand({
      TableName,
      Key,
      UpdateExpression,
      ReturnValues: "UPDATED_NEW",
      ...(Object.keys(values).length > 0 && by(values)),
    }),
  );

for (const [UpdateExpression, values, outcome] of APPLIED)
  behaviour(
    `${UpdateExpression} ${typeof outcome === "string" ? "is refused" : "is applied"}`,
    guide("Expressions.UpdateExpressions"),
    async () => {
      const Key = { p: S(UpdateExpression), s: N(1) };
      await send(new PutItemCommand({ TableName, Item: { ...Key, ...start } }));
      const updated = update(Key, UpdateExpression, values);
      if (typeof outcome === "string")
        await expect(updated).rejects.toMatchObject({ name: "ValidationException", message: outcome });
      else if (!/\[\d+\]|\./.test(UpdateExpression)) expect((await updated).Attributes).toEqual(outcome);
      else {
        await updated;
        const { Attributes } = await send(new UpdateItemCommand({ TableName, Key, ReturnValues: "ALL_NEW" }));
        expect(Attributes).toMatchObject(outcome);
      }
    },
  );

/**
 * Updates of a missing item, and whether they create it: one that only removes attributes does not, an empty one
 * does.
 */
const UPDATES_OF_MISSING_ITEMS: [string, object, boolean][] = [
  ["REMOVE", { UpdateExpression: "REMOVE x" }, false],
  ["DELETE", { UpdateExpression: "DELETE x :v", ...by({ ":v": { SS: ["a"] } }) }, false],
  ["DELETE, and SET", { UpdateExpression: "REMOVE x SET y = :v", ...by({ ":v": N(1) }) }, true],
  ["AttributeUpdates that delete", { AttributeUpdates: { x: { Action: "DELETE" as const } } }, false],
  ["no update at all", {}, true],
];
for (const [what, update, isCreated] of UPDATES_OF_MISSING_ITEMS)
  behaviour(
    `${what} of a missing item ${isCreated ? "creates it" : "does not create it"}`,
    "https://github.com/scylladb/scylladb/issues/5862",
    async () => {
      const Key = { p: S(what), s: N(9) };
      await send(new UpdateItemCommand({ TableName, Key, ...update }));
      const { Item } = await send(new GetItemCommand({ TableName, Key }));
      expect(Item !== undefined).toBe(isCreated);
    },
  );

/** The attributes that UPDATED_NEW returns: the values at written paths, without removed ones. */
const SHOWN: [string, Item, Item | undefined][] = [
  ["SET m.y = :v", { ":v": S("v") }, { m: { M: { y: S("v") } } }],
  ["SET m.y = :v, m.x = :v", { ":v": S("v") }, { m: { M: { x: S("v"), y: S("v") } } }],
  ["SET l[0] = :v", { ":v": S("v") }, { l: { L: [S("v")] } }],
  ["SET l[7] = :v", { ":v": S("v") }, undefined],
  ["REMOVE l[0]", {}, undefined],
  ["REMOVE l[0] SET n = :v", { ":v": N(2) }, { n: N(2) }],
  ["DELETE ss :v", { ":v": { SS: ["a"] } }, { ss: { SS: ["b"] } }],
];
for (const [UpdateExpression, values, shown] of SHOWN)
  behaviour(
    `${UpdateExpression} returns the written paths`,
    "https://github.com/ExtendDB/extenddb/pull/105",
    async () => {
      const Key = { p: S(`shown ${UpdateExpression}`), s: N(1) };
      await send(new PutItemCommand({ TableName, Item: { ...Key, ...start, l: { L: [S("a"), S("b")] } } }));
      const { Attributes } = await update(Key, UpdateExpression, values);
      expect(Attributes).toEqual(shown);
    },
  );
