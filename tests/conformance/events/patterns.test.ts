import { EventBridgeClient, TestEventPatternCommand } from "@aws-sdk/client-eventbridge";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
const OPERATORS = doc("eventbridge/latest/userguide/eb-create-pattern-operators.html");
const STRUCTURE = doc("eventbridge/latest/userguide/eb-event-patterns.html");
const ARRAYS = doc("eventbridge/latest/userguide/eb-event-patterns-arrays.html");
const NULLS = doc("eventbridge/latest/userguide/eb-event-patterns-null-values.html");
const OR = doc("sns/latest/dg/and-or-logic.html");
const DOTS = "https://github.com/aws/event-ruler#caveat-compiled-rules-and-json-keys-with-dots";
const FLOOR = "https://github.com/aws/event-ruler/pull/89";
const TEST = doc("eventbridge/latest/APIReference/API_TestEventPattern.html");

function testPattern(pattern: object | string, fields: object) {
  const event = {
    version: "0",
    id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "EC2 Instance State-change Notification",
    source: "aws.ec2",
    account: "111122223333",
    time: "2017-12-22T18:43:48Z",
    region: "us-west-1",
    resources: ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
    detail: { "instance-id": "i-1234567890abcdef0", state: "terminated" },
    ...fields,
  };
  return new EventBridgeClient(cloud.client()).send(
    new TestEventPatternCommand({
      EventPattern: typeof pattern === "string" ? pattern : JSON.stringify(pattern),
      Event: JSON.stringify(event),
    }),
  );
}

type Case = [what: string, source: string, pattern: object, fields: object, matches: boolean];

const cases: Case[] = [
  [
    "all fields of a pattern must match",
    STRUCTURE,
    { source: ["aws.ec2"], detail: { state: ["terminated"] } },
    {},
    true,
  ],
  [
    "one field that does not match fails the pattern",
    STRUCTURE,
    { source: ["aws.ec2"], detail: { state: ["running"] } },
    {},
    false,
  ],
  [
    "one of a field's values must match",
    STRUCTURE,
    { detail: { state: ["running", "terminated"] } },
    {},
    true,
  ],
  [
    "fields that a pattern does not name are ignored",
    STRUCTURE,
    { region: ["us-west-1"] },
    { detail: { x: 1 } },
    true,
  ],
  ["values are case-sensitive", STRUCTURE, { source: ["AWS.EC2"] }, {}, false],
  ["field names are case-sensitive", STRUCTURE, { Source: ["aws.ec2"] }, {}, false],
  ["a missing field does not match", STRUCTURE, { detail: { missing: ["x"] } }, {}, false],
  ["a number matches a number", STRUCTURE, { detail: { n: [1.5] } }, { detail: { n: 1.5 } }, true],
  ["a quoted number is a string", STRUCTURE, { detail: { n: ["1"] } }, { detail: { n: 1 } }, false],
  ["Booleans match", STRUCTURE, { detail: { b: [false] } }, { detail: { b: false } }, true],
  ["account IDs are strings", STRUCTURE, { account: ["111122223333"] }, {}, true],

  ["a list matches if one of its values does", ARRAYS, { resources: ["b"] }, { resources: ["a", "b"] }, true],
  [
    "a list does not match if none of its values does",
    ARRAYS,
    { resources: ["c"] },
    { resources: ["a", "b"] },
    false,
  ],
  [
    "an operator tests the values of a list",
    ARRAYS,
    { resources: [{ prefix: "arn:" }] },
    { resources: ["x", "arn:y"] },
    true,
  ],
  ["an empty list matches no value", ARRAYS, { resources: ["a"] }, { resources: [] }, false],

  ["null matches null", NULLS, { detail: { n: [null] } }, { detail: { n: null } }, true],
  ["an empty string is not null", NULLS, { detail: { n: [null] } }, { detail: { n: "" } }, false],
  ["an empty string matches itself", NULLS, { detail: { n: [""] } }, { detail: { n: "" } }, true],
  ["null is not an empty string", NULLS, { detail: { n: [""] } }, { detail: { n: null } }, false],

  ["prefix", OPERATORS, { time: [{ prefix: "2017-12-22" }] }, {}, true],
  ["prefix: another prefix", OPERATORS, { time: [{ prefix: "2018" }] }, {}, false],
  ["prefix, ignoring case", OPERATORS, { source: [{ prefix: { "equals-ignore-case": "AWS." } }] }, {}, true],
  ["prefix is case-sensitive", OPERATORS, { source: [{ prefix: "AWS." }] }, {}, false],
  ["suffix", OPERATORS, { detail: { f: [{ suffix: ".png" }] } }, { detail: { f: "a.png" } }, true],
  [
    "suffix: another suffix",
    OPERATORS,
    { detail: { f: [{ suffix: ".png" }] } },
    { detail: { f: "a.jpg" } },
    false,
  ],
  [
    "suffix, ignoring case",
    OPERATORS,
    { detail: { f: [{ suffix: { "equals-ignore-case": ".png" } }] } },
    { detail: { f: "a.PnG" } },
    true,
  ],
  [
    "equals-ignore-case",
    OPERATORS,
    { detail: { f: [{ "equals-ignore-case": "Alice" }] } },
    { detail: { f: "aLICE" } },
    true,
  ],
  [
    "equals-ignore-case: another value",
    OPERATORS,
    { detail: { f: [{ "equals-ignore-case": "Alice" }] } },
    { detail: { f: "Alic" } },
    false,
  ],

  ["anything-but a value", OPERATORS, { detail: { state: [{ "anything-but": "initializing" }] } }, {}, true],
  [
    "anything-but: that value",
    OPERATORS,
    { detail: { state: [{ "anything-but": "terminated" }] } },
    {},
    false,
  ],
  [
    "anything-but a number",
    OPERATORS,
    { detail: { n: [{ "anything-but": 123 }] } },
    { detail: { n: 124 } },
    true,
  ],
  [
    "anything-but: that number",
    OPERATORS,
    { detail: { n: [{ "anything-but": 123 }] } },
    { detail: { n: 123 } },
    false,
  ],
  [
    "anything-but a list of values",
    OPERATORS,
    { detail: { state: [{ "anything-but": ["stopped", "overloaded"] }] } },
    {},
    true,
  ],
  [
    "anything-but: one of the list",
    OPERATORS,
    { detail: { state: [{ "anything-but": ["stopped", "terminated"] }] } },
    {},
    false,
  ],
  [
    "anything-but a list of numbers",
    OPERATORS,
    { detail: { n: [{ "anything-but": [100, 200] }] } },
    { detail: { n: 200 } },
    false,
  ],
  ["anything-but requires the field", OPERATORS, { detail: { x: [{ "anything-but": "y" }] } }, {}, false],
  ["anything-but a prefix", OPERATORS, { region: [{ "anything-but": { prefix: "eu-" } }] }, {}, true],
  [
    "anything-but a prefix: that prefix",
    OPERATORS,
    { region: [{ "anything-but": { prefix: "us-" } }] },
    {},
    false,
  ],
  [
    "anything-but several prefixes",
    OPERATORS,
    { region: [{ "anything-but": { prefix: ["eu-", "us-"] } }] },
    {},
    false,
  ],
  [
    "anything-but a suffix",
    OPERATORS,
    { detail: { f: [{ "anything-but": { suffix: ".txt" } }] } },
    { detail: { f: "a.txt" } },
    false,
  ],
  [
    "anything-but several suffixes",
    OPERATORS,
    { detail: { f: [{ "anything-but": { suffix: [".txt", ".rtf"] } }] } },
    { detail: { f: "a.jpg" } },
    true,
  ],
  [
    "anything-but, ignoring case",
    OPERATORS,
    { detail: { state: [{ "anything-but": { "equals-ignore-case": "TERMINATED" } }] } },
    {},
    false,
  ],
  [
    "anything-but a list, ignoring case",
    OPERATORS,
    { detail: { state: [{ "anything-but": { "equals-ignore-case": ["A", "B"] } }] } },
    {},
    true,
  ],
  [
    "anything-but a wildcard",
    OPERATORS,
    { detail: { p: [{ "anything-but": { wildcard: "*/lib/*" } }] } },
    { detail: { p: "/usr/lib/x" } },
    false,
  ],
  [
    "anything-but several wildcards",
    OPERATORS,
    { detail: { p: [{ "anything-but": { wildcard: ["*/lib/*", "*/bin/*"] } }] } },
    { detail: { p: "/etc/x" } },
    true,
  ],

  [
    "numeric: equal",
    OPERATORS,
    { detail: { n: [{ numeric: ["=", 301.8] }] } },
    { detail: { n: 3.018e2 } },
    true,
  ],
  ["numeric: less", OPERATORS, { detail: { n: [{ numeric: ["<", 10] }] } }, { detail: { n: 10 } }, false],
  [
    "numeric: less or equal",
    OPERATORS,
    { detail: { n: [{ numeric: ["<=", 10] }] } },
    { detail: { n: 10 } },
    true,
  ],
  ["numeric: greater", OPERATORS, { detail: { n: [{ numeric: [">", 0] }] } }, { detail: { n: 0 } }, false],
  [
    "numeric: greater or equal",
    OPERATORS,
    { detail: { n: [{ numeric: [">=", 0] }] } },
    { detail: { n: 0 } },
    true,
  ],
  [
    "numeric: between",
    OPERATORS,
    { detail: { n: [{ numeric: [">", 0, "<=", 5] }] } },
    { detail: { n: 5 } },
    true,
  ],
  [
    "numeric: not between",
    OPERATORS,
    { detail: { n: [{ numeric: [">", 0, "<", 5] }] } },
    { detail: { n: 5 } },
    false,
  ],
  [
    "numeric matches only numbers",
    OPERATORS,
    { detail: { n: [{ numeric: [">", 0] }] } },
    { detail: { n: "1" } },
    false,
  ],

  ["cidr", OPERATORS, { detail: { ip: [{ cidr: "10.0.0.0/24" }] } }, { detail: { ip: "10.0.0.255" } }, true],
  [
    "cidr: outside",
    OPERATORS,
    { detail: { ip: [{ cidr: "10.0.0.0/24" }] } },
    { detail: { ip: "10.0.1.0" } },
    false,
  ],
  [
    "cidr: host bits of the network are ignored",
    FLOOR,
    { detail: { ip: [{ cidr: "10.0.0.127/24" }] } },
    { detail: { ip: "10.0.0.1" } },
    true,
  ],
  [
    "cidr of IPv6",
    OPERATORS,
    { detail: { ip: [{ cidr: "2001:db8::/32" }] } },
    { detail: { ip: "2001:db8:1::" } },
    true,
  ],

  ["exists", OPERATORS, { detail: { state: [{ exists: true }] } }, {}, true],
  ["exists: a missing field", OPERATORS, { detail: { x: [{ exists: true }] } }, {}, false],
  ["exists matches only leaf fields", OPERATORS, { detail: [{ exists: true }] }, {}, false],
  ["not exists", OPERATORS, { detail: { x: [{ exists: false }] } }, {}, true],
  ["not exists: a present field", OPERATORS, { detail: { state: [{ exists: false }] } }, {}, false],
  [
    "not exists: the parent is missing, too",
    OPERATORS,
    { detail: { a: { b: [{ exists: false }] } } },
    {},
    true,
  ],

  [
    "wildcard",
    OPERATORS,
    { detail: { p: [{ wildcard: "dir/*.png" }] } },
    { detail: { p: "dir/a/b.png" } },
    true,
  ],
  [
    "wildcard: no match",
    OPERATORS,
    { detail: { p: [{ wildcard: "dir/*.png" }] } },
    { detail: { p: "dir/a.jpg" } },
    false,
  ],
  [
    "wildcard: a star matches the empty string",
    OPERATORS,
    { detail: { p: [{ wildcard: "a*b" }] } },
    { detail: { p: "ab" } },
    true,
  ],
  [
    "wildcard: several",
    OPERATORS,
    { detail: { p: [{ wildcard: "*/dir/*.png" }] } },
    { detail: { p: "x/dir/y.png" } },
    true,
  ],
  [
    "wildcard: an escaped star matches a star",
    OPERATORS,
    { detail: { p: [{ wildcard: "a\\*b" }] } },
    { detail: { p: "a*b" } },
    true,
  ],
  [
    "wildcard: an escaped star matches only a star",
    OPERATORS,
    { detail: { p: [{ wildcard: "a\\*b" }] } },
    { detail: { p: "axb" } },
    false,
  ],

  [
    "$or: one alternative",
    OPERATORS,
    { detail: { $or: [{ a: [1] }, { b: [2] }] } },
    { detail: { b: 2 } },
    true,
  ],
  [
    "$or: no alternative",
    OPERATORS,
    { detail: { $or: [{ a: [1] }, { b: [2] }] } },
    { detail: { a: 2, b: 1 } },
    false,
  ],
  [
    "$or beside other fields",
    OPERATORS,
    { source: ["aws.ec2"], $or: [{ region: ["x"] }, { account: ["111122223333"] }] },
    {},
    true,
  ],
  [
    "$or does not replace other fields",
    OPERATORS,
    { source: ["x"], $or: [{ region: ["us-west-1"] }, { account: ["y"] }] },
    {},
    false,
  ],
  [
    "$or of operators",
    OPERATORS,
    { detail: { $or: [{ n: [{ numeric: [">", 5] }] }, { s: [{ prefix: "x" }] }] } },
    { detail: { n: 1, s: "xy" } },
    true,
  ],
  [
    "$or that is not a list of objects is a field name",
    OR,
    { detail: { $or: [1, 2] } },
    { detail: { $or: 2 } },
    true,
  ],
  [
    "a period in a pattern's field name denotes a nested field",
    DOTS,
    { detail: { "state.status": ["running"] } },
    { detail: { state: { status: "running" } } },
    true,
  ],
  [
    "a period in an event's field name denotes a nested field",
    DOTS,
    { detail: { state: { status: ["running"] } } },
    { detail: { "state.status": "running" } },
    true,
  ],
  [
    "several operators on a field",
    OPERATORS,
    { detail: { f: [{ prefix: "a" }, { suffix: "z" }] } },
    { detail: { f: "bz" } },
    true,
  ],
];

for (const [what, source, pattern, fields, matches] of cases) {
  behaviour(
    `${what}: ${matches ? "matches" : "does not match"} ${JSON.stringify(pattern)}`,
    source,
    async () => {
      expect((await testPattern(pattern, fields)).Result).toBe(matches);
    },
  );
}

const refused: [pattern: string, reason: string][] = [
  ["[]", "Filter is not an object"],
  ["{}", "Empty objects are not allowed"],
  ['{"source":[]}', "Empty arrays are not allowed"],
  ['{"source":"aws.ec2"}', '"source" must be an object or an array'],
  ['{"source":[{"like":"x"}]}', "Unrecognized match type like"],
  ['{"source":[{"prefix":1}]}', "prefix match pattern must be a string"],
  ['{"source":[{"exists":"true"}]}', "exists match pattern must be either true or false."],
  ['{"source":[{"numeric":["=","1"]}]}', "Value of equals must be numeric"],
  ['{"source":[{"prefix":"a","suffix":"b"}]}', "Only one key allowed in match expression"],
  ['{"$or":[{"source":["a"]}]}', "Unrecognized match type source"],
  ['{"source":[{"numeric":["=>",0]}]}', "Unrecognized numeric range operator: =>"],
  ['{"source":[{"anything-but":{"exists":true}}]}', "Unsupported anything-but pattern: exists"],
  ['{"source":[{"wildcard":"a**b"}]}', "Consecutive wildcard characters"],
  [
    `{"source":[{"wildcard":"${"*a".repeat(30)}"}]}`,
    "Rule is too complex - try using fewer wildcard characters",
  ],
  [
    `{"source":[{"wildcard":"*${"a".repeat(40)}"}]}`,
    "Rule is too complex - try using fewer wildcard characters",
  ],
];
for (const [pattern, reason] of refused) {
  behaviour(
    `the pattern ${pattern} is refused`,
    doc("eventbridge/latest/APIReference/API_PutRule.html"),
    async () => {
      await expect(testPattern(pattern, {})).rejects.toMatchObject({
        name: "InvalidEventPatternException",
        message: expect.stringContaining(`Event pattern is not valid. Reason: ${reason}`),
      });
    },
  );
}

for (const field of ["id", "account", "source", "time", "region", "detail-type"]) {
  behaviour(`an event without ${field} is refused`, TEST, async () => {
    await expect(testPattern({ source: ["a"] }, { [field]: undefined })).rejects.toMatchObject({
      name: "ValidationException",
    });
  });
}
behaviour(
  "an event may omit resources, as in AWS's own example",
  doc("cli/latest/reference/events/test-event-pattern.html"),
  async () => {
    const { Result } = await testPattern({ source: ["aws.ec2"] }, { resources: undefined });
    expect(Result).toBe(true);
  },
);
behaviour("the depth of an event is limited", TEST, async () => {
  const deep = JSON.parse(`${"[".repeat(2_000)}1${"]".repeat(2_000)}`);
  await expect(testPattern({ source: ["a"] }, { detail: { deep } })).rejects.toMatchObject({
    name: "ValidationException",
  });
});
