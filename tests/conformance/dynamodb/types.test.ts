import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, N, type Refusal, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const TableName = "typed";
withTable(TableName);

const STRUCTURE = "Start of structure or map found where not expected";
const CAST =
  "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base of loader 'bootstrap')";
const OURS = "com.amazonaws.dynamodb.v20120810";

/** Invalid values by expected type, with the messages. */
const WRONG = {
  String: [
    [true, "TRUE_VALUE cannot be converted to String"],
    [false, "FALSE_VALUE cannot be converted to String"],
    [23, "NUMBER_VALUE cannot be converted to String"],
    [3.5, "DECIMAL_VALUE cannot be converted to String"],
    [[], "Unrecognized collection type class java.lang.String"],
    [{}, STRUCTURE],
  ],
  Boolean: [
    ["true", "Unexpected token received from parser"],
    [1, "NUMBER_VALUE cannot be converted to Boolean"],
    [1.5, "DECIMAL_VALUE cannot be converted to Boolean"],
    [[], "Unrecognized collection type class java.lang.Boolean"],
    [{}, STRUCTURE],
  ],
  Integer: [
    ["23", "STRING_VALUE cannot be converted to Integer"],
    [true, "TRUE_VALUE cannot be converted to Integer"],
    [2 ** 31, "NUMBER_VALUE cannot be converted to Integer"],
    [[], "Unrecognized collection type class java.lang.Integer"],
    [{}, STRUCTURE],
  ],
  Long: [
    ["23", "STRING_VALUE cannot be converted to Long"],
    [false, "FALSE_VALUE cannot be converted to Long"],
    [2 ** 64, "NUMBER_VALUE cannot be converted to Long"],
    [[], "Unrecognized collection type class java.lang.Long"],
    [{}, STRUCTURE],
  ],
  Blob: [
    [true, "only base-64-encoded strings are convertible to bytes"],
    [23, "only base-64-encoded strings are convertible to bytes"],
    [[], "Unrecognized collection type class java.nio.ByteBuffer"],
    [{}, STRUCTURE],
    ["23456", "Base64 encoded length is expected a multiple of 4 bytes but found: 5"],
    ["+/+=", "Invalid last non-pad Base64 character dectected"],
    // The low byte of this one is that of "A".
    ["abcŁ", "Invalid base64 character: 'Ł'"],
  ],
  List: [
    ["23", "Unexpected field type"],
    [true, "Unexpected field type"],
    [23, "Unexpected field type"],
    [{}, STRUCTURE],
  ],
  AttributeMap: [
    ["23", "Unexpected field type"],
    [23, "Unexpected field type"],
    [[], `Unrecognized collection type java.util.Map<java.lang.String, ${OURS}.AttributeValue>`],
  ],
  ElementList: [
    ["23", CAST],
    [true, CAST],
    [{}, STRUCTURE],
  ],
  ElementMap: [
    ["23", CAST],
    [[], `Unrecognized collection type java.util.Map<java.lang.String, ${OURS}.AttributeValue>`],
  ],
  Value: [
    ["23", "Unexpected value type in payload"],
    [true, "Unexpected value type in payload"],
    [23, "Unexpected value type in payload"],
    [[], `Unrecognized collection type class ${OURS}.AttributeValue`],
  ],
  FieldValue: [
    ["23", "Unexpected field type"],
    [23, "Unexpected field type"],
    [[], `Unrecognized collection type class ${OURS}.AttributeValue`],
  ],
} as const;

const PATHS: [string, string, keyof typeof WRONG][] = [
  ["PutItem", "TableName", "String"],
  ["PutItem", "Item", "AttributeMap"],
  ["PutItem", "Item.a", "Value"],
  ["PutItem", "Item.a.S", "String"],
  ["PutItem", "Item.a.N", "String"],
  ["PutItem", "Item.a.B", "Blob"],
  ["PutItem", "Item.a.BOOL", "Boolean"],
  ["PutItem", "Item.a.NULL", "Boolean"],
  ["PutItem", "Item.a.SS", "List"],
  ["PutItem", "Item.a.L", "List"],
  ["PutItem", "Item.a.M", "AttributeMap"],
  ["PutItem", "Item.a.M.b", "Value"],
  ["PutItem", "Expected.a.Value", "FieldValue"],
  ["PutItem", "Expected.a.Exists", "Boolean"],
  ["PutItem", "ExpressionAttributeValues", "AttributeMap"],
  ["Query", "Limit", "Integer"],
  ["Query", "ScanIndexForward", "Boolean"],
  ["Query", "AttributesToGet", "List"],
  ["CreateTable", "ProvisionedThroughput.ReadCapacityUnits", "Long"],
  ["CreateTable", "KeySchema", "List"],
  ["BatchWriteItem", "RequestItems.abc", "ElementList"],
  ["UpdateItem", "Key", "AttributeMap"],
  ["UpdateItem", "UpdateExpression", "String"],
];

function nested(path: string, value: unknown): object {
  return path
    .split(".")
    .reverse()
    .reduce((inner, name) => ({ [name]: inner }), value) as object;
}

refusals(
  api("CommonErrors"),
  PATHS.flatMap(([operation, path, expectedType]) =>
    WRONG[expectedType].map(
      ([value, message]): Refusal => [operation, nested(path, value), message, "SerializationException"],
    ),
  ),
);
refusals(
  api("CommonErrors"),
  WRONG.ElementMap.map(
    ([value, message]): Refusal => [
      "BatchGetItem",
      { RequestItems: { abc: { Keys: [value] } } },
      message,
      "SerializationException",
    ],
  ),
);

/** The message that the SDK sets for an error without one. */
const NO_MESSAGE = "UnknownError";
/** Lone surrogates, which have no UTF-8 encoding. */
const LONE_SURROGATES: string[] = ["\ud83d", "a\ude00", "\ude00\ud83d", "\\\ud83d", "\udbff\udbff"];
refusals(
  guide("HowItWorks.NamingRulesDataTypes"),
  LONE_SURROGATES.flatMap((surrogate): Refusal[] => [
    ["PutItem", { TableName: "abc", Item: { a: { S: surrogate } } }, NO_MESSAGE, "SerializationException"],
    [
      "PutItem",
      { TableName: "abc", Item: { a: { M: { [surrogate]: { S: "" } } } } },
      NO_MESSAGE,
      "SerializationException",
    ],
    ["GetItem", { TableName: "abc", Key: { a: { S: surrogate } } }, NO_MESSAGE, "SerializationException"],
  ]),
);
refusals(guide("HowItWorks.NamingRulesDataTypes"), [
  [
    "GetItem",
    { TableName: "abc", Key: { a: { S: "\ud83d\ude00 \\ud83d" } } },
    "Requested resource not found",
    "ResourceNotFoundException",
  ],
]);

const INVALID = "One or more parameter values were invalid: ";
const EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
const SEVERAL =
  "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";

/** Invalid attribute values, with the messages. */
const VALUES: [object, string][] = [
  [{}, EMPTY],
  [{ a: "" }, EMPTY],
  [{ M: { a: {} } }, EMPTY],
  [{ L: [{}] }, EMPTY],
  [{ NULL: false }, `${INVALID}Null attribute value types must have the value of true`],
  [{ SS: [] }, `${INVALID}An string set  may not be empty`],
  [{ NS: [] }, `${INVALID}An number set  may not be empty`],
  [{ BS: [] }, `${INVALID}Binary sets should not be empty`],
  [{ SS: ["a", "a"] }, `${INVALID}Input collection [a, a] contains duplicates.`],
  [{ BS: ["Yg==", "Yg=="] }, `${INVALID}Input collection [Yg==, Yg==]of type BS contains duplicates.`],
  [{ NS: ["1", "1"] }, "Input collection contains duplicates"],
  [{ NS: ["1", "1.0"] }, "Input collection contains duplicates"],
  [{ N: "" }, "The parameter cannot be converted to a numeric value"],
  [{ N: "b" }, "The parameter cannot be converted to a numeric value: b"],
  [{ N: "1 " }, "The parameter cannot be converted to a numeric value: 1 "],
  [{ NS: ["1", ""] }, "The parameter cannot be converted to a numeric value"],
  [{ NS: ["1", "b"] }, "The parameter cannot be converted to a numeric value: b"],
  [{ N: "1".repeat(39) }, "Attempting to store more than 38 significant digits in a Number"],
  [{ N: "-1".padEnd(40, "2") }, "Attempting to store more than 38 significant digits in a Number"],
  [
    { N: "1E126" },
    "Number overflow. Attempting to store a number with magnitude larger than supported range",
  ],
  [
    { N: "-1E126" },
    "Number overflow. Attempting to store a number with magnitude larger than supported range",
  ],
  [
    { N: "1E-131" },
    "Number underflow. Attempting to store a number with magnitude smaller than supported range",
  ],
  [{ S: "a", N: "1" }, SEVERAL],
  [{ S: "a", N: "b" }, "The parameter cannot be converted to a numeric value: b"],
  [{ BOOL: true, NULL: true }, SEVERAL],
];

const rules = guide("HowItWorks.NamingRulesDataTypes");
const at = (wrap: (value: object) => [string, object], messageOf = (message: string) => message): Refusal[] =>
  VALUES.map(([value, message]) => [...wrap(value), messageOf(message)]);

refusals(
  rules,
  at((value) => ["PutItem", { TableName: "abc", Item: { a: value } }]),
);
refusals(
  rules,
  at((value) => ["GetItem", { TableName: "abc", Key: { a: value } }]),
);
refusals(
  rules,
  at((value) => ["DeleteItem", { TableName: "abc", Key: { a: value } }]),
);
refusals(
  rules,
  at((value) => ["UpdateItem", { TableName: "abc", Key: { a: value } }]),
);
refusals(
  rules,
  at(
    (value) => [
      "UpdateItem",
      {
        TableName: "abc",
        Key: {},
        UpdateExpression: "SET a = :b",
        ExpressionAttributeValues: { ":b": value },
      },
    ],
    (message) => `ExpressionAttributeValues contains invalid value: ${message} for key :b`,
  ),
);
refusals(
  rules,
  at((value) => ["BatchGetItem", { RequestItems: { abc: { Keys: [{ a: value }] } } }]),
);
refusals(
  rules,
  at((value) => ["BatchWriteItem", { RequestItems: { abc: [{ PutRequest: { Item: { a: value } } }] } }]),
);

const START = "The provided starting key is invalid: ";
refusals(
  rules,
  at(
    (value) => ["Scan", { TableName: "abc", ExclusiveStartKey: { a: value } }],
    (message) => (/umber|numeric|duplicates/.test(message) ? message : `${START}${message}`),
  ),
);

behaviour(
  "sets can contain empty strings and binary values",
  guide("HowItWorks.NamingRulesDataTypes"),
  async () => {
    const Key = { p: S("sets"), s: N(1) };
    const texts = { SS: ["", "a"] };
    const bytes = { BS: [Buffer.alloc(0), Buffer.from("a")] };
    await send(new PutItemCommand({ TableName, Item: { ...Key, texts, bytes } }));
    const { Item } = await send(new GetItemCommand({ TableName, Key }));
    expect(Item!.texts).toEqual(texts);
    expect(Item!.bytes!.BS!.map((one) => Buffer.from(one).toString())).toEqual(["", "a"]);
  },
);
