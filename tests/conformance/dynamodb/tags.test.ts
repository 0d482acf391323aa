import {
  CreateTableCommand,
  DescribeTableCommand,
  ListTagsOfResourceCommand,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, measured, type Refusal } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const TableName = "tagged";
withTable(TableName);

const ResourceArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
const source = measured("service");
const tagged = (Tags: object[], message: string): Refusal => ["TagResource", { ResourceArn, Tags }, message];
const untagged = (TagKeys: string[], message: string): Refusal => [
  "UntagResource",
  { ResourceArn, TagKeys },
  message,
];
const TOO_MANY = "Number of Tags exceed the current limit for the provided ResourceArn";
const many = (count: number, Value = "v"): Tag[] =>
  Array.from({ length: count }, (_, at) => ({ Key: `k${at}`, Value }));
const good = { Key: "good", Value: "v" };
const long = "k".repeat(129);

refusals(source, [
  tagged([], "Atleast one Tag needs to be provided as Input."),
  untagged([], "Atleast one Tag Key needs to be provided as Input."),
  tagged([{}], "The Tag Key provided is invalid, Key: null"),
  tagged([{ Value: "v" }], "The Tag Key provided is invalid, Key: null"),
  tagged([{ Key: "k" }], "The Tag Value provided is invalid, Value: null"),
  tagged([{ Key: "", Value: "v" }], "The Tag Key provided is invalid, Key: "),
  tagged([good, { Key: long, Value: "v" }], `The Tag Key provided is invalid, Key: ${long}`),
  tagged([{ Key: "k", Value: `${long}${long}` }], `The Tag Value provided is invalid, Value: ${long}${long}`),
  tagged([{ Key: "bad#char", Value: "v" }], "The Tag Key provided is invalid, Key: bad#char"),
  ...["🔑", "100%", "a,b", `it's "q"`, "a&b", "a*b", "a;b", "a?b", "a|b", "a\\b", "<a>", "~a"].map((Value) =>
    tagged([{ Key: "k", Value }], `The Tag Value provided is invalid, Value: ${Value}`),
  ),
  tagged([good, { Key: "aws:foo", Value: "v" }], "Tag Key cannot be prefixed with aws:, Key: aws:foo"),
  tagged([{ Key: "AWS:foo", Value: "v" }], "Tag Key cannot be prefixed with aws:, Key: AWS:foo"),
  tagged(
    [
      { Key: "dup", Value: "1" },
      { Key: "dup", Value: "2" },
    ],
    "Duplicate Tag Keys provided as input: Duplicate Tag Key found dup",
  ),
  tagged(many(51), TOO_MANY),
  tagged(many(50, "v".repeat(256)), "Tag set size 12940 bytes is above max size limit of 10240 bytes"),
  untagged(["aws:foo"], "Tag Key cannot be prefixed with aws:, Key: aws:foo"),
  untagged([""], "The Tag Key provided is invalid, Key: "),
  untagged([long], `The Tag Key provided is invalid, Key: ${long}`),
  untagged(
    many(51).map(({ Key }) => Key!),
    TOO_MANY,
  ),
]);

const INVALID = "One or more parameter values were invalid: ";
const index = `${ResourceArn}/index/by-s`;
const backup = `${ResourceArn}/backup/01700000000000-aaaaaaaa`;
for (const [operation, more] of [
  ["ListTagsOfResource", {}],
  ["TagResource", { Tags: [good] }],
  ["UntagResource", { TagKeys: ["good"] }],
] as const)
  refusals(source, [
    [operation, more, "Invalid TableArn"],
    [operation, { ResourceArn: TableName, ...more }, `${INVALID}ARNs must start with 'arn:': ${TableName}`],
    [
      operation,
      { ResourceArn: index, ...more },
      `${INVALID}Invalid resource arn provided, only table or stream is accepted. Provided resource arn: ${index}`,
    ],
    [
      operation,
      { ResourceArn: backup, ...more },
      `${INVALID}Provided Arn is not a DynamoDB resource arn: ${backup}`,
    ],
    [
      operation,
      { ResourceArn: `${ResourceArn}-not`, ...more },
      `Requested resource not found: ResourceArn: ${ResourceArn}-not not found`,
      "ResourceNotFoundException",
    ],
  ]);

const tagsOf = async () =>
  new Map(
    (await send(new ListTagsOfResourceCommand({ ResourceArn }))).Tags!.map(({ Key, Value }) => [Key, Value]),
  );
const tag = (...Tags: Tag[]) => send(new TagResourceCommand({ ResourceArn, Tags }));
const untag = (...TagKeys: string[]) => send(new UntagResourceCommand({ ResourceArn, TagKeys }));

behaviour("a refused TagResource adds no tags", source, async () => {
  await expect(tag(good, { Key: "aws:zzz", Value: "v" })).rejects.toThrow();
  expect(await tagsOf()).toEqual(new Map());
});
behaviour("tags are replaced by key, and keys are sensitive to case and spaces", source, async () => {
  await tag({ Key: "Env", Value: "1" }, { Key: "env", Value: "x" }, { Key: " env", Value: "" });
  await tag({ Key: "Env", Value: "" });
  expect(await tagsOf()).toEqual(
    new Map([
      ["Env", ""],
      ["env", "x"],
      [" env", ""],
    ]),
  );
});
behaviour("tags accept letters of any script and + - = . _ : / @", source, async () => {
  await tag({ Key: "ключ", Value: "a+b-c=d.e_f:g/h@i" }, { Key: "表", Value: "café" });
  expect((await tagsOf()).get("ключ")).toBe("a+b-c=d.e_f:g/h@i");
});
behaviour("UntagResource ignores missing keys", source, async () => {
  await untag("not-there", "env", " env", "ключ", "表");
  expect(await tagsOf()).toEqual(new Map([["Env", ""]]));
});
behaviour("a resource has at most 50 tags, and existing keys can be replaced", source, async () => {
  await untag("Env");
  await tag(...many(50));
  await expect(tag({ Key: "k50", Value: "v" })).rejects.toMatchObject({
    name: "ValidationException",
    message: TOO_MANY,
  });
  await tag(...many(50, "w"));
  expect((await tagsOf()).get("k49")).toBe("w");
});
behaviour(
  "ListTagsOfResource returns 50 tags in one page and ignores the token",
  measured("table"),
  async () => {
    const output = await send(new ListTagsOfResourceCommand({ ResourceArn, NextToken: "whatever" }));
    expect([output.Tags!.length, output.NextToken]).toEqual([50, undefined]);
  },
);

const created = (name: string, Tags: Tag[]) =>
  send(
    new CreateTableCommand({
      TableName: name,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      Tags,
    }),
  );
for (const [Tags, message] of [
  [[{ Key: "aws:foo", Value: "v" }], "Tag Key cannot be prefixed with aws:, Key: aws:foo"],
  [[{ Key: long, Value: "v" }], `The Tag Key provided is invalid, Key: ${long}`],
  [many(51), TOO_MANY],
] as const)
  behaviour(`CreateTable refuses invalid tags: ${message}`, measured("table"), async () => {
    await expect(created("not-made", [...Tags])).rejects.toMatchObject({
      name: "ValidationException",
      message,
    });
    await expect(send(new DescribeTableCommand({ TableName: "not-made" }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });
behaviour("CreateTable accepts an empty list of tags", measured("table"), async () => {
  expect((await created("made", [])).TableDescription!.TableStatus).toBe("CREATING");
});
