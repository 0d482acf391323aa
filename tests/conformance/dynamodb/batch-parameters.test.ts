import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn } from "./client.ts";
import { detected, fails, missing } from "./sentences.ts";

const { refusals, sendRaw } = dynamodbOn(conformanceCloud());

const INVALID = "One or more parameter values were invalid: ";
const NAMES_WITHOUT_EXPRESSION = "ExpressionAttributeNames can only be specified when using expressions";

/** The value that a message quotes is printed in the form of Java's toString. */
refusals(api("BatchWriteItem"), [
  [
    "BatchWriteItem",
    { RequestItems: { abc: Array(26).fill({ DeleteRequest: { Key: {} } }) } },
    detected(
      fails(
        "requestItems",
        `'{abc=[${Array(26).fill("WriteRequest(putRequest=null, deleteRequest=DeleteRequest(key={}))").join(", ")}]}'`,
        "Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]",
      ),
    ),
  ],
]);

refusals("https://github.com/nubo-db/dynoxide/issues/18", [
  [
    "BatchGetItem",
    { RequestItems: { abc: { Keys: Array.from({ length: 101 }, (_, n) => ({ a: { S: `${n}` } })) } } },
    "1 validation error detected: Value at 'RequestItems.abc.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100",
  ],
]);

/** The answers of nearly all Regions in September 2026. */
refusals("https://github.com/nubo-db/dynoxide/pull/198", [
  [
    "BatchGetItem",
    { RequestItems: {} },
    "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ],
  ["BatchWriteItem", { RequestItems: {} }, "The requestItems parameter is required for BatchWriteItem"],
]);

refusals(api("BatchGetItem"), [
  ["BatchGetItem", {}, detected(missing("requestItems"))],
  [
    "BatchGetItem",
    { RequestItems: { abc: { Keys: [{ a: { S: "a" } }, { a: { S: "a" } }] } } },
    "Provided list of item keys contains duplicates",
  ],
  [
    "BatchGetItem",
    {
      RequestItems: Object.fromEntries(
        ["abc", "abd"].map((name) => [
          name,
          { Keys: Array.from({ length: 51 }, (_, n) => ({ a: { S: `${n}` } })) },
        ]),
      ),
    },
    "Too many items requested for the BatchGetItem call",
  ],
  [
    "BatchGetItem",
    { RequestItems: { abc: { Keys: [{}], AttributesToGet: ["a", "a"] } } },
    `${INVALID}Duplicate value in attribute name: a`,
  ],
  [
    "BatchGetItem",
    { RequestItems: { abc: { Keys: [{}], ExpressionAttributeNames: { "#a": "a" } } } },
    NAMES_WITHOUT_EXPRESSION,
  ],
]);

const SEVERAL =
  "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
refusals(api("BatchWriteItem"), [
  ["BatchWriteItem", {}, detected(missing("requestItems"))],
  ["BatchWriteItem", { RequestItems: { abc: [{}] } }, SEVERAL],
  [
    "BatchWriteItem",
    { RequestItems: { abc: [{ PutRequest: { Item: {} }, DeleteRequest: { Key: {} } }] } },
    SEVERAL,
  ],
  [
    "BatchWriteItem",
    { RequestItems: { abc: [{ PutRequest: {} }] } },
    detected(missing("requestItems.abc.member.1.member.putRequest.item")),
  ],
  [
    "BatchWriteItem",
    {
      RequestItems: Object.fromEntries(
        ["abc", "abd"].map((name) => [
          name,
          Array.from({ length: 13 }, () => ({ DeleteRequest: { Key: {} } })),
        ]),
      ),
    },
    "Too many items requested for the BatchWriteItem call",
  ],
  [
    "BatchWriteItem",
    { RequestItems: { abc: [{ PutRequest: { Item: { a: { S: "x".repeat(409_601) } } } }] } },
    "Item size has exceeded the maximum allowed size",
  ],
]);

refusals(api("TransactWriteItems"), [
  ["TransactWriteItems", {}, detected(missing("transactItems"))],
  [
    "TransactWriteItems",
    { TransactItems: [] },
    detected(fails("transactItems", "'[]'", "Member must have length greater than or equal to 1")),
  ],
  [
    "TransactWriteItems",
    { TransactItems: [{}] },
    "TransactItems can only contain one of Check, Put, Update or Delete",
  ],
]);

behaviour("a request body larger than 16 MB is refused", api("BatchWriteItem"), async () => {
  const body = JSON.stringify({ RequestItems: { abc: [] } });
  await expect(sendRaw("BatchWriteItem", body.padEnd(16 * 2 ** 20))).rejects.toMatchObject({
    name: "ValidationException",
  });
  await expect(sendRaw("BatchWriteItem", body.padEnd(16 * 2 ** 20 + 1))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 413 },
  });
});
