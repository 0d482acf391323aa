import { expect, test } from "vitest";
import { loadContract } from "#aws/contract/contract.ts";
import { checkUniversal } from "./universal.ts";
import { requestIn } from "./universal-input.ts";

const putItem = loadContract("dynamodb").operation("PutItem")!.input;
const putRecord = loadContract("kinesis").operation("PutRecord")!.input;

test("null members are omitted at any depth", () => {
  expect(
    requestIn(putItem, {
      TableName: "t",
      ReturnValues: null,
      Item: { a: { S: "x", N: null }, b: null, l: { L: [{ M: { c: null } }] } },
    }),
  ).toEqual({ TableName: "t", Item: { a: { S: "x" }, l: { L: [{ M: {} }] } } });
  expect(() => requestIn(putItem, { Item: { l: { SS: [null] } } })).toThrow("no null within a list");
});

test("blobs and timestamps are parsed from strings", () => {
  expect(requestIn(putRecord, { StreamName: "s", Data: "x" })).toEqual({
    StreamName: "s",
    Data: Buffer.from("x"),
  });
});

test("a required member that is null is missing", () => {
  const target = {
    Arn: "arn:aws:scheduler:::aws-sdk:s3:deleteObject",
    RoleArn: "arn:aws:iam::000000000000:role/r",
  };
  const given = (Input: object) => () => checkUniversal({ ...target, Input: JSON.stringify(Input) });
  expect(given({ Bucket: "b", Key: "k" })).not.toThrow();
  expect(given({ Bucket: null, Key: "k" })).toThrow("missing the following field(s): Bucket");
});
