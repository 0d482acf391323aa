// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so policies write their variables
import { expect, test } from "vitest";
import { conditionOf, readConditions } from "./condition-block.ts";

const given: Record<string, string | string[]> = {
  "aws:sourceip": "203.0.113.9",
  "aws:securetransport": "false",
  "aws:currenttime": "2026-01-01T00:00:00.000Z",
  "aws:epochtime": "1767225600",
  "aws:username": "ann",
  "aws:sourcearn": "arn:aws:sns:us-east-1:111122223333:topic",
  "s3:max-keys": "10",
  "s3:prefix": "Home/ann/",
  "aws:tagkeys": ["cost", "team"],
};

function holds(operator: string, key: string, value: unknown): boolean {
  const conditions = readConditions({ [operator]: { [key]: value } });
  return conditions.every((condition) => conditionOf(condition, true)((name) => given[name]));
}

test.each([
  ["StringEquals", "aws:username", "ann", true],
  ["StringEquals", "AWS:UserName", ["bob", "ann"], true],
  ["StringEquals", "aws:username", "an*", false],
  ["StringNotEquals", "aws:username", ["bob", "ann"], false],
  ["StringNotEquals", "aws:nothing", "ann", true],
  ["StringEqualsIgnoreCase", "s3:prefix", "home/ANN/", true],
  ["StringNotEqualsIgnoreCase", "s3:prefix", "home/ANN/", false],
  ["StringLike", "s3:prefix", "Home/${aws:username}/*", true],
  ["StringNotLike", "s3:prefix", "Home/*", false],
  ["StringLike", "aws:nothing", "*", false],
  ["StringLikeIfExists", "aws:nothing", "a", true],
  ["StringEqualsIfExists", "aws:username", "bob", false],
  ["NumericEquals", "s3:max-keys", 10, true],
  ["NumericNotEquals", "s3:max-keys", "10", false],
  ["NumericLessThan", "s3:max-keys", "10", false],
  ["NumericLessThanEquals", "s3:max-keys", "10", true],
  ["NumericGreaterThan", "s3:max-keys", "9.5", true],
  ["NumericGreaterThanEquals", "s3:max-keys", "11", false],
  ["NumericEquals", "aws:username", "1", false],
  ["DateEquals", "aws:currenttime", "2026-01-01T00:00:00Z", true],
  ["DateLessThan", "aws:currenttime", "2026-01-01T00:00:01Z", true],
  ["DateGreaterThan", "aws:epochtime", "2025-12-31", true],
  ["DateGreaterThanEquals", "aws:currenttime", "1767225600", true],
  ["DateNotEquals", "aws:currenttime", "2026-01-01", false],
  ["DateLessThanEquals", "aws:currenttime", "2025-01-01", false],
  ["Bool", "aws:securetransport", false, true],
  ["Bool", "aws:securetransport", "true", false],
  ["BoolIfExists", "aws:multifactorauthpresent", "true", true],
  ["BinaryEquals", "aws:username", "YW5u", false],
  ["IpAddress", "aws:sourceip", ["10.0.0.0/8", "203.0.113.0/24"], true],
  ["NotIpAddress", "aws:sourceip", "203.0.113.0/24", false],
  ["NotIpAddress", "aws:nothing", "203.0.113.0/24", true],
  ["ArnEquals", "aws:sourcearn", "arn:aws:sns:*:111122223333:*", true],
  ["ArnLike", "aws:sourcearn", "arn:aws:sns:*:topic", false],
  ["ArnNotLike", "aws:sourcearn", "arn:aws:sns:us-east-1:*:topic", false],
  ["ArnNotEquals", "aws:sourcearn", "arn:aws:sqs:us-east-1:*:topic", true],
  ["Null", "aws:nothing", "true", true],
  ["Null", "aws:username", true, false],
  ["Null", "aws:username", "false", true],
  ["ForAllValues:StringEquals", "aws:tagkeys", ["cost", "team", "x"], true],
  ["ForAllValues:StringEquals", "aws:tagkeys", ["cost"], false],
  ["ForAllValues:StringEquals", "aws:nothing", ["cost"], true],
  ["ForAnyValue:StringEquals", "aws:tagkeys", ["team"], true],
  ["ForAnyValue:StringEquals", "aws:nothing", ["team"], false],
  ["ForAnyValue:StringNotEquals", "aws:tagkeys", ["team"], true],
  ["ForAnyValue:StringNotEquals", "aws:nothing", ["team"], false],
  ["ForAllValues:StringNotLike", "aws:tagkeys", ["t*"], false],
])("%s %s %j: %s", (operator, key, value, expected) => expect(holds(operator, key, value)).toBe(expected));
