import { PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, guide, type Item, N, type Refusal, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const TableName = "expressions";
withTable(TableName);

const conditions = guide("Expressions.OperatorsAndFunctions");
const VALUES: Item = {
  ":n": N(1),
  ":m": N(2),
  ":s": S("a"),
  ":l": { L: [] },
  ":ss": { SS: ["a"] },
  ":b": { BOOL: true },
};
const used = (expression: string) => {
  const entries = Object.entries(VALUES).filter(([name]) =>
    new RegExp(`${name}(?![A-Za-z0-9_])`).test(expression),
  );
  return entries.length > 0 ? { ExpressionAttributeValues: Object.fromEntries(entries) } : {};
};

const operand = (name: string, type: string) =>
  `Incorrect operand type for operator or function; operator or function: ${name}, operand type: ${type}`;
const count = (name: string, found: number) =>
  `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${found}`;
const path = (name: string) => `Operator or function requires a document path; operator or function: ${name}`;
const distinct = (name: string) =>
  `The first operand must be distinct from the remaining operands for this operator or function; operator: ${name}, first operand: [a]`;

/**
 * AND, OR and NOT count as operators: a filter with fewer than 301 comparisons was refused (aws-sdk-js, issue 3721).
 */
const MANY = "The expression contains too many operators; operator count: 301";

/** Invalid condition expressions, with the messages. */
const CONDITIONS: [string, string][] = [
  ["", "The expression can not be empty;"],
  ["a = ", 'Syntax error; token: "<EOF>", near: "="'],
  ["a = :n :n", 'Syntax error; token: ":n", near: ":n :n"'],
  ["a > = :n", 'Syntax error; token: "=", near: "> = :n"'],
  ["a = :n AND OR b = :m", 'Syntax error; token: "OR", near: "AND OR b"'],
  ["a = in(:n)", 'Syntax error; token: "in", near: "= in("'],
  ["abort = :n", "Attribute name is a reserved keyword; reserved keyword: abort"],
  ["a = b.Comment", "Attribute name is a reserved keyword; reserved keyword: Comment"],
  ["wrong(a)", "Invalid function name; function: wrong"],
  ["Attribute_exists(a)", "Invalid function name; function: Attribute_exists"],
  ["attribute_exists(a, b)", count("attribute_exists", 2)],
  ["attribute_not_exists(a, b)", count("attribute_not_exists", 2)],
  ["begins_with(a)", count("begins_with", 1)],
  ["contains(a)", count("contains", 1)],
  ["attribute_type(a)", count("attribute_type", 1)],
  ["attribute_exists(:n)", path("attribute_exists")],
  ["attribute_not_exists(:s)", path("attribute_not_exists")],
  ["begins_with(a, :n)", operand("begins_with", "N")],
  ["begins_with(a, :ss)", operand("begins_with", "SS")],
  ["attribute_type(a, :n)", operand("attribute_type", "N")],
  [
    "attribute_type(a, :s)",
    "Invalid attribute type name found; type: a, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
  ],
  ["size(:n) = :n", operand("size", "N")],
  ["size(a)", "The function is not allowed to be used this way in an expression; function: size"],
  [
    "a = attribute_exists(b)",
    "The function is not allowed to be used this way in an expression; function: attribute_exists",
  ],
  // The result of size() is known to be a number.
  ["size(size(a)) = :n", operand("size", "N")],
  ["begins_with(size(a), :s)", operand("begins_with", "N")],
  ["attribute_type(a, b)", operand("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")],
  ["a[4294967295] = :n", "List index is not within the allowable range; index: [4294967295]"],
  ["a < :l", operand("<", "L")],
  ["a <= :b", operand("<=", "BOOL")],
  ["a > :ss", operand(">", "SS")],
  ["a >= :l", operand(">=", "L")],
  ["a BETWEEN :l AND :n", operand("BETWEEN", "L")],
  [
    "a BETWEEN :m AND :n",
    "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
  ],
  [
    "a BETWEEN :n AND :s",
    "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}",
  ],
  ["a = a", distinct("=")],
  ["a < a", distinct("<")],
  ["begins_with(a, a)", distinct("begins_with")],
  ["contains(a, a)", distinct("contains")],
  ["a BETWEEN a AND :n", distinct("BETWEEN")],
  ["a IN (:n, a)", distinct("IN")],
  ["((a = :n))", "The expression has redundant parentheses;"],
  ["if_not_exists(a, :n)", "The function is not allowed in a condition expression; function: if_not_exists"],
  ["a = ((:n))", "The expression has redundant parentheses;"],
  // Of several faults, a syntax error is reported first, and a wrong operand type last.
  ["abort = :n :n", 'Syntax error; token: ":n", near: ":n :n"'],
  ["a = :none AND wrong(b)", "Invalid function name; function: wrong"],
  [
    "begins_with(a, :n) AND contains(b) AND a = :none",
    "An expression attribute value used in expression is not defined; attribute value: :none",
  ],
  ["begins_with(a, :n) AND contains(b)", count("contains", 1)],
  ["#x = :n", "An expression attribute name used in the document path is not defined; attribute name: #x"],
  ["a = :none", "An expression attribute value used in expression is not defined; attribute value: :none"],
  [
    `a IN (${Array(101).fill(":n").join(",")})`,
    "The IN operator is provided with too many operands; number of operands: 101",
  ],
  [Array(151).fill("a<b").join(" OR "), MANY],
  [`a<b ${" AND NOT a<b".repeat(100)}`, MANY],
  [Array(101).fill("size(a)<b").join(" AND "), MANY],
];
for (const [operation, kind, base] of [
  ["PutItem", "ConditionExpression", { TableName: "abc", Item: {} }],
  ["DeleteItem", "ConditionExpression", { TableName: "abc", Key: {} }],
  ["Scan", "FilterExpression", { TableName: "abc" }],
] as const)
  refusals(
    conditions,
    CONDITIONS.map(
      ([expression, message]): Refusal => [
        operation,
        { ...base, [kind]: expression, ...used(expression) },
        `Invalid ${kind}: ${message}`,
      ],
    ),
  );

const overlap = (kind: string, one: string, two: string) =>
  `Two document paths ${kind} with each other; must remove or rewrite one of these paths; path one: ${one}, path two: ${two}`;

/** Syntax errors that users reported, such as names that begin with an underscore. */
const STRANGE: [string, Refusal[]][] = [
  [
    "https://github.com/aws/aws-sdk-js/issues/1691",
    [
      [
        "UpdateItem",
        { TableName: "abc", Key: {}, UpdateExpression: "set _something = :n", ...used(":n") },
        'Invalid UpdateExpression: Syntax error; token: "_", near: "set _something"',
      ],
    ],
  ],
  [
    "https://github.com/Dynamoid/dynamoid/issues/808",
    [
      [
        "Query",
        { TableName: "abc", KeyConditionExpression: "a = :s AND _sortKey = :n", ...used(":n :s") },
        'Invalid KeyConditionExpression: Syntax error; token: "_", near: "AND _sortKey"',
      ],
    ],
  ],
  [
    "https://github.com/architect/dynalite/issues/147",
    [
      [
        "PutItem",
        { TableName: "abc", Item: {}, ConditionExpression: "__typename <> :n", ...used(":n") },
        'Invalid ConditionExpression: Syntax error; token: "_", near: "__"',
      ],
    ],
  ],
  [
    "https://github.com/aws/aws-cdk/issues/7591",
    [
      [
        "UpdateItem",
        { TableName: "abc", Key: {}, UpdateExpression: "ADD hits : incr", ...used(":n") },
        'Invalid UpdateExpression: Syntax error; token: ":", near: "hits : incr"',
      ],
    ],
  ],
];
refusals("https://github.com/aws/aws-sdk-java-v2/issues/2310", [
  [
    "GetItem",
    {
      TableName: "abc",
      Key: {},
      ProjectionExpression: "#m.#of_2021-03-03",
      ExpressionAttributeNames: { "#m": "m", "#of_2021": "x" },
    },
    'Invalid ProjectionExpression: Syntax error; token: "-", near: "#of_2021-0"',
  ],
  [
    "GetItem",
    { TableName: "abc", Key: {}, ProjectionExpression: "a[01]" },
    'Invalid ProjectionExpression: Syntax error; token: "1", near: "01]"',
  ],
]);
for (const [source, rows] of STRANGE) refusals(source, rows);

/** Invalid update expressions, with the messages. */
const UPDATES: [string, string][] = [
  ["", "The expression can not be empty;"],
  ["a = :n", 'Syntax error; token: "a", near: "a ="'],
  ["SET", 'Syntax error; token: "<EOF>", near: "SET"'],
  ["SET a = :n, REMOVE b", 'Syntax error; token: "REMOVE", near: ", REMOVE b"'],
  ["SET a = add", 'Syntax error; token: "add", near: "= add"'],
  ["SET a = :n SET b = :n", 'The "SET" section can only be used once in an update expression;'],
  ["REMOVE a REMOVE b", 'The "REMOVE" section can only be used once in an update expression;'],
  ["SET a = wrong(b)", "Invalid function name; function: wrong"],
  [
    "SET a = attribute_exists(b)",
    "The function is not allowed in an update expression; function: attribute_exists",
  ],
  ["SET a = size(b)", "The function is not allowed in an update expression; function: size"],
  ["SET a = if_not_exists(b)", count("if_not_exists", 1)],
  ["SET a = list_append(b)", count("list_append", 1)],
  ["SET a = if_not_exists(:n, :m)", path("if_not_exists")],
  ["SET a = list_append(b, :n)", operand("list_append", "N")],
  ["SET a = b + :s", operand("+", "S")],
  ["SET a = :ss - b", operand("-", "SS")],
  ["SET a = list_append(b, :l) + :n", operand("+", "L")],
  ["SET a = list_append(if_not_exists(b, :s), :l)", operand("list_append", "S")],
  ["SET a = :s + :n, b = wrong(c)", "Invalid function name; function: wrong"],
  ["SET abort = b +", 'Syntax error; token: "<EOF>", near: "+"'],
  ["SET a = :n, a = :m", overlap("overlap", "[a]", "[a]")],
  ["SET a.b = :n, a = :m", overlap("overlap", "[a, b]", "[a]")],
  ["SET a.b = :n, a[1] = :m", overlap("conflict", "[a, b]", "[a, [1]]")],
  ["SET a = :n REMOVE a", overlap("overlap", "[a]", "[a]")],
  [
    "ADD a :s",
    "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
  ],
  [
    "ADD a :l",
    "Incorrect operand type for operator or function; operator: ADD, operand type: LIST, typeSet: ALLOWED_FOR_ADD_OPERAND",
  ],
  [
    "DELETE a :n",
    "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
  ],
  ["ADD a b", 'Syntax error; token: "b", near: "a b"'],
  ["DELETE a size(b)", 'Syntax error; token: "size", near: "a size("'],
  ["SET a = ((b))", "The expression has redundant parentheses;"],
  ["SET a = ((b + :n))", "The expression has redundant parentheses;"],
  ["SET a = (b + :n) + :m", 'Syntax error; token: "+", near: ") + :m"'],
  ["SET a = b + :n + :m", 'Syntax error; token: "+", near: ":n + :m"'],
  ["SET a[4294967295] = :n", "List index is not within the allowable range; index: [4294967295]"],
  [`SET ${Array.from({ length: 301 }, (_, at) => `a${at}=b+:n`).join()}`, MANY],
  ["SET abort = :n", "Attribute name is a reserved keyword; reserved keyword: abort"],
  [
    "SET a = :none",
    "An expression attribute value used in expression is not defined; attribute value: :none",
  ],
];
refusals(
  guide("Expressions.UpdateExpressions"),
  UPDATES.map(
    ([UpdateExpression, message]): Refusal => [
      "UpdateItem",
      { TableName: "abc", Key: {}, UpdateExpression, ...used(UpdateExpression) },
      `Invalid UpdateExpression: ${message}`,
    ],
  ),
);

const PROJECTIONS: [string, string][] = [
  ["", "The expression can not be empty;"],
  ["a,", 'Syntax error; token: "<EOF>", near: ","'],
  ["a b", 'Syntax error; token: "b", near: "a b"'],
  ["a.b, a", overlap("overlap", "[a, b]", "[a]")],
  ["a[0], a.b", overlap("conflict", "[a, [0]]", "[a, b]")],
  ["abort", "Attribute name is a reserved keyword; reserved keyword: abort"],
  ["#a", "An expression attribute name used in the document path is not defined; attribute name: #a"],
];
refusals(
  guide("Expressions.ProjectionExpressions"),
  PROJECTIONS.map(
    ([ProjectionExpression, message]): Refusal => [
      "GetItem",
      { TableName: "abc", Key: {}, ProjectionExpression },
      `Invalid ProjectionExpression: ${message}`,
    ],
  ),
);

/** Faults specific to key conditions; their messages lack the prefix `Invalid KeyConditionExpression`. */
const KEYS: [string, string][] = [
  ["a = :n OR b = :n", "Invalid operator used in KeyConditionExpression: OR"],
  ["NOT a = :n", "Invalid operator used in KeyConditionExpression: NOT"],
  ["a <> :n", "Invalid operator used in KeyConditionExpression: <>"],
  ["a IN (:n)", "Invalid operator used in KeyConditionExpression: IN"],
  ["attribute_exists(a)", "Invalid operator used in KeyConditionExpression: attribute_exists"],
  ["contains(a, :n)", "Invalid operator used in KeyConditionExpression: contains"],
  ["size(a) = :n", "KeyConditionExpressions cannot contain nested operations"],
  ["a = :n AND a = :m", "KeyConditionExpressions must only contain one condition per key"],
  ["a.b = :n", "KeyConditionExpressions cannot have conditions on nested attributes"],
  ["a = b", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"],
  [":n = :m", "Invalid condition in KeyConditionExpression: No key attribute specified"],
  [
    "a BETWEEN b AND :n",
    "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand",
  ],
  [
    "begins_with(:s, a)",
    "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand",
  ],
];
refusals("https://github.com/awslabs/aws-athena-query-federation/issues/1089", [
  ...KEYS.map(
    ([KeyConditionExpression, message]): Refusal => [
      "Query",
      { TableName: "abc", KeyConditionExpression, ...used(KeyConditionExpression) },
      message,
    ],
  ),
  [
    "Query",
    { TableName: "abc", KeyConditionExpression: "begins_with(a, :n)", ...used(":n") },
    `Invalid KeyConditionExpression: ${operand("begins_with", "N")}`,
  ],
]);
const query = (KeyConditionExpression: string, message: string, more: object = {}): Refusal => [
  "Query",
  { TableName, KeyConditionExpression, ...more },
  message,
];
const by = (values: Item) => ({ ExpressionAttributeValues: values });
refusals(guide("Query.KeyConditionExpressions"), [
  query("s = :s", "Query condition missed key schema element: p", by({ ":s": N(1) })),
  query("p < :p", "Query key condition not supported", by({ ":p": S("a") })),
  query(
    "p = :p",
    "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
    by({ ":p": S("x".repeat(2_049)) }),
  ),
  query(
    "p = :p",
    "One or more parameter values were invalid: Condition parameter type does not match schema type",
    by({ ":p": { BOOL: true } }),
  ),
  query("p = :p AND x = :p", "Query condition missed key schema element: s", by({ ":p": S("a") })),
  query(
    "p = :p",
    "One or more parameter values were invalid: Condition parameter type does not match schema type",
    by({ ":p": N(1) }),
  ),
  query("p = :p", "Filter Expression can only contain non-primary key attributes: Primary key attribute: s", {
    FilterExpression: "s > :s",
    ...by({ ":p": S("a"), ":s": N(1) }),
  }),
  query("p = :p", "The table does not have the specified index: none", {
    IndexName: "none",
    ...by({ ":p": S("a") }),
  }),
  query("p = :p", "The provided starting key is invalid", {
    ExclusiveStartKey: { p: S("a") },
    ...by({ ":p": S("a") }),
  }),
  query(
    "p = :p",
    "The provided starting key is invalid: One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p",
    { ExclusiveStartKey: { p: S(""), s: N(1) }, ...by({ ":p": S("a") }) },
  ),
  query("p = :p", "The provided starting key is outside query boundaries based on provided conditions", {
    ExclusiveStartKey: { p: S("b"), s: N(1) },
    ...by({ ":p": S("a") }),
  }),
  query("p = :p AND s > :s", "The provided starting key does not match the range key predicate", {
    ExclusiveStartKey: { p: S("a"), s: N(1) },
    ...by({ ":p": S("a"), ":s": N(1) }),
  }),
  [
    "Scan",
    { TableName, ExclusiveStartKey: { p: S("a") } },
    "The provided starting key is invalid: The provided key element does not match the schema",
  ],
  query("p = :p", "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}", {
    ...by({ ":p": S("a"), ":x": S("b") }),
  }),
  query("p = :p", "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}", {
    ExpressionAttributeNames: { "#x": "y" },
    ...by({ ":p": S("a") }),
  }),
]);

/** Numbers in ascending order, nearly from the smallest to the largest. */
const SIZES = [
  "-9.9E125",
  "-1E125",
  "-9.9E124",
  "-1",
  "-1E-130",
  "0",
  "1E-130",
  "1",
  "9.9E124",
  "1E125",
  "9.9E125",
];
behaviour(
  "numbers of all magnitudes sort numerically",
  guide("HowItWorks.NamingRulesDataTypes"),
  async () => {
    const p = S("sizes");
    for (const s of SIZES) await send(new PutItemCommand({ TableName, Item: { p, s: N(s) } }));
    const found = async (operator: string, than: string) => {
      const { Items } = await send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: `p = :p AND s ${operator} :s`,
          ExpressionAttributeValues: { ":p": p, ":s": N(than) },
        }),
      );
      return Items!.map(({ s }) => Number(s!.N));
    };
    const sizes = SIZES.map(Number);
    for (const [at, size] of SIZES.entries()) {
      expect(await found(">=", size)).toEqual(sizes.slice(at));
      expect(await found("<", size)).toEqual(sizes.slice(0, at));
    }
  },
);
