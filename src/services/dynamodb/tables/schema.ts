import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { firstDuplicate } from "#lib/duplicates.ts";
import { inJavaMap } from "#lib/java-map.ts";
import { invalid, invalidParameters } from "../errors.ts";
import { namesOf } from "../items/keys.ts";
import type { Index, KeyNames, Table, Throughput } from "../store.ts";
import { withOnDemandMaximums } from "./on-demand-throughput.ts";
import { checkBounds, checkTableMaximum, throughputOf } from "./throughput.ts";
import { warmed } from "./warm-throughput.ts";

export const MAX_LOCAL_INDEXES = 5;
export const MAX_GLOBAL_INDEXES = 20;
const MAX_ATTRIBUTES_PER_TYPE = 4;
const MAX_INCLUDED = 100;

type Sent = Pick<
  DynamoDB.CreateTableInput,
  | "AttributeDefinitions"
  | "KeySchema"
  | "LocalSecondaryIndexes"
  | "GlobalSecondaryIndexes"
  | "BillingMode"
  | "ProvisionedThroughput"
  | "OnDemandThroughput"
  | "WarmThroughput"
>;

export type Schema = Pick<
  Table,
  "key" | "types" | "definitions" | "billing" | "throughput" | "onDemand" | "warm"
> & {
  indexes: Omit<Index, "number">[];
};

export const typesOf = (definitions: readonly DynamoDB.AttributeDefinition[]): Schema["types"] =>
  Object.fromEntries(definitions.map((one) => [one.AttributeName, one.AttributeType]));

/** Validates the schema of a new table. @throws {AwsError} ValidationException */
export function schemaOf(input: Sent, region: string): Schema {
  const {
    AttributeDefinitions: definitions = [],
    KeySchema = [],
    BillingMode: billing = "PROVISIONED",
  } = input;
  checkBounds(input.ProvisionedThroughput);
  const throughput = throughputOf(billing, input.ProvisionedThroughput);
  checkTableMaximum(throughput, region);
  const key = keyNames(KeySchema);
  checkOnce(definitions);
  if (definitions.length < KeySchema.length)
    throw invalid("Invalid KeySchema: Some index key attribute have no definition");
  const checkDefined = definedBy(definitions);
  checkDefined(KeySchema);
  checkLists(input, key, definitions);
  // Indexes beyond the first excess one are not validated.
  const locals = (input.LocalSecondaryIndexes ?? []).slice(0, MAX_LOCAL_INDEXES + 1);
  const globals = (input.GlobalSecondaryIndexes ?? []).slice(0, MAX_GLOBAL_INDEXES + 1);
  checkUsed(definitions, [
    key,
    ...locals.map(({ KeySchema: own }) => definedKey(keyNames(own), own, checkDefined)),
    ...globals.map(({ KeySchema: own }) => definedKey(indexKeyNames(own), own, checkDefined)),
  ]);
  const local = locals.map((index) => localIndex(index, key));
  const global = globals.map((index) => globalIndex(index, checkDefined, billing, region));
  checkIndexes(local, global);
  const whose = { billing, region };
  const capacity = withOnDemandMaximums({ throughput }, whose, input.OnDemandThroughput, true);
  return {
    key,
    types: typesOf(definitions),
    definitions,
    billing,
    indexes: [...local, ...global],
    ...warmed(capacity, whose, input.WarmThroughput, true),
  };
}

type Named = Pick<Index, "name" | "included">;

/** @throws {AwsError} ValidationException if there are too many indexes, or two of the same name */
function checkIndexes(local: readonly Named[], global: readonly Named[]): void {
  if (local.length > MAX_LOCAL_INDEXES)
    throw invalidParameters(
      `Number of LocalSecondaryIndexes exceeds per-table limit of ${MAX_LOCAL_INDEXES}`,
    );
  if (global.length > MAX_GLOBAL_INDEXES)
    throw invalidParameters(
      `GlobalSecondaryIndex count exceeds the per-table limit of ${MAX_GLOBAL_INDEXES}`,
    );
  const indexes = [...local, ...global];
  checkIncluded(indexes);
  const duplicate = firstDuplicate(indexes.map(({ name }) => name));
  if (duplicate !== undefined) throw invalidParameters(`Duplicate index name: ${duplicate}`);
}

/** @throws {AwsError} ValidationException */
export function checkIncluded(indexes: readonly Pick<Index, "included">[]): void {
  const count = indexes.reduce((sum, { included }) => sum + included.length, 0);
  if (count > MAX_INCLUDED)
    throw invalidParameters(`Number of NonKeyAttributes exceeds the limit of ${MAX_INCLUDED}`);
}

function checkLists(
  { LocalSecondaryIndexes: local, GlobalSecondaryIndexes: global }: Sent,
  key: KeyNames,
  definitions: readonly DynamoDB.AttributeDefinition[],
): void {
  if (local?.length === 0) throw invalidParameters("List of LocalSecondaryIndexes is empty");
  if (global?.length === 0) throw invalidParameters("List of GlobalSecondaryIndexes is empty");
  const keys = key.sort === undefined ? 1 : 2;
  if (!local && !global && definitions.length !== keys)
    throw invalidParameters(
      "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
    );
}

function checkOnce(definitions: readonly DynamoDB.AttributeDefinition[]): void {
  const duplicate = firstDuplicate(definitions.map(({ AttributeName }) => AttributeName));
  if (duplicate !== undefined) throw invalid(`Attribute Name is duplicated: ${duplicate}`);
}

/** @throws {AwsError} ValidationException */
export function keyNames(schema: readonly DynamoDB.KeySchemaElement[]): KeyNames {
  const [first, second] = schema;
  if (schema.length > 2)
    throw invalid(
      `1 validation error detected: Value '[${schema.map(({ AttributeName, KeyType }) => `KeySchemaElement(attributeName=${AttributeName}, keyType=${KeyType})`).join(", ")}]' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2`,
    );
  if (first?.KeyType !== "HASH")
    throw invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (second && second.KeyType !== "RANGE")
    throw invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  if (second?.AttributeName === first.AttributeName)
    throw invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  return { partition: first.AttributeName, sort: second?.AttributeName };
}

/** Global indexes may have several attributes of each key type. @throws {AwsError} ValidationException */
function indexKeyNames(schema: readonly DynamoDB.KeySchemaElement[]): KeyNames {
  if (schema.length < 3 && schema[1]?.KeyType !== "HASH") return keyNames(schema);
  const of = (kind: DynamoDB.KeyType) =>
    schema.filter(({ KeyType }) => KeyType === kind).map(({ AttributeName }) => AttributeName);
  const [hash, range] = [of("HASH"), of("RANGE")];
  if (schema[0]!.KeyType !== "HASH")
    throw invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  for (const [kind, names] of [
    ["HASH", hash],
    ["RANGE", range],
  ] as const)
    if (names.length > MAX_ATTRIBUTES_PER_TYPE)
      throw invalidParameters(`The KeySchema exceeds the maximum allowed number of ${kind} key attributes`);
  if (schema.slice(hash.length).some(({ KeyType }) => KeyType === "HASH"))
    throw invalidParameters("All HASH key attributes must precede RANGE key attributes in the KeySchema");
  if (new Set([...hash, ...range]).size < schema.length)
    throw invalid("The KeySchema contains multiple key attributes with the same name");
  return {
    partition: hash[0]!,
    sort: range[0],
    more: { partition: hash.slice(1), sort: range.slice(1) },
  };
}

/** @throws {AwsError} ValidationException if an attribute of the key is not defined */
type CheckDefined = (schema: readonly DynamoDB.KeySchemaElement[]) => void;

/** Returns a check for the keys of a table and its indexes. */
export function definedBy(definitions: readonly DynamoDB.AttributeDefinition[]): CheckDefined {
  const defined = new Set(definitions.map(({ AttributeName }) => AttributeName));
  return (schema) => {
    if (schema.every(({ AttributeName }) => defined.has(AttributeName))) return;
    const keys = schema.map(({ AttributeName }) => AttributeName).join(", ");
    throw invalidParameters(
      `Some index key attributes are not defined in AttributeDefinitions. Keys: [${keys}], AttributeDefinitions: [${definedNames(definitions)}]`,
    );
  };
}

function definedKey(
  key: KeyNames,
  schema: readonly DynamoDB.KeySchemaElement[],
  checkDefined: CheckDefined,
): KeyNames {
  checkDefined(schema);
  return key;
}

/** Checks that all attribute definitions are used, before all other checks of indexes. @throws {AwsError} ValidationException */
function checkUsed(definitions: readonly DynamoDB.AttributeDefinition[], keys: readonly KeyNames[]): void {
  const used = new Set(keys.flatMap(namesOf));
  if (definitions.every(({ AttributeName }) => used.has(AttributeName))) return;
  const names = inJavaMap([...used], (name) => name).join(", ");
  throw invalidParameters(
    `Some AttributeDefinitions are not used. AttributeDefinitions: [${definedNames(definitions)}], keys used: [${names}]`,
  );
}

/** The attribute names in the order of a Java map with that initial capacity. */
const definedNames = (definitions: readonly DynamoDB.AttributeDefinition[]) =>
  inJavaMap(
    definitions.map(({ AttributeName }) => AttributeName),
    (name) => name,
    definitions.length,
  ).join(", ");

function localIndex(sent: DynamoDB.LocalSecondaryIndex, table: KeyNames): Omit<Index, "number"> {
  if (table.sort === undefined)
    throw invalidParameters(
      "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
    );
  const key = keyNames(sent.KeySchema);
  if (key.partition !== table.partition)
    throw invalidParameters(
      `Index KeySchema does not have the same leading hash key as table KeySchema for index: ${sent.IndexName}. index hash key: ${key.partition}, table hash key: ${table.partition}`,
    );
  if (key.sort === undefined)
    throw invalidParameters(`Index KeySchema does not have a range key for index: ${sent.IndexName}`);
  return {
    name: sent.IndexName,
    kind: "local",
    key,
    ...projectionOf(sent.Projection),
    throughput: { read: 0, write: 0 },
  };
}

export function globalIndex(
  sent: DynamoDB.GlobalSecondaryIndex,
  checkDefined: CheckDefined,
  billing: DynamoDB.BillingMode,
  region: string,
  isLater = false,
): Omit<Index, "number"> {
  const key = indexKeyNames(sent.KeySchema);
  checkDefined(sent.KeySchema);
  const whose = { index: sent.IndexName, billing, region };
  const throughput = indexThroughput(sent.IndexName, billing, sent.ProvisionedThroughput, isLater);
  const capacity = withOnDemandMaximums({ throughput }, whose, sent.OnDemandThroughput, true);
  return {
    name: sent.IndexName,
    kind: "global",
    key,
    ...projectionOf(sent.Projection),
    ...warmed(capacity, whose, sent.WarmThroughput, true),
  };
}

function indexThroughput(
  name: string,
  billing: DynamoDB.BillingMode,
  sent: DynamoDB.ProvisionedThroughput | undefined,
  isLater: boolean,
): Throughput {
  if (billing === "PAY_PER_REQUEST" && sent)
    throw invalidParameters(
      isLater
        ? `Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: ${name} when BillingMode is PAY_PER_REQUEST`
        : `ProvisionedThroughput should not be specified for index: ${name} when BillingMode is PAY_PER_REQUEST`,
    );
  if (billing === "PROVISIONED" && !sent)
    throw invalidParameters(
      isLater
        ? `Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: ${name}`
        : `ProvisionedThroughput is not specified for index: ${name}`,
    );
  checkBounds(sent, ` for index ${name}`);
  return throughputOf(billing, sent);
}

function projectionOf({ ProjectionType: projection, NonKeyAttributes: included }: DynamoDB.Projection) {
  if (projection === undefined) throw invalidParameters("Unknown ProjectionType: null");
  if (projection !== "INCLUDE" && included)
    throw invalidParameters(`ProjectionType is ${projection}, but NonKeyAttributes is specified`);
  if (projection === "INCLUDE" && !included)
    throw invalidParameters("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  const duplicate = firstDuplicate(included ?? []);
  if (duplicate !== undefined) throw invalidParameters(`Duplicate element in NonKeyAttributes: ${duplicate}`);
  return { projection, included: included ?? [] };
}

/** The attribute definitions that are still part of a key. */
export function usedDefinitions({
  key,
  indexes,
  definitions,
}: Pick<Table, "key" | "indexes" | "definitions">): Pick<Table, "definitions" | "types"> {
  const used = new Set([key, ...indexes.map((index) => index.key)].flatMap(namesOf));
  const remaining = definitions.filter(({ AttributeName }) => used.has(AttributeName));
  return { definitions: remaining, types: typesOf(remaining) };
}
