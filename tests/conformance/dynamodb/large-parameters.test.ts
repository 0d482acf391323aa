import { conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn } from "./client.ts";

const cloud = conformanceCloud();
const { refusals } = dynamodbOn(cloud);

/** The names and values of placeholders take at most 2 MB. */
const several = (sign: string, count: number, one: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${sign}${at}`, one]));
const names = (count: number) => several("#n", count, "n".repeat(65_000));
const values = (count: number) => several(":v", count, { S: "v".repeat(390_000) });
const update = { TableName: "abc", Key: { a: { S: "a" } }, UpdateExpression: "SET a = b" };
refusals(api("UpdateItem"), [
  [
    "UpdateItem",
    { ...update, ExpressionAttributeNames: names(33) },
    "ExpressionAttributeNames exceeds max size",
  ],
  [
    "UpdateItem",
    { ...update, ExpressionAttributeValues: values(6) },
    "ExpressionAttributeValues exceeds max size",
  ],
  [
    "UpdateItem",
    { ...update, ExpressionAttributeNames: names(20), ExpressionAttributeValues: values(3) },
    "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size",
  ],
]);

/** A value is limited to the size of an item. */
const LARGE = { S: "v".repeat(409_601) };
refusals("https://pastebin.com/rUdQ2bZw", [
  [
    "UpdateItem",
    { ...update, UpdateExpression: "SET b = :large", ExpressionAttributeValues: { ":large": LARGE } },
    "ExpressionAttributeValues contains invalid value: Item size has exceeded the maximum allowed size for key :large",
  ],
]);

/** An attribute name, nested or not, is limited to less than 64 KB. */
const NAME = "n".repeat(65_536);
const LARGE_NAME = "Attribute name is too large, must be less than 65536 bytes";
const inside = { M: { a: { L: [{ M: { [NAME]: { S: "a" } } }] } } };
refusals("https://github.com/ExtendDB/extenddb/issues/365", [
  ["PutItem", { TableName: "abc", Item: { [NAME]: { S: "a" } } }, LARGE_NAME],
  ["PutItem", { TableName: "abc", Item: { a: { S: "a" }, b: inside } }, LARGE_NAME],
  [
    "PutItem",
    { TableName: "abc", Item: { a: { S: "a" }, b: { M: { [`${"n".repeat(65_534)}é`]: { S: "a" } } } } },
    LARGE_NAME,
  ],
  [
    "UpdateItem",
    { ...update, UpdateExpression: "SET a = :v", ExpressionAttributeValues: { ":v": inside } },
    LARGE_NAME,
  ],
  [
    "UpdateItem",
    { ...update, UpdateExpression: "SET #n = a", ExpressionAttributeNames: { "#n": NAME } },
    LARGE_NAME,
  ],
  ["GetItem", { TableName: "abc", Key: { [NAME]: { S: "a" } } }, LARGE_NAME],
]);
