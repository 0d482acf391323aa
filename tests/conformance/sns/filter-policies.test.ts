import { PublishCommand, SetSubscriptionAttributesCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { queueArn, snsCloud } from "./sns.ts";

const cloud = snsCloud();

const FILTERS = "sns/latest/dg/sns-subscription-filter-policies.html";
const STRINGS = doc("sns/latest/dg/string-value-matching.html");
const NUMBERS = doc("sns/latest/dg/numeric-value-matching.html");
const KEYS = doc("sns/latest/dg/attribute-key-matching.html");
const AND_OR = doc("sns/latest/dg/and-or-logic.html");
const SCOPE = doc("sns/latest/dg/sns-message-filtering-scope.html");
const LIMITS = doc("sns/latest/dg/subscription-filter-policy-constraints.html");

const text = (StringValue: string) => ({ DataType: "String", StringValue });
const number = (value: number) => ({ DataType: "Number", StringValue: String(value) });
const list = (...values: unknown[]) => ({ DataType: "String.Array", StringValue: JSON.stringify(values) });
type Attributes = Record<string, { DataType: string; StringValue: string }>;

async function delivered(
  policy: object,
  scope: string,
  message: { Message: string; MessageAttributes?: Attributes },
) {
  const { topic, url } = await cloud.pair({ FilterPolicyScope: scope, FilterPolicy: JSON.stringify(policy) });
  await cloud.sns().send(new PublishCommand({ TopicArn: topic, ...message }));
  return (await cloud.received(url)).length === 1;
}

const BY_ATTRIBUTES: [string, string, object, Attributes, boolean][] = [
  ["a value that is listed", STRINGS, { k: ["a", "b"] }, { k: text("b") }, true],
  ["a value that is not listed", STRINGS, { k: ["a"] }, { k: text("b") }, false],
  ["a missing attribute", STRINGS, { k: ["a"] }, {}, false],
  ["a value in another case", STRINGS, { k: ["A"] }, { k: text("a") }, false],
  [
    "a value in another case with equals-ignore-case",
    STRINGS,
    { k: [{ "equals-ignore-case": "TenNis" }] },
    { k: text("tennis") },
    true,
  ],
  ["a prefix", STRINGS, { k: [{ prefix: "bas" }] }, { k: text("baseball") }, true],
  ["another prefix", STRINGS, { k: [{ prefix: "bas" }] }, { k: text("rugby") }, false],
  ["a suffix", STRINGS, { k: [{ suffix: "ball" }] }, { k: text("baseball") }, true],
  ["another suffix", STRINGS, { k: [{ suffix: "ball" }] }, { k: text("rugby") }, false],
  ["anything but a value", STRINGS, { k: [{ "anything-but": "rugby" }] }, { k: text("tennis") }, true],
  ["the value of anything-but", STRINGS, { k: [{ "anything-but": "rugby" }] }, { k: text("rugby") }, false],
  [
    "anything but several",
    STRINGS,
    { k: [{ "anything-but": ["rugby", "tennis"] }] },
    { k: text("tennis") },
    false,
  ],
  [
    "anything but a prefix",
    STRINGS,
    { k: [{ "anything-but": { prefix: "order-" } }] },
    { k: text("data-entry") },
    true,
  ],
  [
    "the prefix of anything-but",
    STRINGS,
    { k: [{ "anything-but": { prefix: "order-" } }] },
    { k: text("order-1") },
    false,
  ],
  [
    "anything but a suffix",
    STRINGS,
    { k: [{ "anything-but": { suffix: "ball" } }] },
    { k: text("football") },
    false,
  ],
  [
    "anything but a wildcard",
    STRINGS,
    { k: [{ "anything-but": { wildcard: "*ball" } }] },
    { k: text("basketball") },
    false,
  ],
  ["anything but a value, for a missing attribute", STRINGS, { k: [{ "anything-but": "x" }] }, {}, false],
  ["an address in a network", STRINGS, { k: [{ cidr: "10.0.0.0/24" }] }, { k: text("10.0.0.255") }, true],
  ["an address outside it", STRINGS, { k: [{ cidr: "10.0.0.0/24" }] }, { k: text("10.1.1.0") }, false],
  ["a number", NUMBERS, { k: [100] }, { k: number(100) }, true],
  [
    "a number in another notation",
    NUMBERS,
    { k: [301.5] },
    { k: { DataType: "Number", StringValue: "3.015e2" } },
    true,
  ],
  ["a string of digits for a number", NUMBERS, { k: [100] }, { k: text("100") }, false],
  ["a number for a string", NUMBERS, { k: ["100"] }, { k: number(100) }, false],
  ["a number in a range", NUMBERS, { k: [{ numeric: [">", 0, "<=", 150] }] }, { k: number(150) }, true],
  [
    "a number at an exclusive bound",
    NUMBERS,
    { k: [{ numeric: [">", 0, "<=", 150] }] },
    { k: number(0) },
    false,
  ],
  ["an equal number", NUMBERS, { k: [{ numeric: ["=", 301.5] }] }, { k: number(301.5) }, true],
  ["a smaller number", NUMBERS, { k: [{ numeric: ["<", 0] }] }, { k: number(-1) }, true],
  ["anything but a number", NUMBERS, { k: [{ "anything-but": [100, 500] }] }, { k: number(101) }, true],
  ["the number of anything-but", NUMBERS, { k: [{ "anything-but": [100, 500] }] }, { k: number(500) }, false],
  ["an existing attribute", KEYS, { k: [{ exists: true }] }, { k: text("any") }, true],
  [
    "an attribute that must not exist and does not",
    KEYS,
    { k: [{ exists: false }] },
    { other: text("any") },
    true,
  ],
  ["an attribute that must not exist but does", KEYS, { k: [{ exists: false }] }, { k: text("any") }, false],
  ["an element of a list", STRINGS, { k: ["b"] }, { k: list("a", "b") }, true],
  ["a value that is not in a list", STRINGS, { k: ["c"] }, { k: list("a", "b") }, false],
  ["a number in a list", NUMBERS, { k: [2] }, { k: list(1, 2) }, true],
  ["both keys of two", AND_OR, { a: ["1"], b: ["2"] }, { a: text("1"), b: text("2") }, true],
  ["one key of two", AND_OR, { a: ["1"], b: ["2"] }, { a: text("1") }, false],
  ["either key, by $or", AND_OR, { $or: [{ a: ["1"] }, { b: ["2"] }] }, { b: text("2") }, true],
  ["neither key of $or", AND_OR, { $or: [{ a: ["1"] }, { b: ["2"] }] }, { a: text("2") }, false],
  ["a key that only another attribute satisfies", doc(FILTERS), { k: ["a"] }, { other: text("a") }, false],
  ["an empty policy", doc(FILTERS), {}, {}, true],
];

for (const [what, source, policy, MessageAttributes, expected] of BY_ATTRIBUTES) {
  behaviour(`attributes: ${what}: ${expected ? "delivered" : "filtered out"}`, source, async () => {
    expect(await delivered(policy, "MessageAttributes", { Message: "m", MessageAttributes })).toBe(expected);
  });
}

const BY_BODY: [string, string, object, unknown, boolean][] = [
  ["a member of the body", SCOPE, { k: ["a"] }, { k: "a" }, true],
  ["a member of a member", SCOPE, { a: { b: ["x"] } }, { a: { b: "x" } }, true],
  ["a member of another member", SCOPE, { a: { b: ["x"] } }, { a: { c: "x" } }, false],
  ["a number in the body", NUMBERS, { price: [{ numeric: [">=", 100] }] }, { price: 100 }, true],
  ["true", STRINGS, { k: [true] }, { k: true }, true],
  ["null", STRINGS, { k: [null] }, { k: null }, true],
  ["an element of a list in the body", SCOPE, { k: ["b"] }, { k: ["a", "b"] }, true],
  ["a member of an element", SCOPE, { list: { k: ["x"] } }, { list: [{ k: "y" }, { k: "x" }] }, true],
  ["a body without the member", KEYS, { k: [{ exists: false }] }, { other: 1 }, true],
  ["a body that is a string", SCOPE, { k: ["a"] }, "a", false],
  ["a prefix in the body", STRINGS, { k: [{ prefix: "a" }] }, { k: "abc" }, true],
  ["$or in the body", AND_OR, { $or: [{ a: ["1"] }, { b: { c: ["2"] } }] }, { b: { c: "2" } }, true],
];

for (const [what, source, policy, body, expected] of BY_BODY) {
  behaviour(`body: ${what}: ${expected ? "delivered" : "filtered out"}`, source, async () => {
    const Message = typeof body === "string" ? body : JSON.stringify(body);
    expect(await delivered(policy, "MessageBody", { Message })).toBe(expected);
  });
}

behaviour("body: attributes are ignored", SCOPE, async () => {
  const message = { Message: "{}", MessageAttributes: { k: text("a") } };
  expect(await delivered({ k: ["a"] }, "MessageBody", message)).toBe(false);
});

const REFUSED: [string, string, string, RegExp][] = [
  ["invalid JSON", "MessageAttributes", "{", /^Invalid parameter: Attributes Reason: FilterPolicy: /],
  ["a value outside a list", "MessageAttributes", '{"k":"a"}', /"k" must be an object or an array/],
  ["an empty list", "MessageAttributes", '{"k":[]}', /Empty arrays are not allowed/],
  [
    "a list in a list",
    "MessageAttributes",
    '{"k":[["a"]]}',
    /Match value must be String, number, true, false, or null/,
  ],
  ["an unknown operator", "MessageAttributes", '{"k":[{"like":"a"}]}', /Unrecognized match type like/],
  [
    "two operators in one object",
    "MessageAttributes",
    '{"k":[{"prefix":"a","suffix":"b"}]}',
    /Only one key allowed in match expression/,
  ],
  [
    "a prefix that is not a string",
    "MessageAttributes",
    '{"k":[{"prefix":1}]}',
    /prefix match pattern must be a string/,
  ],
  [
    "exists that is not a Boolean",
    "MessageAttributes",
    '{"k":[{"exists":"yes"}]}',
    /exists match pattern must be either true or false/,
  ],
  [
    "a range without an operator",
    "MessageAttributes",
    '{"k":[{"numeric":[1]}]}',
    /Invalid member in numeric match/,
  ],
  [
    "a range whose upper bound is less than the lower bound",
    "MessageAttributes",
    '{"k":[{"numeric":[">",5,"<",1]}]}',
    /Bottom must be less than top/,
  ],
  ["a bound that is not a number", "MessageAttributes", '{"k":[{"numeric":["=","a"]}]}', /must be numeric/],
  [
    "nested members",
    "MessageAttributes",
    '{"a":{"b":["x"]}}',
    /scope MessageAttributes does not support nested filter policy/,
  ],
  [
    "six keys",
    "MessageAttributes",
    JSON.stringify(Object.fromEntries("abcdef".split("").map((k) => [k, ["x"]]))),
    /can not have more than 5 keys/,
  ],
  [
    "more than 150 combinations",
    "MessageAttributes",
    JSON.stringify({
      a: Array.from({ length: 13 }, (_, i) => `${i}`),
      b: Array.from({ length: 12 }, (_, i) => `${i}`),
    }),
    /too complex/,
  ],
  [
    "too many combinations because of nesting",
    "MessageBody",
    JSON.stringify({ a: { b: { c: ["1", "2", "3", "4"] } }, d: { e: ["1", "2", "3"] }, f: ["1", "2", "3"] }),
    /too complex/,
  ],
];

for (const [what, FilterPolicyScope, FilterPolicy, message] of REFUSED) {
  behaviour(`a filter policy is refused: ${what}`, LIMITS, async () => {
    const TopicArn = await cloud.topic();
    const Attributes = { FilterPolicyScope, FilterPolicy };
    const command = new SubscribeCommand({
      TopicArn,
      Protocol: "sqs",
      Endpoint: queueArn("any"),
      Attributes,
    });
    await expect(cloud.sns().send(command)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringMatching(message),
    });
  });
}

const set = (SubscriptionArn: string, AttributeName: string, AttributeValue: string) =>
  cloud.sns().send(new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }));

behaviour("an unknown FilterPolicyScope is refused", SCOPE, async () => {
  const { subscription } = await cloud.pair();
  await expect(set(subscription, "FilterPolicyScope", "Message")).rejects.toMatchObject({
    name: "InvalidParameterException",
    message:
      "Invalid parameter: FilterPolicyScope: Invalid value [Message]. Please use either MessageBody or MessageAttributes",
  });
});

behaviour(
  "a filter policy can be set and removed later",
  doc("sns/latest/dg/subscription-filter-policy.html"),
  async () => {
    const { topic, url, subscription } = await cloud.pair();
    const publish = () => cloud.sns().send(new PublishCommand({ TopicArn: topic, Message: "m" }));
    await set(subscription, "FilterPolicy", '{"k":["a"]}');
    await publish();
    expect(await cloud.received(url)).toHaveLength(0);
    await set(subscription, "FilterPolicy", "{}");
    await publish();
    expect(await cloud.received(url)).toHaveLength(1);
  },
);

behaviour(
  "a topic has at most 200 filter policies, whichever way they are set",
  doc("sns/latest/dg/subscription-filter-policy-constraints.html"),
  async () => {
    const TopicArn = await cloud.topic();
    const FilterPolicy = '{"k":["a"]}';
    const subscribe = async (n: number, Attributes = {}) => {
      const Endpoint = queueArn(`filtered-${n}`);
      const command = new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint, Attributes });
      return (await cloud.sns().send(command)).SubscriptionArn!;
    };
    for (let n = 0; n < 200; n++) await subscribe(n, { FilterPolicy });
    const exceeded = { name: "FilterPolicyLimitExceededException" };
    await expect(subscribe(200, { FilterPolicy })).rejects.toMatchObject(exceeded);
    await expect(set(await subscribe(201), "FilterPolicy", FilterPolicy)).rejects.toMatchObject(exceeded);
    await set(await subscribe(0), "FilterPolicy", '{"k":["b"]}');
  },
);
