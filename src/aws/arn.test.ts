import { expect, test } from "vitest";
import { parseArn } from "./arn.ts";

test("an ARN is parsed, whatever its resource contains", () => {
  expect(parseArn("arn:aws-cn:sns:cn-north-1:123456789012:topic:id")).toEqual({
    partition: "aws-cn",
    service: "sns",
    region: "cn-north-1",
    account: "123456789012",
    resource: "topic:id",
  });
});

test.each([
  "",
  "arn:aws:sns:us-east-1:123456789012:",
  "arn:aws:sns:us-east-1:12345:topic",
  // Regions become parts of keys.
  `arn:aws:sns:${"x".repeat(64)}:123456789012:topic`,
  `arn:aws:${"x".repeat(64)}:us-east-1:123456789012:topic`,
])("%.40s is not an ARN", (text) => expect(parseArn(text)).toBeUndefined());
