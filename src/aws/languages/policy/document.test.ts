import { expect, test } from "vitest";
import { IDENTITY_POLICY, parsePolicy, RESOURCE_POLICY } from "./document.ts";
import { PolicyError } from "./faults.ts";

const statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };
const policy = (changes: object = {}) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ ...statement, ...changes }] });

function faultOf(text: string, rules = RESOURCE_POLICY): unknown {
  try {
    parsePolicy(text, rules);
  } catch (error) {
    if (error instanceof PolicyError) return error.fault;
    throw error;
  }
  return undefined;
}

test("a single statement and single strings need no list", () => {
  const read = parsePolicy(JSON.stringify({ Id: "one", Statement: statement }), RESOURCE_POLICY);
  expect(read).toEqual({
    version: "2008-10-17",
    id: "one",
    statements: [
      {
        effect: "Allow",
        principal: { not: false, everyone: true, entries: [] },
        action: { not: false, patterns: ["s3:GetObject"] },
        resource: { not: false, patterns: ["arn:aws:s3:::b/*"] },
        conditions: [],
      },
    ],
  });
});

test("an account number stands for the account's root", () => {
  const read = parsePolicy(policy({ Principal: { AWS: ["111122223333"] } }), RESOURCE_POLICY);
  expect(read.statements[0]!.principal!.entries).toEqual([
    { type: "AWS", value: "arn:aws:iam::111122223333:root" },
  ]);
});

test("operators are parsed", () => {
  const Condition = { "ForAnyValue:StringLikeIfExists": { "aws:TagKeys": ["a*", 1, true] } };
  expect(parsePolicy(policy({ Condition }), RESOURCE_POLICY).statements[0]!.conditions).toEqual([
    {
      operator: "StringLike",
      quantifier: "ForAnyValue",
      ifExists: true,
      key: "aws:TagKeys",
      values: ["a*", "1", "true"],
    },
  ]);
});

test.each([
  ["{", { reason: "NotJson" }],
  ["[]", { reason: "NotAnObject", element: "Policy" }],
  ['{"Statement":[]}', { reason: "NoStatement" }],
  ['{"Statement":"a"}', { reason: "NotAnObject", element: "Statement" }],
  ['{"Version":"2012-10-17"}', { reason: "MissingElement", element: "Statement" }],
  ['{"Version":"2012-10-18","Statement":[]}', { reason: "InvalidVersion", value: "2012-10-18" }],
  ['{"Statements":[]}', { reason: "UnknownElement", element: "Statements" }],
  [policy({ Effect: "allow" }), { reason: "InvalidEffect", value: "allow" }],
  [policy({ Effect: undefined }), { reason: "MissingElement", element: "Effect" }],
  [policy({ Principal: undefined }), { reason: "MissingElement", element: "Principal" }],
  [policy({ Action: undefined }), { reason: "MissingElement", element: "Action" }],
  [policy({ Resource: undefined }), { reason: "MissingElement", element: "Resource" }],
  [policy({ NotAction: "s3:*" }), { reason: "ContradictoryElements", element: "Action" }],
  [policy({ Resource: [] }), { reason: "InvalidElement", element: "Resource" }],
  [policy({ Resource: 1 }), { reason: "InvalidElement", element: "Resource" }],
  [policy({ Action: "GetObject" }), { reason: "InvalidAction", value: "GetObject" }],
  [policy({ Principal: "me" }), { reason: "InvalidPrincipal", type: "", value: "me" }],
  [policy({ Principal: { AWS: "me" } }), { reason: "InvalidPrincipal", type: "AWS", value: "me" }],
  [policy({ Principal: { Aws: "*" } }), { reason: "InvalidPrincipal", type: "Aws", value: "*" }],
  [policy({ Condition: { StringIs: { a: "b" } } }), { reason: "UnknownOperator", operator: "StringIs" }],
  [
    policy({ Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/99" } } }),
    { reason: "InvalidConditionValue", operator: "IpAddress", key: "aws:SourceIp", value: "10.0.0.0/99" },
  ],
  [policy({ Extra: 1 }), { reason: "UnknownElement", element: "Extra" }],
  [
    JSON.stringify({
      Statement: [
        { ...statement, Sid: "a" },
        { ...statement, Sid: "a" },
      ],
    }),
    { reason: "DuplicateSid", value: "a" },
  ],
])("%s", (text, fault) => expect(faultOf(text)).toEqual(fault));

test("an identity-based policy has no principal", () => {
  expect(faultOf(policy(), IDENTITY_POLICY)).toEqual({ reason: "ForbiddenElement", element: "Principal" });
});
